"""What the commands for one kind of thing share: to find one by name, to list them all, to change or delete one.

The functions are handed those of the kind's own module in the registry, such as `user_groups.find` and
`user_groups.delete`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import typer

from pomona.cli.context import installation, organization
from pomona.cli.listing import N, everything

if TYPE_CHECKING:
    from pomona.registry.actors import Actor
    from pomona.registry.people import Person
    from pomona.store import Tx

T = TypeVar("T")
Thing_contra = TypeVar("Thing_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

Find = Callable[["Tx", int, str], T]
"""Finds a thing of an organisation by the name or id that was typed; raises `NotFound`."""


class Pages(Protocol[R_co]):
    """Lists an organisation's things a page at a time."""

    def __call__(self, tx: "Tx", organization_id: int, /, *, after: int) -> Sequence[R_co]:
        """Those behind the number `after`."""


class MemberPages(Protocol[Thing_contra, R_co]):
    """Lists what is in a thing a page at a time."""

    def __call__(self, tx: "Tx", thing: Thing_contra, /, *, after: int) -> Sequence[R_co]:
        """Those behind the number `after`."""


class Change(Protocol[Thing_contra, R_co]):
    """Changes a thing."""

    def __call__(self, tx: "Tx", thing: Thing_contra, /, *, actor: "Actor", now: int) -> R_co:
        """The thing as it is then, or nothing."""


class MemberChange(Protocol[Thing_contra]):
    """Changes what a person is to a thing."""

    def __call__(
        self, tx: "Tx", thing: Thing_contra, person: "Person", /, *, actor: "Actor", now: int
    ) -> object:
        """Its result is not used."""


def one(ctx: typer.Context, org: str | None, find: Find[T], name: str) -> T:
    """The thing of that name."""
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        return runtime.store.read_sync(lambda tx: find(tx, of.id, name))


def every(ctx: typer.Context, org: str | None, pages: Pages[N]) -> list[N]:
    """All things of the organisation."""
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        return everything(runtime, lambda tx, after: pages(tx, of.id, after=after))


def members(
    ctx: typer.Context, org: str | None, find: Find[T], name: str, pages: MemberPages[T, N]
) -> tuple[T, list[N]]:
    """The thing of that name, and all that is in it."""
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        found = runtime.store.read_sync(lambda tx: find(tx, of.id, name))
        return found, everything(runtime, lambda tx, after: pages(tx, found, after=after))


def change(ctx: typer.Context, org: str | None, find: Find[T], name: str, verb: Change[T, R_co]) -> R_co:
    """Does something to the thing of that name, and gives what `verb` gives."""
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        return runtime.store.write_sync(
            lambda tx: verb(tx, find(tx, of.id, name), actor=OPERATOR, now=runtime.clock.now())
        )


def change_members(
    ctx: typer.Context,
    org: str | None,
    find: Find[T],
    name: str,
    emails: Sequence[str],
    verb: MemberChange[T],
) -> None:
    """Does something to each of the people for the thing of that name; to all of them or, refused, to none."""
    from pomona.registry import people
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)

        def work(tx: "Tx") -> None:
            thing = find(tx, of.id, name)
            for email in emails:
                verb(tx, thing, people.find(tx, of.id, email), actor=OPERATOR, now=runtime.clock.now())

        runtime.store.write_sync(work)
