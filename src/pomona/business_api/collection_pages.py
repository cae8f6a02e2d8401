"""Pages of what an organisation has few or many of, by internal number: resources, and the ids in a relationship."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from pomona.business_api import cursors
from pomona.business_api.call import Answer, Call, Listed, listed, single
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import no_resource
from pomona.business_api.fieldsets import ResourceType, filtered
from pomona.registry.errors import NotFound
from pomona.registry.numbered import Numbered
from pomona.store import Tx

T = TypeVar("T")
N = TypeVar("N", bound=Numbered)
Get = Callable[[Tx, int, str], T]
"""Reads one thing of an organisation by public id. Raises `NotFound`."""


def collection(
    call: Call,
    type: ResourceType,
    listing: Listing,
    fetch: Callable[[int, int], Sequence[N]],
    encoded: Callable[[Sequence[N]], Iterable[bytes]],
) -> Answer:
    """A page of an organisation's resources. `fetch` gives those behind a number, at most so many, in order."""
    query = call.query
    query.offers(type.parameter)
    limit, fieldset = query.limit(), type.selected(query)
    owner = call.organization_id
    after = cursors.key_of(call.runtime, query.first("cursor"), listing, owner, call.now)
    found = fetch(after or 0, limit + 1)
    body = b",".join(encoded(found[:limit]))
    cursor = None
    if len(found) > limit:
        cursor = cursors.make(call.runtime, listing, owner, found[limit - 1].id, call.now)
    return listed(call, Listed(body, limit, cursor, fieldset))


def instance(tx: Tx, call: Call, type: ResourceType, get: Get[T], encoded: Callable[[T], bytes]) -> Answer:
    """One resource by the id in the path."""
    call.query.offers(type.parameter)
    fieldset = type.selected(call.query)
    return single(call, filtered(fieldset, encoded(named(tx, call, type.name, get))))


def named(tx: Tx, call: Call, type: str, get: Get[T]) -> T:
    """What the id in the path names. Raises `ApiError` 404."""
    if not (call.id.isascii() and call.id.isprintable()):
        raise no_resource(type, call.id)
    try:
        return get(tx, call.organization_id, call.id)
    except NotFound:
        raise no_resource(type, call.id) from None


def deletion(
    call: Call, named: Callable[[Tx, Call], T], delete: Callable[..., None]
) -> Callable[[Tx], Answer]:
    """Takes away what the id in the path names. `delete` is that of its module in the registry."""
    call.query.offers()

    def work(tx: Tx) -> Answer:
        tx.lock(call.organization_id)
        delete(tx, named(tx, call), actor=call.actor, now=call.now)
        return Answer(204)

    return work


USER = """concat('{{"type":"users","id":"', a.uuid, '"}}') AS doc"""
"""A linkage to the person of the account `a`, in what `Links` selects."""


class Links(NamedTuple):
    """The ids in a relationship: `select` gives `key` and `doc` of those behind `{after}`, in order; `params` are its other
    parameters, which come first. `owner` is the number of what has the relationship."""

    listing: Listing
    owner: int
    select: str
    params: tuple[Any, ...]

    def page(self, tx: Tx, after: int | None, limit: int) -> tuple[bytes, int | None]:
        """Linkages joined by commas, and the key behind which more follow (None at the end)."""
        count = len(self.params)
        sql = f"{self.select.format(after=f'${count + 1}')} LIMIT ${count + 2}"
        page = tx.page(sql, *self.params, after or 0, limit)
        if page.size < limit or tx.row(sql, *self.params, page.high, 1) is None:
            return page.body, None
        return page.body, page.high


def linkage(tx: Tx, call: Call, links: Links, related: str) -> Answer:
    """A page of a relationship; `related` is the path of what it links."""
    query = call.query
    query.offers()
    limit = query.limit()
    after = cursors.key_of(call.runtime, query.first("cursor"), links.listing, links.owner, call.now)
    body, more = links.page(tx, after, limit)
    cursor = None
    if more is not None:
        cursor = cursors.make(call.runtime, links.listing, links.owner, more, call.now)
    return listed(call, Listed(body, limit, cursor), related=call.url(related))
