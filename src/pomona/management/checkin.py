"""Check-in: a device begins to be managed, says where to push, leaves, or keeps its bootstrap token here."""

import logging
from collections.abc import Mapping
from typing import Any

from pomona.formats import plists
from pomona.keys.keyring import token_hash
from pomona.management import commands, profile, tokens
from pomona.management.authenticate_device import authenticate
from pomona.management.identity import enrollment_key, is_user_channel, signer, text
from pomona.management.refusals import BadRequest, NotEnrolled
from pomona.management.request import Request
from pomona.registry import commands as queued
from pomona.registry import contacts, enrollments, services
from pomona.registry.actors import Actor
from pomona.registry.contacts import Contact
from pomona.registry.enrollments import Enrollment, Tokens
from pomona.runtime.asgi import Answer
from pomona.store import Tx

XML = "application/xml"
EMPTY = Answer(200)
UNLOCK_TOKEN = "unlock token"
BOOTSTRAP_TOKEN = "bootstrap token"

_log = logging.getLogger("pomona.management")


async def check_in(request: Request, message: Mapping[str, Any], body: bytes) -> Answer:
    """Answers a check-in message. Raises `BadRequest`, `NotEnrolled` and `SignInNeeded`."""
    type = message.get("MessageType")
    if type == "UserAuthenticate":
        return Answer(410)  # users are not managed apart from their device
    hash, key = signer(request.call, body), enrollment_key(message)
    if type == "Authenticate":
        return await authenticate(request, message, hash)
    handler = _HANDLERS.get(type) if isinstance(type, str) else None
    if handler is None:
        raise BadRequest(f"The message type {str(type)[:40]!r} is not offered.")
    if is_user_channel(message):
        return EMPTY  # a Mac tells of its users unasked; nothing is kept of them
    contact = await caller(request, hash, key)
    if type != "CheckOut":
        _must_be_managed(contact)
        await tokens.check(request, contact)
    return await handler(request, contact, message)


async def caller(request: Request, hash: bytes, key: str) -> Contact:
    """The enrolment that a certificate speaks for. Raises `BadRequest` for any other than the message's own."""
    bearer = request.bearer()
    token = None if bearer is None else token_hash(bearer)
    now = request.runtime.clock.now()
    contact = await request.runtime.store.read(lambda tx: contacts.find(tx, request.slug, hash, token, now))
    if contact is None or contact.key != key:
        raise BadRequest("The certificate does not speak for this enrolment.")
    return contact


def _must_be_managed(contact: Contact) -> None:
    if contact.status == "left":
        raise NotEnrolled("This device is managed here no longer.")


async def _token_update(request: Request, contact: Contact, message: Mapping[str, Any]) -> Answer:
    runtime, now = request.runtime, request.runtime.clock.now()
    push_token, magic = message.get("Token"), message.get("PushMagic")
    unlock, awaiting = message.get("UnlockToken"), message.get("AwaitingConfiguration")
    if not isinstance(push_token, bytes) or not isinstance(magic, str) or len(push_token) > 1024:
        raise BadRequest("TokenUpdate needs Token (data) and PushMagic (string).")
    sealed = None
    if isinstance(unlock, bytes) and unlock:
        sealed = runtime.keys.seal(UNLOCK_TOKEN, unlock, runtime.rng, contact.key.encode())
    told = Tokens(
        push_token, text(message, "PushMagic"), sealed, awaiting if isinstance(awaiting, bool) else None
    )
    if message.get("Topic") != profile.topic(contact.organization_number):
        raise BadRequest("The topic is not that of the enrolment profile.")

    def update(tx: Tx) -> None:
        if not enrollments.update_tokens(tx, contact.enrollment_id, told, now):
            raise NotEnrolled("This device is managed here no longer.")
        if contact.status == "pending" or told.awaiting_configuration:
            _greet(tx, request, contact.enrollment_id, awaiting=told.awaiting_configuration is True)

    await runtime.store.write(update)
    return EMPTY


def _greet(tx: Tx, request: Request, enrollment_id: int, *, awaiting: bool) -> None:
    """What every new device is asked, and what lets one out of Setup Assistant that waits there."""
    runtime, now = request.runtime, request.runtime.clock.now()
    enrollment = enrollments.by_id(tx, enrollment_id)
    assert enrollment is not None
    actor = service_actor(tx, enrollment)
    wanted = ["DeviceInformation"] if enrollments.count_in(tx, enrollment, actor=actor, now=now) else []
    if awaiting and enrollment.kind == "ade" and not queued.has_open(tx, enrollment.id, "DeviceConfigured"):
        wanted.append("DeviceConfigured")
    for type in wanted:
        commands.queue(tx, enrollment, type, actor=actor, now=now, rng=runtime.rng)


async def _check_out(request: Request, contact: Contact, _message: Mapping[str, Any]) -> Answer:
    now = request.runtime.clock.now()

    def leave(tx: Tx) -> None:
        enrollment = enrollments.by_id(tx, contact.enrollment_id)
        if enrollment is not None:
            enrollments.leave(tx, enrollment, actor=service_actor(tx, enrollment), now=now)

    await request.runtime.store.write(leave)
    return EMPTY


async def _set_bootstrap_token(request: Request, contact: Contact, message: Mapping[str, Any]) -> Answer:
    runtime, token = request.runtime, message.get("BootstrapToken")
    if token is not None and not isinstance(token, bytes):
        raise BadRequest("BootstrapToken must be data.")
    sealed = None
    if token:
        sealed = runtime.keys.seal(BOOTSTRAP_TOKEN, token, runtime.rng, contact.key.encode())
    await runtime.store.write(lambda tx: enrollments.set_bootstrap_token(tx, contact.enrollment_id, sealed))
    return EMPTY


async def _get_bootstrap_token(request: Request, contact: Contact, _message: Mapping[str, Any]) -> Answer:
    runtime = request.runtime
    sealed = await runtime.store.read(lambda tx: enrollments.bootstrap_token(tx, contact.enrollment_id))
    if sealed is None:
        return EMPTY
    token = runtime.keys.open(BOOTSTRAP_TOKEN, sealed, contact.key.encode())
    return Answer(200, plists.dumps({"BootstrapToken": token}), XML)


def service_actor(tx: Tx, enrollment: Enrollment) -> Actor:
    """The built-in service, as the audit log names what devices do through it."""
    service = services.built_in(tx, enrollment.organization_id)
    return Actor("MDM", service.uuid, service.name)


_HANDLERS = {
    "TokenUpdate": _token_update,
    "CheckOut": _check_out,
    "SetBootstrapToken": _set_bootstrap_token,
    "GetBootstrapToken": _get_bootstrap_token,
}
