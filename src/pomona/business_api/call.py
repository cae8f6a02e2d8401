"""A request on its way through the face, and its answer."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

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


@dataclass(slots=True)
class Call:
    """An authenticated request: `id` is the resource's in the path, `now` milliseconds by the clock of our expiries."""

    runtime: Runtime
    account: ApiAccount
    path: str
    id: str
    raw_query: bytes
    origin: str
    address: str | None
    now: int
    query: Query = field(init=False)

    def __post_init__(self) -> None:
        self.query = Query(self.raw_query)

    @property
    def organization_id(self) -> int:
        """Whose data it is about."""
        return self.account.organization_id

    @property
    def actor(self) -> Actor:
        """Who asks, and from where."""
        return self.account.actor.at(self.address)

    def url(self, path: str) -> str:
        """An absolute URL of this API."""
        return f"{self.origin}/v1/{path}"

    def url_of_request(self, **changed: str) -> str:
        """The URL that was asked for, its known parameters in one spelling and some of them changed."""
        pairs = self.query.carried() | changed
        query = f"?{urlencode(pairs, safe=',')}" if pairs else ""
        return f"{self.origin}{quote(self.path)}{query}"


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
