"""The ways a simulated device enrols: automatically, by a downloaded profile, or by its user's account."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

import httpx

from pomona.formats import challenges, plists, service_discovery
from pomona.formats.challenges import APPLE_AS_WEB, Challenge, MalformedChallenge
from pomona.formats.machine_info import MachineInfo
from pomona.formats.service_discovery import MalformedDiscovery, Server
from pomona.simulator import web_sign_in
from pomona.simulator.device import Device
from pomona.simulator.device_install import Circumstances, install
from pomona.simulator.device_management import ManagedDevice
from pomona.simulator.device_network import DeviceProblem, expect, send
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.web_sign_in import Person

RECORD_PATH = "/activation/v1/record"
_SIGNATURE = {"content-type": "application/pkcs7-signature"}


class NoRecord(Exception):
    """The makers' cloud knows of no enrolment for this device: it sets itself up unmanaged."""


async def automated(world: DeviceWorld, device: Device) -> ManagedDevice:
    """Activation record, MachineInfo, profile. Raises `NoRecord`, `DeviceProblem` and `Unenrolled`."""
    record = await activation_record(world, device)
    anchors = _anchors(record)
    client = await world.network.client(anchors)
    url = record.get("configuration_web_url") or record.get("url")
    if not isinstance(url, str):
        raise DeviceProblem("activation", "the record has no url")
    response = await _post(client, "enrol", url, _signed(world, device, device.machine_info()))
    how = Circumstances(
        supervised=True, awaiting=record.get("await_device_configured") is True, anchors=anchors
    )
    return await install(world, device, expect("enrol", response).content, how)


async def activation_record(world: DeviceWorld, device: Device) -> dict[str, Any]:
    """The device's cloud configuration. Raises `NoRecord` and `DeviceProblem`."""
    asked = {"action": "RequestProfileConfiguration", "sn": device.serial, "udid": device.udid}
    identity = world.factory.identity(device.serial, device.udid)
    body = identity.sign(json.dumps(asked).encode(), datetime.now(UTC))
    client = await world.network.client()
    response = await _post(client, "activation", world.cloud + RECORD_PATH, body)
    if response.status_code == 404:
        raise NoRecord
    try:
        record = json.loads(expect("activation", response).content)
    except ValueError:
        raise DeviceProblem("activation", "the record is not JSON") from None
    if not isinstance(record, dict):
        raise DeviceProblem("activation", "the record is not a JSON object")
    return record


async def leave(world: DeviceWorld, device: Device) -> None:
    """Its user takes it out of the organisation, as they may for thirty days after it was added by hand.

    Raises `NoRecord` when nobody owns it, and `DeviceProblem` with what it was told when it may not go.
    """
    asked = {"action": "LeaveOrganization", "sn": device.serial, "udid": device.udid}
    body = world.factory.identity(device.serial, device.udid).sign(
        json.dumps(asked).encode(), datetime.now(UTC)
    )
    response = await _post(await world.network.client(), "leave", world.cloud + RECORD_PATH, body)
    if response.status_code == 404:
        raise NoRecord
    expect("leave", response, 204)


async def downloaded(world: DeviceWorld, device: Device, page: str, person: Person) -> ManagedDevice:
    """Somebody signs in at `page`, downloads a profile and installs it. Raises `DeviceProblem` and `Unenrolled`."""
    async with world.network.web_session() as browser:
        response = expect("download", await web_sign_in.submit("download", browser, page, person))
    if "aspen-config" not in response.headers.get("content-type", ""):
        raise DeviceProblem("download", "the page asks again: account name or password is wrong")
    return await install(world, device, response.content, Circumstances())


async def account_driven(world: DeviceWorld, device: Device, person: Person) -> ManagedDevice:
    """The user signs in with a Managed Apple Account. Raises `DeviceProblem` and `Unenrolled`."""
    server = await discover(world, device, person.email)
    client = await world.network.client()
    body = _signed(world, device, device.account_info())
    response = expect("enrol", await _post(client, "enrol", server.base_url, body), 401)
    try:
        challenge = challenges.parse(response.headers.get("www-authenticate", ""))
    except MalformedChallenge as problem:
        raise DeviceProblem("enrol", str(problem)) from None

    async def sign_in(asked: Challenge) -> str:
        return await _sign_in(world, asked, person)

    token = await sign_in(challenge)
    response = await _post(client, "enrol", server.base_url, body, {"authorization": f"Bearer {token}"})
    how = Circumstances(version=server.version, token=token, sign_in=sign_in)
    return await install(world, device, expect("enrol", response).content, how)


async def discover(world: DeviceWorld, device: Device, identifier: str) -> Server:
    """Where to enrol: the domain's own document, else what the makers' cloud redirects to. Raises `DeviceProblem`."""
    query = service_discovery.query(identifier, device.model_family)
    domain = identifier.rpartition("@")[2]
    home = world.well_known or f"https://{domain}"
    first = f"{home}{service_discovery.WELL_KNOWN}?{query}"
    second = f"{world.cloud}{service_discovery.ALTERNATE}?{query}"
    client = await world.network.client()
    try:
        return await _document(client, first)
    except DeviceProblem as primary:
        try:
            return await _document(client, second)
        except DeviceProblem as alternate:
            text = f"neither the domain ({primary.text}) nor the alternate ({alternate.text}) names a service"
            raise DeviceProblem("discovery", text) from None


async def _document(client: httpx.AsyncClient, url: str) -> Server:
    response = expect("discovery", await send("discovery", client, "GET", url))
    try:
        return service_discovery.read(response.headers.get("content-type", ""), response.content)
    except MalformedDiscovery as problem:
        raise DeviceProblem("discovery", str(problem)) from None


async def _sign_in(world: DeviceWorld, challenge: Challenge, person: Person) -> str:
    if challenge.method != APPLE_AS_WEB:
        raise DeviceProblem("sign-in", f"the method {challenge.method} is not one that these devices have")
    separator = "&" if "?" in challenge.url else "?"
    typed = str(httpx.QueryParams({service_discovery.USER_IDENTIFIER: person.email}))
    async with world.network.web_session() as browser:
        return await web_sign_in.token("sign-in", browser, f"{challenge.url}{separator}{typed}", person)


def _signed(world: DeviceWorld, device: Device, info: MachineInfo) -> bytes:
    identity = world.factory.identity(device.serial, device.udid)
    return identity.sign(plists.dumps(info.to_plist()), datetime.now(UTC))


async def _post(
    client: httpx.AsyncClient, step: str, url: str, body: bytes, headers: dict[str, str] | None = None
) -> httpx.Response:
    return await send(step, client, "POST", url, content=body, headers={**_SIGNATURE, **(headers or {})})


def _anchors(record: dict[str, Any]) -> tuple[bytes, ...]:
    listed = record.get("anchor_certs") or []
    try:
        return tuple(base64.b64decode(text, validate=True) for text in listed)
    except (binascii.Error, ValueError, TypeError):
        raise DeviceProblem("activation", "anchor_certs is not a list of base64 certificates") from None
