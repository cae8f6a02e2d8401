"""Authenticate: a device shows its new identity for the first time, and it is bound to one enrolment from then on."""

from collections.abc import Mapping
from typing import Any

from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.management import profile
from pomona.management.identity import enrollment_key, is_user_channel, text
from pomona.management.refusals import BadRequest, NotHere, SignInNeeded
from pomona.management.request import Request
from pomona.registry import account_tokens, challenges, device_certificates, enrollments, organizations
from pomona.registry.challenges import Purpose, shows_token
from pomona.registry.device_certificates import DeviceCertificate
from pomona.registry.enrollments import Told
from pomona.runtime.asgi import Answer
from pomona.store import Tx


async def authenticate(request: Request, message: Mapping[str, Any], certificate_hash: bytes) -> Answer:
    """Makes or renews the enrolment. Raises `BadRequest` and, for an account-driven device, `SignInNeeded`."""
    key, now = enrollment_key(message), request.runtime.clock.now()
    if is_user_channel(message):
        raise BadRequest("Users authenticate with UserAuthenticate.")

    def begin(tx: Tx) -> None:
        organization = organizations.by_slug(tx, request.slug)
        if organization is None:
            raise NotHere("There is no such organisation here.")
        if message.get("Topic") != profile.topic(organization.number):
            raise BadRequest("The topic is not that of the enrolment profile.")
        certificate = device_certificates.find(tx, organization.id, certificate_hash)
        if certificate is None:
            raise BadRequest("The certificate is not one that was issued for an enrolment here.")
        purpose = challenges.answered(tx, certificate.challenge_hash)
        serial = _checked(tx, certificate, purpose, key, message)
        token = _token(tx, request, purpose, message, now)
        id = enrollments.begin(
            tx, organization.id, key, purpose.kind, serial=serial, account_id=purpose.account_id,
            told=_told(message, purpose), now=now,
        )  # fmt: skip
        device_certificates.bind(tx, certificate, id, now)
        if token is not None and not account_tokens.bind(tx, token, id):
            raise BadRequest("The bearer token belongs to another enrolment.")

    await request.runtime.store.write(begin)
    return Answer(200)


def _checked(
    tx: Tx, certificate: DeviceCertificate, purpose: Purpose, key: str, message: Mapping[str, Any]
) -> str | None:
    """The serial to keep, once it is clear that this certificate may speak for this device."""
    known = enrollments.by_id(tx, certificate.enrollment_id) if certificate.enrollment_id else None
    if certificate.enrollment_id is not None and (known is None or known.key != key):
        raise BadRequest("The certificate speaks for another enrolment.")
    if known is not None and known.status == "left":
        raise BadRequest("The device left; it needs a new enrolment profile.")
    if purpose.udid is not None and purpose.udid != key:
        raise BadRequest("The certificate was issued for another device.")
    if purpose.kind == "byod":
        if not isinstance(message.get("EnrollmentID"), str) or "UDID" in message:
            raise BadRequest("In User Enrolment a device is known by its EnrollmentID alone.")
        return None
    serial = _serial(message)
    if purpose.serial is not None and serial not in (None, purpose.serial):
        raise BadRequest("The certificate was issued for another serial number.")
    _keep_hardware_bound(tx, purpose, key)
    return purpose.serial or serial


def _keep_hardware_bound(tx: Tx, purpose: Purpose, key: str) -> None:
    """A device that proved its serial is not replaced by somebody who only knows its UDID."""
    if purpose.kind == "ade":
        return
    row = tx.row(
        "SELECT status, kind FROM enrollment WHERE organization_id = $1 AND enrollment_key = $2",
        *(purpose.organization_id, key),
    )
    if row is not None and tuple(row) == ("enrolled", "ade"):
        raise BadRequest("This device is enrolled automatically; it must leave before it enrols otherwise.")


def _token(
    tx: Tx, request: Request, purpose: Purpose, message: Mapping[str, Any], now: int
) -> account_tokens.AccountToken | None:
    product = purpose.product_type or text(message, "ProductName")
    if not shows_token(purpose.kind, product):
        return None
    bearer = request.bearer()
    token = None if bearer is None else account_tokens.find(tx, purpose.organization_id, bearer, now)
    if token is None or token.account_id != purpose.account_id:
        raise SignInNeeded("The user must sign in with the account that this profile was made for.")
    return token


def _serial(message: Mapping[str, Any]) -> str | None:
    try:
        return canonical(text(message, "SerialNumber"))
    except InvalidSerial:
        return None


def _told(message: Mapping[str, Any], purpose: Purpose) -> Told:
    return Told(
        device_name="" if purpose.kind == "byod" else text(message, "DeviceName"),
        model=text(message, "ModelName"),
        product_type=purpose.product_type or text(message, "ProductName"),
        os_version=text(message, "OSVersion"),
        build=text(message, "BuildVersion"),
    )
