"""How simulated devices reach others: HTTP clients by whom they trust, and what a device makes of a bad answer."""

import ssl
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any, Self

import httpx

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_LIMITS = httpx.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=30)
AGENT = "DeviceManagementClient/1.0"


class DeviceProblem(Exception):
    """A step of a device's enrolment failed. `step` names it; the text says what came back."""

    def __init__(self, step: str, text: str) -> None:
        super().__init__(f"{step}: {text}")
        self.step = step
        self.text = text


class Network:
    """`roots` is PEM of the authorities that every device trusts; empty for those of the system."""

    def __init__(self, roots: str = "") -> None:
        self._roots = roots
        self._stack = AsyncExitStack()
        self._clients: dict[frozenset[bytes], httpx.AsyncClient] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def client(self, anchors: Iterable[bytes] = ()) -> httpx.AsyncClient:
        """The client of devices that also trust `anchors` (DER). Redirects are followed as the server wrote them."""
        key = frozenset(anchors)
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = self._new(key)
            await self._stack.enter_async_context(client)
        return client

    def web_session(self) -> httpx.AsyncClient:
        """A browser of its own: cookies, no redirects but those one follows oneself. The caller closes it."""
        return httpx.AsyncClient(
            verify=self._context(frozenset()), timeout=_TIMEOUT, follow_redirects=False, trust_env=False
        )

    def _new(self, anchors: frozenset[bytes]) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._context(anchors),
            timeout=_TIMEOUT,
            limits=_LIMITS,
            follow_redirects=True,
            max_redirects=5,
            headers={"user-agent": AGENT},
            trust_env=False,
        )

    def _context(self, anchors: frozenset[bytes]) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self._roots or None)
        for der in anchors:
            context.load_verify_locations(cadata=der)
        return context


async def send(step: str, client: httpx.AsyncClient, method: str, url: str, **more: Any) -> httpx.Response:
    """The response to a request; `more` goes to httpx. Raises `DeviceProblem` when there is none."""
    try:
        return await client.request(method, url, **more)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise DeviceProblem(
            step, f"{url.partition('?')[0]}: {str(problem) or type(problem).__name__}"
        ) from None


def expect(step: str, response: httpx.Response, status: int = 200) -> httpx.Response:
    """The response, if it has that status. Raises `DeviceProblem` with what it says instead."""
    if response.status_code != status:
        said = response.text.strip().replace("\n", " ")[:300]
        raise DeviceProblem(
            step, f"HTTP {response.status_code} from {response.url.path}: {said or '(empty)'}"
        )
    return response
