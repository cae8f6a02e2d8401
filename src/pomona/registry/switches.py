"""How one service is treated otherwise than by default: oddities of the original, for those who must rehearse them.

The defaults serve people: every gain is told as `added`, every loss as `deleted`, and nothing changes that was not asked
for.
"""

import re
from typing import Annotated, Literal

import msgspec

from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.registry.errors import Invalid
from pomona.registry.services import Service
from pomona.store import Tx

Count = Annotated[int, msgspec.Meta(ge=0)]


class Switches(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every switch, its default and what the other position does."""

    same_service: Literal["keep", "apple"] = "keep"
    """Assigning a device to the service it is on: nothing changes, or its profile is removed and the row fails."""
    move_as_modified: bool = False
    """A device moved here from another service is told as `modified` with its profile `removed`, not as `added`."""
    silent_release: bool = False
    """A device that leaves the organisation is not told as `deleted`."""
    rotate_session: bool = False
    """Each answer carries a new session; the old one stays valid until its own end."""
    deny_access: bool = False
    """Sessions are refused with ACCESS_DENIED."""
    reject_user_agent: str = ""
    """Regular expression of clients' names that are refused with USER_AGENT_INVALID."""
    activation_lock: bool = True
    """Whether the organisation's Activation Lock is offered."""
    account_driven: bool = True
    """Whether a service discovery URL may be registered."""
    beta_tokens: bool = True
    """Whether the organisation takes part in beta releases."""
    self_renewal: bool = False
    """The service may renew its own server token with a session."""
    assign_limit: Count = 0
    """Profile assignments per device within `assign_window` after which it is THROTTLED; 0 for no limit."""
    assign_window: Count = 3600
    """Seconds that `assign_limit` counts in."""


DEFAULTS = Switches()


def decode(text: str) -> Switches:
    """The switches of a row of `service`."""
    return DEFAULTS if text == "{}" else msgspec.json.decode(text, type=Switches)


def of_service(tx: Tx, service_id: int) -> Switches:
    """The switches in force for a service."""
    return decode(tx.value("SELECT switches FROM service WHERE id = $1", service_id) or "{}")


def changed(switches: Switches) -> dict[str, object]:
    """Those that are not in their default position."""
    return msgspec.json.decode(msgspec.json.encode(switches), type=dict[str, object])


def set_switches(tx: Tx, service: Service, changes: dict[str, object], *, actor: Actor, now: int) -> Switches:
    """Puts the named switches into the given positions.

    Raises `Invalid` for a switch that does not exist or a position that it does not have.
    """
    tx.lock(service.organization_id)
    before = of_service(tx, service.id)
    if unknown := [name for name in changes if name not in Switches.__struct_fields__]:
        expected = ", ".join(Switches.__struct_fields__)
        raise Invalid(f"There is no switch '{unknown[0]}'; expected one of {expected}.", field=unknown[0])
    try:
        after = msgspec.convert(msgspec.structs.asdict(before) | changes, Switches)
        re.compile(after.reject_user_agent)
    except (msgspec.ValidationError, re.error) as problem:
        raise Invalid(f"This switch cannot be set so: {problem}.", field=next(iter(changes))) from None
    encoded = msgspec.json.encode(after).decode()
    tx.execute("UPDATE service SET switches = $1, updated_at = $2 WHERE id = $3", encoded, now, service.id)
    audit.record(
        tx, service.organization_id, "SERVICE_UPDATED", actor, service.subject, now=now,
        before=before, after=after,
    )  # fmt: skip
    return after
