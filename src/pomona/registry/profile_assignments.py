"""Which device has which enrolment profile: services assign and remove, devices fetch.

A change here is told to the service as `modified`. It does not count as a revision of the device: an administrator's
move can still be undone after the service gave the device a profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import partial

from pomona.catalogue.serials import InvalidSerial
from pomona.catalogue.serials import canonical as canonical_serial
from pomona.registry import migration_states, operations, profiles, provisional
from pomona.registry.devices import organization_of
from pomona.registry.operations import Op, Reason
from pomona.registry.profiles import Profile
from pomona.store import Tx

_ENCODED = ("bigint", "bigint", "text", "text")
"""Types of a changed row: device, time of the operation, encoded state, the same for old protocols."""


class ProfileStatus(IntEnum):
    """`device_state.profile_status`."""

    EMPTY = 0
    ASSIGNED = 1
    PUSHED = 2
    REMOVED = 3


class Given(StrEnum):
    """What became of one serial of a request."""

    SUCCESS = "SUCCESS"
    NOT_ACCESSIBLE = "NOT_ACCESSIBLE"
    FAILED = "FAILED"
    THROTTLED = "THROTTLED"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` assignments of a device within `window` milliseconds."""

    count: int
    window: int


@dataclass(frozen=True, slots=True)
class Held:
    """A device that the calling service has now."""

    id: int
    assigned_by: str
    assigned_at: int
    profile_id: int | None
    status: int
    profile_assigned_at: int | None
    pushed_at: int | None
    deadline: int | None
    operated_at: int

    def next_at(self, now: int) -> int:
        """The time of its next operation: a second after its last at the soonest."""
        return max(now, self.operated_at + 1000)

    def has(self, profile: Profile) -> bool:
        """Whether it has a profile already, fetched or not."""
        return self.profile_id == profile.id and self.status in (ProfileStatus.ASSIGNED, ProfileStatus.PUSHED)

    def encoded(
        self, tx: Tx, status: str, uuid: str | None, given_at: int | None, pushed_at: int | None
    ) -> tuple[str, str | None]:
        """Its state with another profile's: as it is, and for protocols that know no deadline."""
        encode = partial(
            tx.projections.assignment.state,
            *(self.assigned_by, self.assigned_at),
            status=status,
            profile=uuid,
            profile_assigned_at=given_at,
            pushed_at=pushed_at,
        )
        return encode(deadline=self.deadline), encode() if self.deadline is not None else None


def canonical(serial: str) -> str | None:
    """How a serial that a client sent is stored, or None for what cannot be one."""
    try:
        return canonical_serial(serial)
    except InvalidSerial:
        return None


def assign(
    tx: Tx, profile: Profile, serials: Sequence[str], *, now: int, limit: Limit | None = None
) -> dict[str, Given]:
    """Gives a profile to devices of its service; the answer has every serial as it was given.

    A device that has this profile already is left as it is. The caller holds the organisation's lock.
    """
    held = on_service(tx, profile.service_id, serials)
    wanted = [device for device in held.values() if not device.has(profile)]
    throttled = _throttled(tx, wanted, limit, now) if limit and limit.count else frozenset()
    changed = [device for device in wanted if device.id not in throttled]
    rows = sorted(
        (device.id, device.next_at(now), *device.encoded(tx, "assigned", profile.uuid, now, None))
        for device in changed
    )
    if rows:
        tx.execute(
            "UPDATE device_state SET profile_id = $1, profile_status = 1, profile_assigned_at = $2,"
            " profile_pushed_at = NULL, operated_at = e.c1, da = e.c2, da_v1 = e.c3"
            f" FROM {tx.each('$3', *_ENCODED)} e WHERE device_state.device_id = e.c0",
            *(profile.id, now, tx.pack(rows)),
        )
        operations.append(
            tx, profile.service_id, [row[:2] for row in rows], Op.MODIFIED, reason=Reason.PROFILE_ASSIGNED
        )
    return _answers(serials, held, throttled)


def remove(tx: Tx, service_id: int, serials: Sequence[str], *, now: int) -> dict[str, Given]:
    """Takes the profile from devices of a service; its public id stays to be seen.

    A device without a profile is left as it is. The caller holds the organisation's lock.
    """
    held = on_service(tx, service_id, serials)
    uuids = _uuids(tx, [device.profile_id for device in held.values() if device.profile_id is not None])
    rows = sorted(
        (
            device.id,
            device.next_at(now),
            *device.encoded(
                tx, "removed", uuids.get(device.profile_id), device.profile_assigned_at, device.pushed_at
            ),
        )
        for device in held.values()
        if device.status in (ProfileStatus.ASSIGNED, ProfileStatus.PUSHED)
    )
    if rows:
        tx.execute(
            "UPDATE device_state SET profile_status = 3, operated_at = e.c1, da = e.c2, da_v1 = e.c3"
            f" FROM {tx.each('$1', *_ENCODED)} e WHERE device_state.device_id = e.c0",
            tx.pack(rows),
        )
        operations.append(tx, service_id, [row[:2] for row in rows], Op.MODIFIED)
    return _answers(serials, held, frozenset())


