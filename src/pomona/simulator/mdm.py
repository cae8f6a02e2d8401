"""The device-facing side of a simulated external management service: enrolment, SCEP, check-in, commands.

It knows nothing of Pomona but what it was told over the wire: which serials are its own. Mount `routes()` in the service's
application and put `enrol_url(origin)` into the profile that it defines for its devices.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pomona.formats import cms, machine_info, mobileconfig, plists, scep
from pomona.simulator.mdm_authority import MdmAuthority
from pomona.simulator.mdm_devices import QUERIES, ManagedBy
from pomona.simulator.randomness import Rng, uuid

PATH = "/mdm"
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class MdmEvent:
    """Something that happened to a device: profile, authenticated, enrolled, informed, released, left or refused."""

    step: str
    serial: str
    detail: str = ""


class DeviceManagement:
    """One service's devices, in memory.

    `expects` says whether a serial is assigned to this service; `report` is told of each event. `roots` are DER
    certificates that devices must trust to reach it.
    """

    def __init__(
        self,
        name: str,
        rng: Rng,
        *,
        expects: Callable[[str], bool],
        report: Callable[[MdmEvent], None] = lambda _event: None,
        roots: tuple[bytes, ...] = (),
    ) -> None:
        self.name = name
        self.devices: dict[str, ManagedBy] = {}
        self._rng = rng
        self._expects = expects
        self._report = report
        self._roots = roots
        self._authority = MdmAuthority.make(name, rng)
        self._topic = f"com.apple.mgmt.External.{uuid(rng)}"

    @staticmethod
    def enrol_url(origin: str) -> str:
        """What belongs into the profile's `url`."""
        return f"{origin}{PATH}/enrol"

    def routes(self) -> list[Route]:
        """The addresses that devices use."""
        return [
            Route(f"{PATH}/enrol", self._enrol, methods=["POST"]),
            Route(f"{PATH}/scep", self._scep, methods=["GET", "POST"]),
            Route(f"{PATH}/checkin", self._message, methods=["PUT", "POST"]),
            Route(f"{PATH}/connect", self._message, methods=["PUT", "POST"]),
        ]

    async def _enrol(self, request: Request) -> Response:
        try:
            signed = cms.verify_signed(await _body(request))
            info = machine_info.parse(plists.loads(signed.content))
        except (ValueError, cms.BadSignature) as problem:
            return Response(f"{problem}\n", 400)
        if not self._expects(info.serial):
            self._report(MdmEvent("refused", info.serial, "not assigned to this service"))
            return Response("The device is not assigned to this service.\n", 403)
        self._report(MdmEvent("profile", info.serial, info.product))
        origin = f"{request.url.scheme}://{request.url.netloc}"
        return Response(
            plists.dumps(self._profile(origin, info.serial)), media_type=mobileconfig.CONTENT_TYPE
        )

    def _profile(self, origin: str, serial: str) -> dict[str, object]:
        identity, name = uuid(self._rng), "simulated.external.mdm"
        settings = mobileconfig.scep_payload(
            url=f"{origin}{PATH}/scep", challenge=self._authority.challenge(serial), subject=(("CN", serial),),
            identifier=f"{name}.identity", uuid=identity,
        )  # fmt: skip
        payload = mobileconfig.mdm_payload(
            identity_uuid=identity, topic=self._topic, server_url=f"{origin}{PATH}/connect",
            checkin_url=f"{origin}{PATH}/checkin", identifier=f"{name}.mdm", uuid=uuid(self._rng),
            server_capabilities=(),
        )  # fmt: skip
        roots = [
            mobileconfig.root_certificate_payload(der, identifier=f"{name}.root{n}", uuid=uuid(self._rng))
            for n, der in enumerate(self._roots)
        ]
        return mobileconfig.enrolment_profile(
            scep=settings, mdm=payload, identifier=name, uuid=uuid(self._rng), display_name=self.name,
            organization=self.name, roots=roots,
        )  # fmt: skip

    async def _scep(self, request: Request) -> Response:
        operation = request.query_params.get("operation")
        if operation == "GetCACaps":
            return Response(scep.CA_CAPS, media_type="text/plain")
        if operation == "GetCACert":
            body, kind = scep.ca_certificates((self._authority.certificate,))
            return Response(body, headers={"content-type": kind})
        try:
            posted = await _body(request)
            message = posted or scep.message_parameter(request.query_params.get("message", ""))
            return Response(self._authority.operate(message), headers={"content-type": scep.PKI_MESSAGE})
        except ValueError as problem:
            return Response(f"{problem}\n", 400)

    async def _message(self, request: Request) -> Response:
        try:
            body = await _body(request)
            message = plists.loads(body)
            signature = cms.from_header(request.headers.get("mdm-signature", ""))
            hash = hashlib.sha256(cms.verify_detached(signature, body).signer).digest()
        except (ValueError, cms.BadSignature) as problem:
            return Response(f"{problem}\n", 400)
        serial, udid = self._authority.issued.get(hash), str(message.get("UDID", ""))
        if serial is None or not udid:
            return Response("The certificate is not one of this service.\n", 400)
        if message.get("MessageType") == "Authenticate":
            self.devices[udid] = ManagedBy(udid, serial, hash)
            self._report(MdmEvent("authenticated", serial, udid))
            return Response()
        device = self.devices.get(udid)
        if device is None or device.certificate != hash:
            return Response("The certificate does not speak for this device.\n", 400)
        if "MessageType" in message:
            self._check_in(device, message)
            return Response()
        return self._connect(device, message)

    def _check_in(self, device: ManagedBy, message: dict[str, object]) -> None:
        type = message["MessageType"]
        if type == "TokenUpdate":
            first, device.status = device.status == "pending", "enrolled"
            device.awaiting = bool(message.get("AwaitingConfiguration", device.awaiting))
            if first:
                self._report(MdmEvent("enrolled", device.serial, device.udid))
                device.put("DeviceInformation", {"Queries": list(QUERIES)}, self._rng)
            if first and device.awaiting:
                device.put("DeviceConfigured", {}, self._rng)
        elif type == "CheckOut":
            device.status = "left"
            device.queue.clear()
            self._report(MdmEvent("left", device.serial))

    def _connect(self, device: ManagedBy, message: dict[str, object]) -> Response:
        ended = device.answered(message) if message.get("Status") != "Idle" else None
        if ended == "DeviceInformation":
            told = device.information
            detail = f"{told.get('DeviceName', '')} {told.get('OSVersion', '')}".strip()
            self._report(MdmEvent("informed", device.serial, detail))
        if ended == "DeviceConfigured":
            self._report(MdmEvent("released", device.serial))
        if message.get("Status") == "NotNow":
            return Response()
        command = device.next()
        return Response(command, media_type="application/xml") if command else Response()


async def _body(request: Request) -> bytes:
    """The whole body. Raises ValueError beyond a megabyte."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _LIMIT:
            raise ValueError("the body is too large")
        parts.append(part)
    return b"".join(parts)
