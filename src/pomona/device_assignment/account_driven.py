"""`/account-driven-enrollment/profile`: where devices whose domain has no discovery file are sent."""

from pomona.device_assignment import profile_rules, wire
from pomona.device_assignment.errors import Refused
from pomona.device_assignment.face import Call, Face
from pomona.formats.times import iso_seconds
from pomona.registry import discovery_urls
from pomona.registry.discovery_urls import DiscoveryUrl
from pomona.registry.sessions import Party
from pomona.store import Tx

_DONE = b"{}"
"""Never an empty body: one client decodes it as JSON."""


async def register(face: Face, call: Call) -> bytes:
    """POST: the service's discovery URL, which must be https."""
    url = wire.decode(wire.DISCOVERY_URL, call.body).mdm_service_discovery_url
    if not url:
        raise Refused(400, "MDM_SERVICE_DISCOVERY_URL_REQUIRED")
    if not (profile_rules.is_url(url) and url.lower().startswith("https:")):
        raise Refused(400, "MDM_SERVICE_DISCOVERY_URL_NOT_VALID")
    return await _change(face, call, url)


async def show(face: Face, call: Call) -> bytes:
    """GET: what is registered. Refuses NOT_FOUND when nothing is."""

    def work(tx: Tx, party: Party) -> DiscoveryUrl | None:
        _check(party)
        return discovery_urls.of_service(tx, party.service_id)

    found = await face.read(call, work)
    if found is None:
        raise Refused(404, "NOT_FOUND")
    moment = iso_seconds(found.updated_at)
    return wire.encode({"mdm_service_discovery_url": found.url, "last_updated_timestamp": moment})


async def remove(face: Face, call: Call) -> bytes:
    """DELETE: takes it back; nothing to take back is fine."""
    return await _change(face, call, None)


async def _change(face: Face, call: Call, url: str | None) -> bytes:
    address = face.runtime.origins.client_address(call.scope)

    def work(tx: Tx, party: Party) -> bytes:
        _check(party)
        discovery_urls.register(
            tx, party.organization_id, party.service_id, url, actor=party.actor(address), now=call.now
        )
        return _DONE

    return await face.write(call, work)


def _check(party: Party) -> None:
    if not party.switches.account_driven:
        raise Refused(400, "ORG_NOT_SUPPORTED")