@dataclass(frozen=True, slots=True)
class Activation:
    """What a device is told when it is set up. `deadline` is that of a migration, in ms; `again` says that it fetched this last."""

    device_id: int
    organization_id: int
    service_id: int
    profile: Profile
    status: ProfileStatus
    deadline: int | None
    again: bool


def waiting_for(tx: Tx, serial: str, *, organization_id: int | None = None) -> Activation | None:
    """What `fetched` would give, changing nothing: for whoever only wants to look."""
    row = tx.row(
        "SELECT s.device_id, s.service_id, s.profile_id, s.profile_status, s.migration_deadline, s.activated_service"
        " FROM serial_owner o"
        " JOIN device_state s ON s.device_id = o.device_id WHERE o.serial = $1",
        canonical(serial) or "",
    )
    if row is None:
        return None
    device_id, service_id, profile_id, status, deadline, activated_by = row
    owner = organization_of(device_id)
    if status not in (ProfileStatus.ASSIGNED, ProfileStatus.PUSHED) or organization_id not in (None, owner):
        return None
    profile = profiles.by_id(tx, profile_id)
    again = status == ProfileStatus.PUSHED and activated_by == service_id
    return Activation(device_id, owner, service_id, profile, ProfileStatus(status), deadline, again)


def fetched(tx: Tx, serial: str, *, now: int, organization_id: int | None = None) -> Activation | None:
    """A device fetches its profile: `pushed` from then on, and its service is told the first time.

    With `organization_id` only that organisation's devices. None for a serial that nobody owns, that is on no
    service, or that has no profile or had it removed: a device is told the same for all of these.
    """
    found = waiting_for(tx, serial, organization_id=organization_id)
    if found is None:
        return None
    tx.lock(found.organization_id)
    found = waiting_for(tx, serial, organization_id=organization_id)
    if found is None or found.again:
        return found
    device = on_service(tx, found.service_id, [serial])[canonical(serial) or ""]
    at = device.next_at(now)
    encoded = device.encoded(tx, "pushed", found.profile.uuid, device.profile_assigned_at, now)
    tx.execute(
        "UPDATE device_state SET profile_status = 2, profile_pushed_at = $1, operated_at = $2, da = $3, da_v1 = $4"
        " WHERE device_id = $5",
        *(now, at, *encoded, device.id),
    )
    operations.append(tx, found.service_id, [(device.id, at)], Op.MODIFIED)
    provisional.begin(tx, device.id, now)
    migration_states.fetched(tx, device.id, canonical(serial) or "", found.service_id, now)
    return found


def on_service(tx: Tx, service_id: int, serials: Sequence[str]) -> dict[str, Held]:
    """The devices among `serials` that are on the service now, by canonical serial."""
    distinct = sorted({known for known in map(canonical, serials) if known})
    rows = tx.rows(
        "SELECT e.v, s.device_id, s.assigned_by, s.assigned_at, s.profile_id, s.profile_status,"
        " s.profile_assigned_at, s.profile_pushed_at, s.migration_deadline, s.operated_at"
        f" FROM {tx.each('$1')} e JOIN serial_owner o ON o.serial = e.v"
        " JOIN device_state s ON s.device_id = o.device_id WHERE s.service_id = $2",
        *(tx.pack(distinct), service_id),
    )
    return {serial: Held(*values) for serial, *values in rows}


def _throttled(tx: Tx, wanted: Sequence[Held], limit: Limit, now: int) -> frozenset[int]:
    rows = tx.rows(
        f"SELECT e.c0 FROM {tx.each('$1', 'bigint')} e JOIN operation o ON o.device_id = e.c0"
        " WHERE o.reason = $2 AND o.at > $3 GROUP BY e.c0 HAVING count(*) >= $4",
        *(tx.pack([(device.id,) for device in wanted]), int(Reason.PROFILE_ASSIGNED)),
        *(now - limit.window, limit.count),
    )
    return frozenset(row[0] for row in rows)


def _uuids(tx: Tx, ids: Sequence[int]) -> dict[int | None, str]:
    rows = tx.rows(
        f"SELECT p.id, p.uuid FROM {tx.each('$1', 'bigint')} e JOIN profile p ON p.id = e.c0",
        tx.pack([(id,) for id in sorted(set(ids))]),
    )
    return dict(rows)


def _answers(serials: Sequence[str], held: dict[str, Held], throttled: frozenset[int]) -> dict[str, Given]:
    answers = {}
    for serial in serials:
        device = held.get(canonical(serial) or "")
        if device is None:
            answers[serial] = Given.NOT_ACCESSIBLE
        else:
            answers[serial] = Given.THROTTLED if device.id in throttled else Given.SUCCESS
    return answers
