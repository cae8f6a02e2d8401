"""A request on its way through the face, and its answer."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from starlette.types import Scope

from pomona.business_api.query import Query
from pomona.registry.actors import Actor
from pomona.registry.api_accounts import ApiAccount
from pomona.runtime import Runtime

JSON = b"application/json"
encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """What is sent: the body in pieces, so that a large page is never copied to be put between its brackets."""

    status: int
    body: tuple[bytes, ...] = ()
    headers: tuple[tuple[bytes, bytes], ...] = ()
    media_type: bytes = JSON


class Call:
    """An authenticated request: `id` is the resource's in the path, `now` milliseconds by the clock of our expiries."""

    __slots__ = ("_scope", "account", "id", "now", "origin", "query", "runtime")

    def __init__(self, runtime: Runtime, account: ApiAccount, scope: Scope, id: str, now: int) -> None:
        """Raises `ApiError` 400 for a query string that cannot be taken apart."""
        self.runtime = runtime
        self.account = account
        self.id = id
        self.now = now
        self.origin = runtime.origins.of(scope)
        self.query = Query.of(scope["query_string"])
        self._scope = scope

    @property
    def organization_id(self) -> int:
        """Whose data it is about."""
        return self.account.organization_id

    @property
    def actor(self) -> Actor:
        """Who asks, and from where."""
        return self.account.actor.at(self.runtime.origins.client_address(self._scope))

    def url(self, path: str) -> str:
        """An absolute URL of this API."""
        return f"{self.origin}/v1/{path}"

    def url_of_request(self, **changed: str) -> str:
        """The URL that was asked for, its known parameters in one spelling and some of them changed."""
        path = self._scope["raw_path"].decode("latin-1")
        pairs = changed if self.query.empty else self.query.carried() | changed
        return f"{self.origin}{path}?{urlencode(pairs, safe=',')}" if pairs else f"{self.origin}{path}"


def single(
    call: Call, resource: bytes, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Answer:
    """A document of one resource."""
    return Answer(
        status, (b'{"data":', resource, b',"links":', encode({"self": call.url_of_request()}), b"}"), headers
    )


def listed(call: Call, resources: bytes, limit: int, cursor: str | None, **links: Any) -> Answer:
    """A document of a page of resources (joined by commas); `cursor` is where the next one begins, if there is one."""
    paging: dict[str, object] = {"limit": limit}
    urls: dict[str, object] = {"self": call.url_of_request(), **links}
    if cursor is not None:
        paging["nextCursor"] = cursor
        urls["next"] = call.url_of_request(cursor=cursor)
    end = encode({"links": urls, "meta": {"paging": paging}})
    return Answer(200, (b'{"data":[', resources, b"]," + end[1:]))
