"""Who does something: it goes into the audit log and into what devices show as their assigner."""

from dataclasses import dataclass, replace
from typing import Literal

ActorKind = Literal["USER", "API_USER", "SYSTEM", "MDM", "SUPPLIER"]


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is stable (account uuid, client id, service uuid, supplier number), `name` for people to read.

    `address` is where the request came from, where there was one.
    """

    kind: ActorKind
    id: str
    name: str
    address: str | None = None

    def at(self, address: str | None) -> "Actor":
        """The same actor, seen from an address."""
        return replace(self, address=address)


SYSTEM = Actor("SYSTEM", "pomona", "Pomona")
"""What Pomona does by itself: default assignments, expiries, recovery."""

OPERATOR = Actor("SYSTEM", "operator", "Operator of the installation")
"""Whoever may run the command line on the installation's own machine."""
