"""The calls about enrolment profiles: define, show, assign, remove."""

from collections.abc import Callable, Iterator, Sequence

from pomona.device_assignment import profile_rules, wire
from pomona.device_assignment.devices import required
from pomona.device_assignment.errors import Refused
from pomona.device_assignment.face import Call, Face
from pomona.registry import profile_assignments, profiles
from pomona.registry.errors import NotFound
from pomona.registry.profile_assignments import Given, Limit
from pomona.registry.profiles import Profile
from pomona.registry.sessions import Party
from pomona.store import Tx

SLICE = 2_000
"""Devices in one transaction, so that others get their turn."""

_SINCE_2 = ("auto_advance_setup", "await_device_configured", "is_multi_user", "support_email_address")
_THROTTLED_SINCE = 9
_RETRY_SINCE = 10


async def define(face: Face, call: Call) -> bytes:
    """`POST /profile`: keeps a profile as it is, unknown keys included, and may assign it at once."""
    document = wire.decode(wire.PROFILE, call.body)
    serials = profile_rules.devices(document)
    name = profile_rules.check(document)
    kept = wire.encode(
        {key: value for key, value in document.items() if key not in ("devices", "profile_uuid")}
    )
    address = face.runtime.origins.client_address(call.scope)

    def work(tx: Tx, party: Party) -> Profile:
        return profiles.define(
            tx, party.organization_id, party.service_id, name, kept,
            actor=party.actor(address), now=call.now, rng=face.runtime.rng,
        )  # fmt: skip

    profile = await face.write(call, work)
    return await _assign(face, call, profile.uuid, lambda tx, party: profile, serials)


async def show(face: Face, call: Call) -> bytes:
    """`GET /profile?profile_uuid=…`: the profile as it was defined, and its id."""
    uuid = call.query("profile_uuid")
    if not uuid:
        raise Refused(400, "PROFILE_UUID_REQUIRED")

    def work(tx: Tx, party: Party) -> Profile:
        return profiles.get(tx, party.service_id, uuid)

    try:
        profile = await face.read(call, work)
    except NotFound:
        raise Refused(400, "NOT_FOUND") from None
    document = profile.document
    if call.version < 2:
        document = {key: value for key, value in document.items() if key not in _SINCE_2}
    return wire.encode({"profile_uuid": profile.uuid, **document})


async def assign(face: Face, call: Call) -> bytes:
    """`POST` or `PUT /profile/devices`: gives a profile to devices, each with its own result."""
    asked = wire.decode(wire.PROFILE_ASSIGNMENT, call.body)
    serials = required(asked.devices)
    uuid = asked.profile_uuid
    if not uuid:
        raise Refused(400, "PROFILE_UUID_REQUIRED")

    def find(tx: Tx, party: Party) -> Profile:
        return profiles.get(tx, party.service_id, uuid)

    try:
        return await _assign(face, call, uuid, find, serials)
    except NotFound:
        raise Refused(404, "PROFILE_NOT_FOUND") from None


async def remove(face: Face, call: Call) -> bytes:
    """`DELETE /profile/devices`, with a body: takes the profile from devices."""
    serials = required(wire.decode(wire.DEVICE_LIST, call.body).devices)
    given: dict[str, Given] = {}
    for part in slices(serials):

        def work(tx: Tx, party: Party, part: Sequence[str] = part) -> dict[str, Given]:
            return profile_assignments.remove(tx, party.service_id, part, now=call.now)

        given |= await face.write(call, work)
    return wire.encode({"devices": given})


def slices(serials: Sequence[str]) -> Iterator[Sequence[str]]:
    """Runs of serials, each for a transaction of its own."""
    distinct = list(dict.fromkeys(serials))
    for first in range(0, len(distinct), SLICE):
        yield distinct[first : first + SLICE]


async def _assign(
    face: Face, call: Call, uuid: str, find: Callable[[Tx, Party], Profile], serials: Sequence[str]
) -> bytes:
    given: dict[str, Given] = {}
    retry_seconds = 0
    for part in slices(serials):

        def work(tx: Tx, party: Party, part: Sequence[str] = part) -> tuple[dict[str, Given], int]:
            limit = Limit(party.switches.assign_limit, party.switches.assign_window * 1000)
            done = profile_assignments.assign(tx, find(tx, party), part, now=call.now, limit=limit)
            return done, party.switches.assign_window

        results, retry_seconds = await face.write(call, work)
        given |= results
    return wire.encode({"profile_uuid": uuid, **_results(given, call.version, retry_seconds)})


def _results(given: dict[str, Given], version: int, retry_seconds: int) -> dict[str, object]:
    if Given.THROTTLED not in given.values():
        return {"devices": given}
    if version < _THROTTLED_SINCE:
        old = {serial: Given.FAILED if each is Given.THROTTLED else each for serial, each in given.items()}
        return {"devices": old}
    if version < _RETRY_SINCE:
        return {"devices": given}
    return {"devices": given, "retry_after_seconds": retry_seconds}
