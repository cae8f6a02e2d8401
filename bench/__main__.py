"""`python -m bench`: measures the chosen bars at the chosen size and prints a line for each."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import (
    activity,
    assigning,
    foreign,
    incremental,
    listing,
    managing,
    mixed,
    ordering,
    sharing,
    size,
    starting,
)
from bench.data import Data, prepared
from bench.measure import LOAD_CORES, Process, anonymous_bytes, pinned
from bench.reading import Reading
from bench.serving import pomona

BARS = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P12", "P13", "P14", "P15")


def readings(data: Data, chosen: set[str], rounds: int, seconds: float, cache: Path) -> Iterator[Reading]:
    """Every chosen bar's, in an order that lets one server process serve several."""
    if chosen & {"P1", "P2", "P3", "P9"}:
        with pomona(data) as server:
            yield from _lists(data, server, chosen, rounds)
    if "P4" in chosen:
        yield assigning.reading(data, rounds)
    if "P5" in chosen:
        yield activity.reading(data, rounds)
    if "P6" in chosen:
        yield ordering.reading(data, rounds)
    if "P7" in chosen:
        yield mixed.reading(data, rounds, seconds)
    if "P8" in chosen:
        yield starting.reading(data, rounds, cache)
    if "P10" in chosen:
        yield incremental.reading(data)
    if chosen & {"P12", "P13", "P14"}:
        yield from managing.readings(data, chosen, rounds, seconds / 12)
    if "P15" in chosen:
        yield sharing.reading(data, seconds / 6, cache)


def _lists(data: Data, server: Process, chosen: set[str], rounds: int) -> Iterator[Reading]:
    for bar in ("P1", "P3"):
        if bar in chosen:
            yield listing.compare(bar, data, server, rounds)
        elif "P9" in chosen:
            listing.read_once(bar, data, server)
    if "P9" in chosen:
        yield size.reading(data, anonymous_bytes(server.pid))
    if "P2" in chosen:
        yield foreign.reading(data, server, rounds)


def main(arguments: list[str] | None = None) -> int:
    """The command. What is missed is said, not punished: a measurement that was made is a success."""
    asked = _parser().parse_args(arguments)
    chosen = set(asked.only.split(",")) if asked.only else set(BARS)
    if unknown := chosen - set(BARS):
        _parser().error(f"unknown bar {', '.join(sorted(unknown))}; expected some of {', '.join(BARS)}")
    with pinned(LOAD_CORES):
        data = prepared(asked.size, asked.data)
        for reading in readings(data, chosen, asked.rounds, asked.seconds, asked.data):
            print(reading.line(), flush=True)
            for line in reading.details if asked.verbose else ():
                print(f"    {line}", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Prints one line per performance bar.")
    parser.add_argument("--size", type=int, default=1_000_000, help="devices (default 1000000)")
    parser.add_argument("--only", default="", metavar="P1,P3", help="bars to measure (default all)")
    parser.add_argument("--rounds", type=int, default=3, help="times each thing is measured (default 3)")
    parser.add_argument("--seconds", type=float, default=60, help="length of the mixed load (default 60)")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(tempfile.gettempdir()) / "pomona-bench",
        help="folder that keeps the installations made for it (a million devices take about 4 GB)",
    )
    parser.add_argument("--verbose", action="store_true", help="print what the figures are made of")
    return parser


if __name__ == "__main__":
    sys.exit(main())
