"""A managed device: it checks in, asks for commands and answers them, until it is managed no longer."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from pomona.formats import challenges, plists
from pomona.formats.challenges import Challenge, MalformedChallenge
from pomona.formats.mobileconfig import Enrolment
from pomona.simulator.device_commands import DeviceState, perform
from pomona.simulator.device_identity import Identity
from pomona.simulator.device_network import DeviceProblem, send
from pomona.simulator.randomness import Rng

CHECK_IN = "application/x-apple-aspen-mdm-checkin"
COMMANDS = "application/x-apple-aspen-mdm; charset=UTF-8"
_UNRECOGNIZED = "com.apple.unrecognized.device"
_MOST_COMMANDS = 100

SignIn = Callable[[Challenge], Awaitable[str]]
"""Has the user sign in; gives a token."""


class Unenrolled(Exception):
    """The service says that it manages this device no longer: the device removes the profile."""


@dataclass(slots=True)
class ManagedDevice:
    """A device with an enrolment profile and an identity. `ids` is what its messages name it by.

    `token` is what its user signed in with; None where messages carry none. `done` lists the commands it answered.
    """

    state: DeviceState
    enrolment: Enrolment
    identity: Identity
    client: httpx.AsyncClient
    ids: dict[str, str]
    rng: Rng
    token: str | None = None
    sign_in: SignIn | None = None
    managed: bool = False
    done: list[tuple[str, str]] = field(default_factory=list)

    async def enrol(self) -> None:
        """Authenticate, then TokenUpdate. Raises `DeviceProblem` and `Unenrolled`."""
        told = self.state.device.authentication(own=self.state.own)
        await self.check_in("Authenticate", told)
        await self.update_token()
        self.managed = True

    async def update_token(self) -> None:
        """Says where to push, and whether the device waits in Setup Assistant."""
        keys: dict[str, Any] = {"Token": self.rng(32), "PushMagic": self.rng(16).hex()}
        if self.state.awaiting:
            keys["AwaitingConfiguration"] = True
        await self.check_in("TokenUpdate", keys)

    async def check_in(self, type: str, keys: dict[str, Any]) -> httpx.Response:
        """Sends one check-in message. Raises `DeviceProblem` and `Unenrolled`."""
        message = {"MessageType": type, "Topic": self.enrolment.topic, **self.ids, **keys}
        return await self._put(type, self.enrolment.checkin_url, CHECK_IN, plists.dumps(message))

    async def poll(self) -> int:
        """One session: says that it is idle and answers commands until none is left; gives how many there were."""
        report: dict[str, Any] = {"Status": "Idle"}
        for answered in range(_MOST_COMMANDS):
            body = plists.dumps({**self.ids, **report})
            response = await self._put("connect", self.enrolment.server_url, COMMANDS, body)
            if not response.content or self.state.erased:
                return answered
            report = self._answer(response.content)
        raise DeviceProblem("connect", f"more than {_MOST_COMMANDS} commands in a row")

    async def leave(self) -> None:
        """Removes the profile; the service is told if the profile asks for it."""
        self.managed = False
        if self.enrolment.check_out_when_removed:
            await self.check_in("CheckOut", {})

    def _answer(self, body: bytes) -> dict[str, Any]:
        try:
            message = plists.loads(body)
            uuid, command = message["CommandUUID"], message["Command"]
            type = str(command["RequestType"])
        except (plists.MalformedPlist, KeyError, TypeError) as problem:
            raise DeviceProblem("connect", f"not a command: {problem}") from None
        result = perform(self.state, command)
        self.done.append((type, result["Status"]))
        return {"CommandUUID": uuid, **result}

    async def _put(self, step: str, url: str, content_type: str, body: bytes) -> httpx.Response:
        response = await self._send(step, url, content_type, body)
        challenge = _challenge(response)
        if challenge is not None and self.sign_in is not None:
            self.token = await self.sign_in(challenge)
            response = await self._send(step, url, content_type, body)
        if response.status_code == 401 and _challenge(response) is None:
            raise Unenrolled(f"{step}: HTTP 401")
        if response.status_code == 403 and _UNRECOGNIZED.encode() in response.content:
            raise Unenrolled(f"{step}: {_UNRECOGNIZED}")
        if response.status_code != 200:
            said = response.text.strip()[:300]
            raise DeviceProblem(step, f"HTTP {response.status_code}: {said or '(empty)'}")
        return response

    async def _send(self, step: str, url: str, content_type: str, body: bytes) -> httpx.Response:
        headers = {"content-type": content_type}
        if self.enrolment.sign_message:
            headers["mdm-signature"] = base64.b64encode(self.identity.signature(body)).decode()
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        return await send(step, self.client, "PUT", url, content=body, headers=headers)


def _challenge(response: httpx.Response) -> Challenge | None:
    if response.status_code != 401:
        return None
    try:
        return challenges.parse(response.headers.get("www-authenticate", ""))
    except MalformedChallenge:
        return None
