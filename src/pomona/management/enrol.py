"""Handing out enrolment profiles to devices that ask for one with a signed MachineInfo."""

from pomona.catalogue.serials import canonical
from pomona.formats import machine_info, mobileconfig, plists
from pomona.formats.machine_info import MachineInfo
from pomona.management import profile
from pomona.management.identity import enrollment_key, text
from pomona.management.profile import Wanted
from pomona.management.refusals import NotAllowed, SignInNeeded
from pomona.management.request import Request
from pomona.registry import account_tokens, challenges, devices, services
from pomona.registry.account_tokens import AccountToken
from pomona.registry.challenges import EnrollmentKind, Purpose
from pomona.registry.organizations import Organization
from pomona.runtime import anchors, device_signatures
from pomona.runtime.asgi import Answer
from pomona.store import Tx


async def automated(request: Request) -> Answer:
    """The profile for a device of the organisation that is on the built-in service: Automated Device Enrolment.

    Raises `NotAllowed` for any other device, and what reading a signed MachineInfo raises.
    """
    signed = await device_signatures.read(request.runtime, await request.body())
    info = machine_info.parse(plists.loads(signed.content))
    udid, serial = enrollment_key({"UDID": info.udid}), canonical(info.serial)
    if signed.serial not in (None, serial):
        raise NotAllowed("The device's identity is for another serial number.")
    organization = await request.organization()
    await request.issuers.of(organization)
    runtime, now = request.runtime, request.runtime.clock.now()
    purpose = Purpose(organization.id, "ade", serial, udid, _product(info))

    def hand_out(tx: Tx) -> str:
        if not _is_ours(tx, organization.id, serial):
            raise NotAllowed("The device is not assigned to this device management service.")
        return challenges.issue(tx, purpose, now=now, rng=runtime.rng)

    challenge = await runtime.store.write(hand_out)
    return plain(request, organization, "ade", challenge, common_name=serial)


def _is_ours(tx: Tx, organization_id: int, serial: str) -> bool:
    id = devices.owned_id(tx, organization_id, serial)
    if id is None:
        return False
    return devices.by_id(tx, id).service_id == services.built_in(tx, organization_id).id


async def account_driven(request: Request, kind: EnrollmentKind) -> Answer:
    """The profile for a device whose user signed in. Raises `SignInNeeded` until it brings a token that is good."""
    signed = await device_signatures.read(request.runtime, await request.body())
    info = machine_info.parse(plists.loads(signed.content), account_driven=True)
    organization = await request.organization()
    await request.issuers.of(organization)
    runtime, now, bearer = request.runtime, request.runtime.clock.now(), request.bearer()
    if bearer is None:
        raise SignInNeeded("The user must sign in.")

    def hand_out(tx: Tx) -> tuple[AccountToken, str]:
        token = account_tokens.find(tx, organization.id, bearer, now)
        if token is None:
            raise SignInNeeded("The token is unknown, was taken back or ran out.")
        purpose = _of_account(organization, kind, info, token.account_id)
        return token, challenges.issue(tx, purpose, now=now, rng=runtime.rng)

    token, challenge = await runtime.store.write(hand_out)
    return plain(request, organization, kind, challenge, common_name="Managed device", email=token.email)


def _of_account(
    organization: Organization, kind: EnrollmentKind, info: MachineInfo, account_id: int
) -> Purpose:
    return Purpose(organization.id, kind, product_type=_product(info), account_id=account_id)


def _product(info: MachineInfo) -> str:
    return text({"PRODUCT": info.product}, "PRODUCT", 100)


def plain(
    request: Request,
    organization: Organization,
    kind: EnrollmentKind,
    challenge: str,
    *,
    common_name: str,
    email: str = "",
) -> Answer:
    """The profile unsigned, which every client can read: it comes over a connection the device trusts already."""
    body = plists.dumps(profile.build(wanted(request, organization, kind, challenge, common_name, email)))
    return Answer(200, body, mobileconfig.CONTENT_TYPE, [("cache-control", "no-store")])


def wanted(
    request: Request,
    organization: Organization,
    kind: EnrollmentKind,
    challenge: str,
    common_name: str,
    email: str = "",
) -> Wanted:
    """What the profile is to say to the client of this request."""
    roots = anchors.for_origin(request.runtime.settings, request.origin)
    return Wanted(organization, request.origin, kind, challenge, common_name, email, roots)
