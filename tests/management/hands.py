"""A device whose every message the test writes itself."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from pomona.catalogue.kinds import Kind
from pomona.formats import challenges, mobileconfig, plists, scep
from pomona.formats.mobileconfig import Enrolment
from pomona.simulator.device import Device
from pomona.simulator.device_identity import Identity
from tests.support.sites import Site
from tests.support.worlds import World

CALLBACK = "apple-remotemanagement-user-login://authentication-results?access-token="


@cache
def rsa_key(number: int, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key, always the same in this process: finding one takes long."""
    return rsa.generate_private_key(65537, bits)


def read(response: httpx.Response) -> dict[str, Any]:
    """A property list that came back."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/xml"
    return plists.loads(response.content)


def ask_scep(
    client: httpx.Client, enrolment: Enrolment, key: rsa.RSAPrivateKey, challenge: str | None = None
) -> bytes:
    """A certificate for `key`. Raises `ScepFailure`."""
    url = enrolment.scep.url
    authority = client.get(url, params={"operation": "GetCACert"}).content
    text = enrolment.scep.challenge if challenge is None else challenge
    asked = scep.build_request(enrolment.scep.subject, key, text, authority, at=datetime.now(UTC))
    answer = client.post(url, params={"operation": "PKIOperation"}, content=asked.der)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-pki-message"
    return scep.read_response(answer.content, asked)


@dataclass
class Hand:
    """One device by hand. `ids` is what its messages carry."""

    site: Site
    device: Device
    client: httpx.Client
    ids: dict[str, str]
    enrolment: Enrolment
    identity: Identity
    token: str | None = None
    extra: dict[str, str] = field(default_factory=dict)

    def put(
        self,
        url: str,
        message: dict[str, Any] | bytes,
        *,
        identity: Identity | None = None,
        signed: bool = True,
    ) -> httpx.Response:
        """One message to an address, signed with the device's identity or another."""
        body = message if isinstance(message, bytes) else plists.dumps(message)
        headers = dict(self.extra)
        if signed:
            signature = (identity or self.identity).signature(body)
            headers["mdm-signature"] = base64.b64encode(signature).decode()
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        return self.client.put(url, content=body, headers=headers)

    def check_in(self, type: str, *, identity: Identity | None = None, **keys: Any) -> httpx.Response:
        """A check-in message."""
        message = {"MessageType": type, "Topic": self.enrolment.topic, **self.ids, **keys}
        return self.put(self.enrolment.checkin_url, message, identity=identity)

    def report(
        self, status: str = "Idle", *, identity: Identity | None = None, **keys: Any
    ) -> httpx.Response:
        """How the last command went."""
        message = {**self.ids, "Status": status, **keys}
        return self.put(self.enrolment.server_url, message, identity=identity)

    def authenticate(self, **keys: Any) -> httpx.Response:
        """The first check-in."""
        own = "EnrollmentID" in self.ids
        return self.check_in("Authenticate", **{**self.device.authentication(own=own), **keys})

    def update_token(self, **keys: Any) -> httpx.Response:
        """The second."""
        return self.check_in("TokenUpdate", **{"Token": b"push", "PushMagic": "magic", **keys})

    def enrol(self, **keys: Any) -> "Hand":
        """Both."""
        assert self.authenticate().status_code == 200
        assert self.update_token(**keys).status_code == 200
        return self

    def settle(self) -> list[str]:
        """Acknowledges whatever waits; gives the types."""
        types = []
        response = self.report()
        while response.content:
            command = read(response)
            types.append(command["Command"]["RequestType"])
            response = self.report("Acknowledged", CommandUUID=command["CommandUUID"])
        return types


def machine_info(site: Site, device: Device, *, account_driven: bool = False) -> bytes:
    """The signed MachineInfo of a device."""
    info = device.account_info() if account_driven else device.machine_info()
    identity = site.factory.identity(device.serial, device.udid)
    return identity.sign(plists.dumps(info.to_plist()), datetime.now(UTC))


def profile_of(response: httpx.Response) -> Enrolment:
    """The enrolment profile that came back."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-apple-aspen-config"
    return mobileconfig.read_enrolment(mobileconfig.unwrap(response.content)[0])


def automated(
    site: Site,
    kind: Kind = Kind.IPHONE,
    *,
    device: Device | None = None,
    world: World | None = None,
    key: int = 0,
) -> Hand:
    """A device with its profile and identity, not yet checked in."""
    device = device or site.device(kind, world=world)
    slug = (world or site.world).organization.slug
    client = site.http
    response = client.post(f"/manage/{slug}/enrol", content=machine_info(site, device))
    enrolment = profile_of(response)
    identity = Identity(ask_scep(client, enrolment, rsa_key(key)), rsa_key(key))
    return Hand(site, device, client, {"UDID": device.udid}, enrolment, identity)


def sign_in(site: Site, email: str, password: str, path: str = "authenticate") -> httpx.Response:
    """The sign-in form, submitted."""
    return site.http.post(f"{site.base}/{path}", data={"email": email, "password": password})


def token_of(response: httpx.Response) -> str:
    """The access token that a sign-in ended with."""
    assert response.status_code == 308
    location = response.headers["location"]
    assert location.startswith(CALLBACK)
    return str(location.removeprefix(CALLBACK))


def by_account(site: Site, email: str, password: str, mode: str = "byod", kind: Kind = Kind.IPHONE) -> Hand:
    """A device whose user signed in, with its profile and identity, not yet checked in."""
    device, client = site.device(kind, arrive=False), site.http
    body, url = machine_info(site, device, account_driven=True), f"{site.base}/{mode}"
    challenge = challenges.parse(client.post(url, content=body).headers["www-authenticate"])
    assert challenge.url == f"{site.base}/authenticate"
    token = token_of(sign_in(site, email, password))
    enrolment = profile_of(client.post(url, content=body, headers={"authorization": f"Bearer {token}"}))
    identity = Identity(ask_scep(client, enrolment, rsa_key(0)), rsa_key(0))
    ids = {"EnrollmentID": f"OWN-{device.serial}"} if mode == "byod" else {"UDID": device.udid}
    return Hand(site, device, client, ids, enrolment, identity, None if kind is Kind.MAC else token)
