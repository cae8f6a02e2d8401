"""Where devices and Configurator find this service's addresses."""

import json
from base64 import b64encode

from pomona.formats import service_discovery
from pomona.formats.service_discovery import MODEL_FAMILY, USER_IDENTIFIER, VERSIONS, Server
from pomona.management.refusals import NotHere
from pomona.management.request import Request
from pomona.registry import domains, organizations
from pomona.registry.errors import Invalid, NotFound
from pomona.registry.organizations import Organization
from pomona.runtime import anchors
from pomona.runtime.asgi import JSON, Answer
from pomona.store import Tx

_REFUSED = "This account cannot be used to enrol this device."


async def discover(request: Request) -> Answer:
    """The built-in service for a user of one of the organisation's verified domains; else 403 without a reason."""
    organization, query = await request.organization(), request.call.query()
    version = VERSIONS.get(query.get(MODEL_FAMILY, ""))
    identifier = query.get(USER_IDENTIFIER, "")
    ours = await request.runtime.store.read(lambda tx: _is_ours(tx, organization, identifier))
    if version is None or not ours:
        return Answer(403, service_discovery.refusal(_REFUSED), JSON)
    base_url = f"{request.origin}/manage/{request.slug}/{version.removeprefix('mdm-')}"
    return Answer(200, service_discovery.document(Server(version, base_url)), JSON)


def _is_ours(tx: Tx, organization: Organization, identifier: str) -> bool:
    try:
        _, domain = domains.of_identifier(identifier)
    except Invalid:
        return False
    return domains.is_verified(tx, organization.id, domain)


async def anchor_certificates(request: Request) -> Answer:
    """A JSON array of the certificates (base64 DER) that vouch for our listener; empty when a public one does."""
    await request.organization()
    ders = anchors.for_origin(request.runtime.settings, request.origin)
    return Answer(200, json.dumps([b64encode(der).decode() for der in ders]).encode(), JSON)


async def service_config(request: Request) -> Answer:
    """What Apple Configurator asks of a new server: the organisation is that of the host's first label, or the only one.

    Raises `NotHere` when neither says which organisation is meant.
    """
    host = (request.call.header(b"host") or "").partition(".")[0].lower()
    organization = await request.runtime.store.read(lambda tx: _by_host(tx, host))
    if organization is None:
        raise NotHere("There are several organisations here; use a host name that begins with one's slug.")
    base = f"{request.origin}/manage/{organization.slug}"
    document = {"dep_enrollment_url": f"{base}/enrol", "dep_anchor_certs_url": f"{base}/anchors"}
    return Answer(200, json.dumps(document).encode(), "application/json; charset=UTF8")


def _by_host(tx: Tx, label: str) -> Organization | None:
    named = organizations.by_slug(tx, label)
    if named is not None:
        return named
    try:
        return organizations.find(tx, None)
    except (NotFound, Invalid):
        return None
