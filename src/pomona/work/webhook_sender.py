"""Sends one message to one address: with a deadline, without following redirects, and not into somebody's own network."""

import asyncio
import contextlib
import time
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pomona.formats import standard_webhooks
from pomona.registry.webhook_addresses import is_public
from pomona.registry.webhook_messages import Message, Outcome
from pomona.runtime import Runtime
from pomona.work.trust import trust

if TYPE_CHECKING:
    import httpx

SECONDS = 15.0
"""How long a receiver may take, from the first packet to the end of its answer."""

RESPONSE = 1_000
"""Characters that are kept of an answer."""

_READ = 4_000


class NotPublic(Exception):
    """The address is on a network of its own, and the settings forbid to send there."""


class Sender:
    """The HTTP client of a process; made when the first message is sent, because importing it takes long."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._client: httpx.AsyncClient | None = None

    async def send(self, url: str, secrets: list[bytes], message: Message) -> Outcome:
        """Sends it; never raises for what the other side does."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(SECONDS):
                status, response, rest = await self._post(url, secrets, message)
        except TimeoutError:
            return Outcome(None, _millis(began), f"no answer within {SECONDS:g} seconds")
        except NotPublic:
            return Outcome(
                None, _millis(began), "the address is not a public one, and webhook_targets is public"
            )
        except Exception as problem:  # noqa: BLE001 whatever it is, it did not arrive
            return Outcome(None, _millis(began), _said(problem))
        if 200 <= status < 300:
            return Outcome(status, _millis(began), "", response)
        redirected = ", and redirects are not followed" if 300 <= status < 400 else ""
        return Outcome(status, _millis(began), f"the answer was {status}{redirected}", response, rest)

    async def close(self) -> None:
        """Lets go of its connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _post(self, url: str, secrets: list[bytes], message: Message) -> tuple[int, str, int]:
        settings = self._runtime.settings
        public_only = settings.webhook_targets == "public"
        if public_only:
            await _check_host(url)
        now = self._runtime.clock.wall()
        headers = {
            "content-type": "application/json",
            **standard_webhooks.headers(secrets, message.message_id, now // 1000, message.body),
        }
        # Through a proxy the connection is the proxy's, wherever that is.
        direct = public_only and not settings.webhook_proxy
        extensions = {"trace": _check_connection} if direct else {}
        client = self._ready()
        async with client.stream(
            "POST", url, content=message.body, headers=headers, extensions=extensions
        ) as answer:
            body = bytearray()
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) >= _READ:
                    break
            return answer.status_code, _text(bytes(body)), _rest(answer.headers.get("retry-after"), now)

    def _ready(self) -> "httpx.AsyncClient":
        if self._client is None:
            import httpx

            from pomona import __version__

            settings = self._runtime.settings
            self._client = httpx.AsyncClient(
                headers={"user-agent": f"Pomona/{__version__}"},
                verify=trust(settings.trusted_authorities),
                # The environment's proxy may be Pomona's own, which stands in for Apple's hosts.
                trust_env=False,
                proxy=settings.webhook_proxy or None,
                timeout=SECONDS,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
            )
        return self._client


async def _check_host(url: str) -> None:
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(parts.hostname, parts.port or 443)
    if not all(is_public(str(address[0])) for *_, address in found):
        raise NotPublic


async def _check_connection(event: str, info: dict[str, Any]) -> None:
    """A name may lead elsewhere by the time that the connection is made; nothing was sent yet."""
    if event == "connection.connect_tcp.complete":
        stream = info["return_value"]
        address = stream.get_extra_info("server_addr")
        if not address or not is_public(str(address[0])):
            await stream.aclose()
            raise NotPublic


def _millis(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _said(problem: Exception) -> str:
    said = _text(str(problem).encode())[:200] or type(problem).__name__
    return f"the message could not be sent: {said}"


def _text(body: bytes) -> str:
    """Of any bytes a text that can be stored and shown."""
    text = body.decode(errors="replace")[:RESPONSE]
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def _rest(text: str | None, now: int) -> int:
    """The milliseconds of a Retry-After field."""
    if text is None:
        return 0
    if text.strip().isdecimal():
        return min(int(text.strip()[:9]) * 1000, 1 << 40)
    with contextlib.suppress(ValueError, OverflowError):
        return max(0, int(parsedate_to_datetime(text).timestamp() * 1000) - now)
    return 0
