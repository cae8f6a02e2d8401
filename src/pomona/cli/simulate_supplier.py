"""`pomona simulate supplier`: a reseller that orders, delivers, takes back, errs and corrects for a year."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.output import Json, refuse, show_json, show_record
from pomona.cli.supplier_client import (
    ANY_SHIP_TO,
    HERE,
    CaFile,
    Certificate,
    Number,
    ShipTo,
    Token,
    Url,
    connected,
)

if TYPE_CHECKING:
    from pomona.simulator.reseller_year import Year

_SHOWN = 20


def supplier(
    number: Number,
    customer: Annotated[
        list[str],
        typer.Option(help="Organisation ID of a customer that has linked the number; may be repeated."),
    ],
    seed: Annotated[int, typer.Option(min=0, help="Decides everything that happens.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days to play.")] = 365,
    start: Annotated[str, typer.Option(help="The first of them.")] = "2025-01-01",
    orders_a_day: Annotated[float, typer.Option(min=0.1, max=200, help="On an ordinary working day.")] = 5.0,
    token: Token = "",
    certificate: Certificate = None,
    ship_to: ShipTo = ANY_SHIP_TO,
    url: Url = HERE,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """Play a reseller over the wire: orders, partial deliveries, returns, mistakes and their corrections.

    At the end each order that the service shows is compared with the reseller's own books; status 1 when one differs. The same
    seed sends the same, so a second time changes nothing.
    """
    from pomona.simulator.reseller_desk import Desk
    from pomona.simulator.reseller_year import play

    try:
        first = date.fromisoformat(start)
    except ValueError:
        refuse(f"--start {start}: expected a day like 2025-01-01")
    desk = Desk(seed, customer, orders_a_day=orders_a_day)
    with connected(number, token, certificate, ship_to, url, ca_file) as client, _progress(days) as passed:
        year = play(
            client, desk, first, days, seed=seed, progress=lambda today: passed((today - first).days + 1)
        )
    record = _record(year)
    if as_json:
        show_json(record | {"surprises": year.surprises, "differences": year.differences})
    else:
        show_record(f"A reseller from {year.first} to {year.last}", record, False)
        for each in (*year.surprises[:_SHOWN], *year.differences[:_SHOWN]):
            typer.echo(each)
    if not year.good:
        raise typer.Exit(1)


@contextlib.contextmanager
def _progress(days: int) -> "Iterator[Callable[[int], None]]":
    """A bar of days, for people who look at a terminal; called with how many have passed."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("days", total=days)
        yield lambda passed: progress.update(bar, completed=min(passed, days))


def _record(year: "Year") -> dict[str, Any]:
    def counted(numbers: dict[str, int]) -> str:
        return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(numbers.items()))

    return {
        "transactions": year.transactions,
        "sent_again": year.sent_again,
        "orders": counted(year.orders),
        "what_happened": counted(year.stories),
        "devices_sent": year.devices_sent,
        "devices_refused": year.devices_refused,
        "devices_standing": year.standing,
        "orders_compared": year.checked,
        "not_as_expected": len(year.surprises),
        "differences": len(year.differences),
        "seconds": round(year.seconds, 1),
    }
