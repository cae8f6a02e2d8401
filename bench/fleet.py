"""Devices of the built-in management service, as they speak: identities asked for over SCEP, and messages signed with them."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from bench.client import Connection, request
from bench.data import Data
from pomona.formats import cms, plists, scep
from pomona.formats.scep import PendingRequest
from pomona.management import profile
from pomona.registry import challenges, organizations
from pomona.registry.challenges import Purpose
from pomona.registry.organizations import Organization
from pomona.runtime import Settings
from pomona.server.installation import installation

PUSH_TOKEN = bytes(range(32))


@dataclass(frozen=True, slots=True)
class Site:
    """The organisation's addresses, and challenges that nobody used yet."""

    organization: Organization
    challenges: list[str]

    def path(self, name: str) -> str:
        """An address of its management service."""
        return f"/manage/{self.organization.slug}/{name}"


@dataclass(frozen=True, slots=True)
class Device:
    """A device with its identity. `certificate` is DER."""

    site: Site
    udid: str
    certificate: bytes
    key: rsa.RSAPrivateKey

    def message(self, address: str, content: dict[str, Any]) -> bytes:
        """A request with a message that the device signed."""
        body = plists.dumps({"UDID": self.udid, **content})
        signature = cms.sign(body, self.certificate, self.key, detached=True)
        headers = {
            "Content-Type": "application/x-apple-aspen-mdm",
            "Mdm-Signature": base64.b64encode(signature).decode(),
            "User-Agent": "MDM/1.0",
        }
        return request("PUT", self.site.path(address), headers, body)

    def check_in(self, type: str, **keys: Any) -> bytes:
        """A check-in message."""
        topic = profile.topic(self.site.organization.number)
        return self.message("checkin", {"MessageType": type, "Topic": topic, **keys})

    def token_update(self) -> bytes:
        """Where to push, as a device says it again and again."""
        return self.check_in("TokenUpdate", Token=PUSH_TOKEN, PushMagic="magic")

    def poll(self) -> bytes:
        """That it has nothing to do."""
        return self.message("connect", {"Status": "Idle"})


def site(data: Data, number: int) -> Site:
    """Prepares an installation that nobody serves now: `number` challenges, as enrolment profiles carry them."""
    with installation(Settings(data=data.folder)) as runtime:
        now = runtime.clock.now()

        def issue(tx: Any) -> Site:
            organization = organizations.find(tx, data.keys.organization)
            purpose = Purpose(organization.id, "manual")
            issued = [challenges.issue(tx, purpose, now=now, rng=runtime.rng) for _ in range(number)]
            return Site(organization, issued)

        return runtime.store.write_sync(issue)


def authority(connection: Connection, place: Site) -> bytes:
    """The certificate that requests are encrypted to."""
    return connection.ask(request("GET", f"{place.path('scep')}?operation=GetCACert"))


def ask(ca: bytes, key: rsa.RSAPrivateKey, challenge: str) -> PendingRequest:
    """A signing request."""
    return scep.build_request((("CN", "bench"),), key, challenge, ca, at=datetime.now(UTC))


def posted(place: Site, asked: PendingRequest) -> bytes:
    """It, as it is sent."""
    headers = {"Content-Type": scep.PKI_MESSAGE}
    return request("POST", f"{place.path('scep')}?operation=PKIOperation", headers, asked.der)


def enrolled(connection: Connection, place: Site, ca: bytes, keys: list[rsa.RSAPrivateKey]) -> list[Device]:
    """A device for each key, managed and without anything left to do. Uses up as many challenges."""
    devices = []
    for n, key in enumerate(keys):
        asked = ask(ca, key, place.challenges.pop())
        certificate = scep.read_response(connection.ask(posted(place, asked)), asked)
        device = Device(place, f"00008140-{n:016X}", certificate, key)
        connection.ask(device.check_in("Authenticate", ProductName="iPhone17,1", OSVersion="26.1"))
        connection.ask(device.token_update())
        _settle(connection, device)
        devices.append(device)
    return devices


def _settle(connection: Connection, device: Device) -> None:
    answer = connection.ask(device.poll())
    while answer:
        uuid = plists.loads(answer)["CommandUUID"]
        told = {"Status": "Acknowledged", "CommandUUID": uuid, "QueryResponses": {"DeviceName": "bench"}}
        answer = connection.ask(device.message("connect", told))
