"""`GET /account`: whom the token belongs to, and what may be called."""

import hashlib

from pomona.device_assignment import wire
from pomona.device_assignment.face import Call, Face
from pomona.registry import organizations, tokens
from pomona.registry.organizations import Organization
from pomona.registry.sessions import Party
from pomona.registry.tokens import Token
from pomona.store import Tx

_LIMIT = {"default": wire.PAGE, "maximum": wire.PAGE}
URLS: list[dict[str, object]] = [
    {"uri": "/session", "http_method": ["GET"]},
    {"uri": "/account", "http_method": ["GET"]},
    {"uri": "/server/devices", "http_method": ["POST"], "limit": _LIMIT},
    {"uri": "/devices/sync", "http_method": ["POST"], "limit": _LIMIT},
    {"uri": "/devices", "http_method": ["POST"]},
    {"uri": "/devices/disown", "http_method": ["POST"]},
    {"uri": "/device/activationlock", "http_method": ["POST"]},
    {"uri": "/profile", "http_method": ["GET", "POST"]},
    {"uri": "/profile/devices", "http_method": ["DELETE", "POST", "PUT"]},
    {"uri": "/account-driven-enrollment/profile", "http_method": ["DELETE", "GET", "POST"]},
    {"uri": "/os-beta-enrollment/tokens", "http_method": ["GET"]},
]
_URLS_10: list[dict[str, object]] = [{"uri": "/device/replacementDetails", "http_method": ["GET"]}]
"""What a client may call, as `urls` tells it; one client pages at the `maximum` it finds here."""


async def account(face: Face, call: Call) -> bytes:
    """The organisation and the service. Protocol 3 adds the organisation's identity and the list of calls."""

    def work(tx: Tx, party: Party) -> bytes:
        organization = organizations.get(tx, party.organization_id)
        token = tokens.newest(tx, party.service_id)
        assert token is not None  # the session stands on one
        return wire.encode(_account(organization, party, token, call.version))

    return await face.read(call, work)


def _account(organization: Organization, party: Party, token: Token, version: int) -> dict[str, object]:
    answer: dict[str, object] = {
        "server_name": party.name,
        "server_uuid": party.uuid,
        "admin_id": token.issued_by,
        "facilitator_id": token.issued_by,
        "org_name": organization.name,
        "org_email": organization.email,
        "org_phone": organization.phone,
        "org_address": organization.address,
    }
    if version >= 3:
        answer |= {
            "org_id": organization.number,
            "org_id_hash": hashlib.sha256(organization.number.encode()).hexdigest(),
            "org_type": organization.kind,
            "org_version": "v2",
            "urls": [*URLS, *_URLS_10] if version >= 10 else URLS,
        }
    return answer
