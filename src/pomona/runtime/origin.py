"""The origin (scheme, host, port) that a client used: every absolute URL in an answer is built from it."""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]


class Origins:
    """Decides a request's origin.

    The configured public origin wins. Else a trusted proxy's X-Forwarded-Proto and X-Forwarded-Host; else the Host
    header. A request that reached us under one of Apple's names (through the CONNECT proxy or a hosts file) is
    answered with `https://` and that name, whatever lies between.
    """

    def __init__(
        self, public: str = "", trusted: Iterable[str] = (), client_hosts: Iterable[str] = ()
    ) -> None:
        self.public = public.rstrip("/")
        self._trusted = frozenset(trusted)
        self._client_hosts = frozenset(client_hosts)

    def of(self, scope: Scope) -> str:
        """The origin of a request, without a slash at its end."""
        if self.public:
            return self.public
        host = ""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value.decode("latin-1")
                break
        scheme = str(scope.get("scheme", "http"))
        if self._client_hosts and host.partition(":")[0].lower() in self._client_hosts:
            return f"https://{host.partition(':')[0].lower()}"
        client = scope.get("client")
        if client and client[0] in self._trusted:
            headers = dict(scope["headers"])
            scheme = _first(headers, b"x-forwarded-proto", scheme)
            host = _first(headers, b"x-forwarded-host", host)
        if not host:
            server = scope.get("server") or ("localhost", None)
            host = f"{server[0]}:{server[1]}" if server[1] else str(server[0])
        return f"{scheme}://{host}"

    def through_proxy(self, scope: Scope) -> bool:
        """Whether a request came from an address of a trusted proxy, whose headers about the client are believed."""
        client = scope.get("client")
        return client is not None and client[0] in self._trusted

    def client_address(self, scope: Scope) -> str | None:
        """The address a request came from, as the audit log keeps it."""
        client = scope.get("client")
        if not client:
            return None
        if client[0] in self._trusted:
            for name, value in scope["headers"]:
                if name == b"x-forwarded-for":
                    return str(value.decode("latin-1").split(",")[-1].strip())
        return str(client[0])


def _first(headers: Mapping[bytes, bytes], name: bytes, otherwise: str) -> str:
    found = headers.get(name)
    return otherwise if found is None else found.decode("latin-1").split(",")[0].strip()
