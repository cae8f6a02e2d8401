"""The command loop: a device says that it is idle, or how the last command went, and gets the next one or nothing."""

from collections.abc import Mapping
from typing import Any

from pomona.formats import plists
from pomona.management import profile, tokens
from pomona.management.checkin import EMPTY, XML, caller, service_actor
from pomona.management.commands import learn
from pomona.management.identity import enrollment_key, is_user_channel, signer
from pomona.management.refusals import BadRequest, NotEnrolled
from pomona.management.request import Request
from pomona.registry import commands, enrollments, organizations
from pomona.registry.commands import CommandState
from pomona.registry.contacts import Contact
from pomona.runtime.asgi import Answer
from pomona.store import Tx

_STATES: dict[str, CommandState] = {
    "Acknowledged": "acknowledged",
    "Error": "error",
    "CommandFormatError": "format_error",
    "NotNow": "notnow",
}


async def connect(request: Request, report: Mapping[str, Any], body: bytes) -> Answer:
    """Answers with the next command, or with nothing at all. Raises `BadRequest`, `NotEnrolled`, `SignInNeeded`."""
    status = report.get("Status")
    hash, key = signer(request.call, body), enrollment_key(report)
    if is_user_channel(report):
        return EMPTY
    if not isinstance(status, str) or (status != "Idle" and status not in _STATES):
        raise BadRequest(
            f"The status {str(status)[:40]!r} is unknown; expected Idle or {', '.join(_STATES)}."
        )
    contact = await caller(request, hash, key)
    if contact.status == "left":
        raise NotEnrolled("This device is managed here no longer.")
    if contact.status == "pending":
        raise BadRequest("The device has not said where to push; expected a TokenUpdate first.")
    await tokens.check(request, contact)
    if status == "Idle" and not contact.has_commands:
        await _note(request, contact)
        return EMPTY
    now = request.runtime.clock.now()
    command = await request.runtime.store.write(lambda tx: _exchange(tx, contact, report, body, now))
    return EMPTY if command is None else Answer(200, command, XML)


async def _note(request: Request, contact: Contact) -> None:
    now = request.runtime.clock.now()
    if contact.due(now):
        await request.runtime.store.write(lambda tx: enrollments.seen(tx, contact.enrollment_id, now))


def _exchange(tx: Tx, contact: Contact, report: Mapping[str, Any], body: bytes, now: int) -> bytes | None:
    id, idle = contact.enrollment_id, report["Status"] == "Idle"
    enrollments.seen(tx, id, now)
    uuid = report.get("CommandUUID")
    if not idle and isinstance(uuid, str):
        state = _STATES[str(report["Status"])]
        type = commands.answered(tx, id, uuid, state, body, now) if uuid.isprintable() else None
        if type is not None and state == "acknowledged" and _done(tx, contact, type, report, now):
            return None
    return commands.next_for(tx, id, idle=idle, now=now)


def _done(tx: Tx, contact: Contact, type: str, report: Mapping[str, Any], now: int) -> bool:
    """What an acknowledged command changes here; True when the device is managed no longer."""
    id = contact.enrollment_id
    if type == "DeviceInformation":
        told, information = learn(report, own_device=contact.kind == "byod")
        enrollments.learnt(tx, id, told, information, now)
    elif type == "DeviceConfigured":
        enrollments.released(tx, id)
    elif type == "RemoveProfile" and _removed_us(tx, contact, str(report.get("CommandUUID"))):
        enrollment = enrollments.by_id(tx, id)
        assert enrollment is not None
        enrollments.leave(tx, enrollment, actor=service_actor(tx, enrollment), now=now)
        return True
    return False


def _removed_us(tx: Tx, contact: Contact, uuid: str) -> bool:
    ours = profile.identifier(organizations.get(tx, contact.organization_id))
    sent = plists.loads(commands.body(tx, contact.enrollment_id, uuid))
    return bool(sent["Command"].get("Identifier") == ours)
