"""The bars can be measured: each is run at a tiny size, against the real program, so that the code cannot rot.

What they find at such a size says nothing, and is not looked at; but what they check on the way (every device listed,
moved once, told once) is.
"""

import re
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import reading
from bench.reading import Figure, Reading

LINE = re.compile(r"(P[0-9]+) .+: .+, bar .+: (missed|holds|holds, and its stretch)")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the small installations are kept for all bars that a process measures."""
    return tmp_path_factory.mktemp("bench")


@pytest.mark.parametrize("bar", bench.BARS)
def test_a_bar_prints_its_line(made: Path, capsys: pytest.CaptureFixture[str], bar: str) -> None:
    arguments = ["--size", "400", "--rounds", "1", "--seconds", "0.3", "--data", str(made), "--verbose"]
    assert bench.main([*arguments, "--only", bar]) == 0
    printed = capsys.readouterr().out.splitlines()
    lines = [line for line in printed if not line.startswith(" ")]
    assert lines
    for line in lines:
        match = LINE.fullmatch(line)
        assert match is not None, line
        assert match[1] == bar
    if bar == "P7":
        assert "0 errors" in lines[0]


def test_an_unknown_bar_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--only", "P1,P77"])
    assert "unknown bar P77; expected some of P1, " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ([Figure("1.1x", 1.1, 1.5, 1.15)], "holds, and its stretch"),
        ([Figure("1.4x", 1.4, 1.5, 1.15), Figure("9k devices/s", 9000)], "holds"),
        ([Figure("1.4x", 1.4, 1.5, 1.15), Figure("1.3x", 1.3, 1.2, 1.2)], "missed"),
        ([Figure("0.4x", 0.4, 0.5, 0.8, atleast=True)], "missed"),
        ([Figure("0.9x", 0.9, 0.5, 0.8, atleast=True)], "holds, and its stretch"),
    ],
)
def test_a_line_says_whether_all_figures_keep_to_the_bar(figures: list[Figure], verdict: str) -> None:
    line = Reading("P0", "nothing", figures, "bar 1x").line()
    assert line.startswith("P0 nothing: ")
    assert line.endswith(f", bar 1x: {verdict}")


def test_numbers_are_short() -> None:
    assert [reading.count(number) for number in (7, 950, 12_000, 88_400, 1_000_000)] == [
        *("7", "950", "12k", "88.4k", "1M")
    ]
