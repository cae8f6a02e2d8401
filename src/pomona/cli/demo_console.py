"""What the demonstration shows: a heading per step, a bar while something runs, and a line of evidence when it is done."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)


class Stage:
    """Writes to standard error; standard output stays for programs."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)

    def step(self, title: str) -> None:
        """A heading."""
        self._console.print(f"\n[bold]{title}[/bold]")

    def evidence(self, text: str) -> None:
        """What can be seen now."""
        self._console.print(f"  [green]✓[/green] {escape(text)}", soft_wrap=True)

    def trouble(self, text: str) -> None:
        """Why it does not go on."""
        self._console.print(f"  [red]✗[/red] {escape(text)}", soft_wrap=True)

    def plain(self, text: str = "") -> None:
        """Text to read and to copy; never wrapped."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextlib.contextmanager
    def bar(self, text: str, total: int | None = None) -> Iterator[Callable[[], None]]:
        """A bar that each call moves by one; without a total a spinner."""
        columns: list[Any] = [TextColumn("  "), SpinnerColumn(), TextColumn("{task.description}")]
        columns += [BarColumn(), MofNCompleteColumn()] if total else []
        columns.append(TimeElapsedColumn())
        quiet = not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=quiet) as progress:
            task = progress.add_task(text, total=total)
            yield lambda: progress.advance(task)
