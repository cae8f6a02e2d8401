"""How a run of simulated devices is told: a progress bar and a summary for people, a line of JSON an outcome for programs."""

import dataclasses
import json
import sys
from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pomona.simulator.devices import Outcome


class JsonReport:
    """A line for each outcome, flushed, so that whoever reads along sees it at once."""

    failed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def outcome(self, outcome: "Outcome") -> None:
        """Prints it."""
        self.failed += outcome.result == "failed"
        sys.stdout.write(json.dumps(dataclasses.asdict(outcome)) + "\n")
        sys.stdout.flush()


class BarReport:
    """A bar while it runs; then what became of how many, and why some did not enrol."""

    _SHOWN = 10

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=self._console
        )
        self._bar = self._progress.add_task("devices", total=total)
        self._results: Counter[str] = Counter()
        self._details: Counter[str] = Counter()
        self._released = 0
        self.failed = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if kind is None:
            self._summary()

    def outcome(self, outcome: "Outcome") -> None:
        """Counts it."""
        self.failed += outcome.result == "failed"
        self._results[outcome.result] += 1
        self._released += outcome.released
        if outcome.detail:
            self._details[f"{outcome.result}: {outcome.detail}"] += 1
        self._progress.advance(self._bar)

    def _summary(self) -> None:
        parts = [f"{count} {result}" for result, count in self._results.most_common()]
        sys.stdout.write(f"{', '.join(parts)}; {self._released} released from Setup Assistant\n")
        for detail, count in self._details.most_common(self._SHOWN):
            sys.stdout.write(f"  {count} x {detail}\n")
