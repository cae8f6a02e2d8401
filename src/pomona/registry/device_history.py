"""What happened to a serial in one organisation: how it came, where it was assigned, what its services were told, who did what.

Put together from what is on record anyway: tenures, operations, the audit log and the results of activities. Another
organisation's time with the same serial is in none of these.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from pomona.registry import history_sources
from pomona.registry.actors import Actor
from pomona.registry.devices import Device
from pomona.registry.history_sources import Of
from pomona.store import Tx

What = Literal[
    "ADDED",
    "ASSIGNED",
    "MOVED",
    "CHANGED",
    "PROFILE_ASSIGNED",
    "UNASSIGNED",
    "ACTIVITY",
    "UNCHANGED",
    "REFUSED",
    "EVENT",
    "RELEASED",
]
_ORDER: tuple[str, ...] = get_args(What)
_SAME_MOMENT = 12
"""Bits of a key that count what happened in one millisecond."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry. `at` is in milliseconds; `service` is the name of the service it is about, `lost_by` of the one that lost
    the device; `actor` who caused it, as far as that is known; `activity` the public id and `activity_type` the type of the
    activity it belongs to; `note` a detail in words.

    An EVENT is of the audit log: its type, and what was before and after. An ACTIVITY changed the device without that a
    service was told; UNCHANGED
    and REFUSED are of one that need not or could not, and `note` says why.
    """

    at: int
    what: What
    service: str = ""
    lost_by: str = ""
    actor: Actor | None = None
    activity: str = ""
    activity_type: str = ""
    note: str = ""
    type: str = ""
    before: Any = None
    after: Any = None

    @property
    def by(self) -> str:
        """The name of who caused it."""
        return "" if self.actor is None else self.actor.name


class Timeline(NamedTuple):
    """Moments, newest first, the place of each among those of its millisecond, and the key behind which more may follow (None
    at the end)."""

    moments: list[Moment]
    places: list[int]
    more: int | None


def timeline(
    tx: Tx, organization_id: int, serial: str, *, before: int | None = None, limit: int = 100
) -> Timeline:
    """A page of everything on record of a canonical serial in an organisation, all its tenures there.

    `before` is the `more` of the page before. Nothing for a serial that the organisation never had.
    """
    until, skipped = (
        (1 << 50, 0) if before is None else (before >> _SAME_MOMENT, before % (1 << _SAME_MOMENT))
    )
    of = Of(organization_id, serial, until, limit + skipped + 1)
    found = [Moment(**values) for values in history_sources.everything(tx, of)]
    # What happened in the same instant stays in the order of cause and effect.
    found.sort(key=lambda moment: (moment.at, _ORDER.index(moment.what)), reverse=True)
    page = found[skipped : skipped + limit]
    seen = Counter({until: skipped})
    places = []
    for moment in page:
        places.append(seen[moment.at])
        seen[moment.at] += 1
    if len(found) <= skipped + limit:
        return Timeline(page, places, None)
    return Timeline(page, places, page[-1].at << _SAME_MOMENT | seen[page[-1].at])


def of_device(tx: Tx, device: Device, *, limit: int = 200) -> list[Moment]:
    """The newest moments of a device's present tenure, newest first."""
    found = timeline(tx, device.organization_id, device.serial, limit=limit).moments
    begun = next((n for n, moment in enumerate(found) if moment.what == "ADDED"), len(found))
    return found[: begun + 1]
