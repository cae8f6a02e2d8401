"""What a bar found, and the one line that says it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value with its bounds (None where there is none); lower is better unless `atleast`."""

    text: str
    value: float
    bar: float | None = None
    stretch: float | None = None
    atleast: bool = False

    def within(self, bound: float | None) -> bool:
        """Whether the value keeps to a bound."""
        if bound is None:
            return True
        return self.value >= bound if self.atleast else self.value <= bound


@dataclass(frozen=True, slots=True)
class Reading:
    """One bar. `said` names the bounds as people read them; `details` are printed when asked for."""

    bar: str
    what: str
    figures: list[Figure]
    said: str
    details: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every figure keeps to its bar."""
        return all(figure.within(figure.bar) for figure in self.figures)

    @property
    def stretches(self) -> bool:
        """Whether every figure keeps even to its stretch."""
        return all(figure.within(figure.stretch) for figure in self.figures)

    def line(self) -> str:
        """`P3 orgDevices 1M: 1.42x floor, 88k devices/s, bar 1.5x: holds`."""
        verdict = "missed" if not self.holds else "holds, and its stretch" if self.stretches else "holds"
        return f"{self.bar} {self.what}: {', '.join(figure.text for figure in self.figures)}, {self.said}: {verdict}"


def count(number: float) -> str:
    """`950`, `12k`, `1M`: a number as the lines show it."""
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= unit:
            return f"{number / unit:.3g}{letter}"
    return f"{number:.0f}"
