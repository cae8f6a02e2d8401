"""A request on its way through the face, and its answer."""

from typing import NamedTuple

import msgspec
from starlette.types import Scope

from pomona.business_api.fieldsets import Fieldset, filtered
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

    def extension_url(self, path: str) -> str:
        """An absolute URL of what is ours beside this API."""
        return f"{self.origin}/pomona/v1/{path}"

    @property
    def own_url(self) -> str:
        """The URL that was asked for."""
        query = self._scope["query_string"]
        target = self._scope["raw_path"] + b"?" + query if query else self._scope["raw_path"]
        return f"{self.origin}{target.decode('latin-1')}"

    def next_url(self, cursor: str, fieldset: Fieldset | None) -> str:
        """The URL of the page behind `cursor`, in the same size and with the same fields and filters."""
        path = self._scope["raw_path"].decode("latin-1")
        limit = "" if self.query.first("limit") is None else f"&limit={self.query.limit()}"
        fields, written = "", None
        if fieldset is not None:
            fields = f"&fields%5B{fieldset.type.name}%5D={fieldset.text}"
            written = fieldset.type.parameter
        return f"{self.origin}{path}?cursor={cursor}{limit}{fields}{self.query.carried(written)}"


def single(
    call: Call, resource: bytes, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Answer:
    """A document of one resource."""
    return Answer(
        status, (b'{"data":', resource, b',"links":', encode({"self": call.own_url}), b"}"), headers
    )


def created(call: Call, resource: bytes, url: str) -> Answer:
    """The document of a resource that was made, and where it is."""
    return single(call, resource, 201, ((b"location", url.encode("latin-1", "replace")),))


class Listed(NamedTuple):
    """A page: resources joined by commas, how many were asked for, and where the next one begins, if there is one."""

    resources: bytes
    limit: int
    cursor: str | None = None
    fieldset: Fieldset | None = None


def listed(call: Call, page: Listed, **links: str) -> Answer:
    """A document of a page, with nothing but what the fieldset selects."""
    paging: dict[str, object] = {"limit": page.limit}
    urls: dict[str, object] = {"self": call.own_url, **links}
    if page.cursor is not None:
        paging["nextCursor"] = page.cursor
        urls["next"] = call.next_url(page.cursor, page.fieldset)
    end = encode({"links": urls, "meta": {"paging": paging}})
    return Answer(200, (b'{"data":[', filtered(page.fieldset, page.resources), b"]," + end[1:]))


def including(answer: Answer, resources: bytes) -> Answer:
    """A document with related resources (JSON, joined by commas) beside its own."""
    *begin, end = answer.body
    return answer._replace(body=(*begin, end[:-1], b',"included":[', resources, b"]}"))
