"""A request of a person who is signed in, as a page's function sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pomona.portal.answers import Answer
from pomona.portal.forms import Form
from pomona.portal.permissions import Permission
from pomona.registry.actors import Actor
from pomona.registry.organizations import Organization
from pomona.registry.portal_sessions import Session
from pomona.runtime import Runtime
from pomona.store import Tx


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, in which organisation, for what, and when (milliseconds)."""

    runtime: Runtime
    session: Session
    organization: Organization
    permissions: frozenset[Permission]
    actor: Actor
    now: int
    origin: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Form = field(default_factory=Form)
    prepared: Any = None
    """What the step's `prepare` gave: the slow part of a change, done before its transaction."""
    problem: str = ""
    """What was wrong with the form, when its page is shown again."""

    @property
    def organization_id(self) -> int:
        """The internal number that every registry verb asks for."""
        return self.organization.id

    def may(self, permission: Permission) -> bool:
        """Whether the person's role allows something: pages leave out what is not."""
        return permission in self.permissions


View = Callable[[Tx, Visit], Answer]
"""A page's function: plain, on a transaction, with registry errors for refusals."""
