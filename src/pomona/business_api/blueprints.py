"""`blueprints`: what is for whom."""

from collections.abc import Callable

import msgspec

from pomona.business_api import blueprint_bodies, blueprint_inclusions, collection_pages
from pomona.business_api.blueprint_bodies import NAMES
from pomona.business_api.blueprint_inclusions import Inclusion
from pomona.business_api.blueprint_relationships import named
from pomona.business_api.call import Answer, Call, created, encode, single
from pomona.business_api.cursors import Listing
from pomona.business_api.fieldsets import ResourceType, filtered
from pomona.formats.times import iso_millis
from pomona.registry import blueprints
from pomona.registry.blueprint_links import Relation
from pomona.registry.blueprints import Blueprint
from pomona.store import Tx

BLUEPRINTS = ResourceType(
    "blueprints",
    ("name", "description", "status", "appLicenseDeficient", "createdDateTime", "updatedDateTime"),
    tuple(NAMES.values()),
)


def listing(tx: Tx, call: Call) -> Answer:
    """Blueprints in the order they were made."""
    return collection_pages.collection(
        call,
        BLUEPRINTS,
        Listing.BLUEPRINTS,
        lambda after, limit: blueprints.of_organization(tx, call.organization_id, after=after, limit=limit),
        lambda found: [resource(call, blueprint) for blueprint in found],
    )


def one(tx: Tx, call: Call) -> Answer:
    """One blueprint, with what it links where that is asked for."""
    query = call.query
    query.offers(BLUEPRINTS.parameter, *blueprint_inclusions.PARAMETERS)
    fieldset, wanted = BLUEPRINTS.selected(query), blueprint_inclusions.wanted(query)
    blueprint = named(tx, call)
    found = {
        relation: blueprint_inclusions.inclusion(tx, call, blueprint, relation, limit)
        for relation, limit in wanted.items()
    }
    answer = single(call, filtered(fieldset, resource(call, blueprint, found)))
    if not found:
        return answer
    included = b",".join([each.resources for each in found.values() if each.resources])
    *document, _ = answer.body
    return Answer(200, (*document, b',"included":[', included, b"]}"))


def create(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Makes a blueprint."""
    call.query.offers()
    wanted = blueprint_bodies.creation(body)

    def work(tx: Tx) -> Answer:
        made = blueprints.create(
            tx,
            call.organization_id,
            wanted.name,
            description=wanted.description,
            links=wanted.links,
            actor=call.actor,
            now=call.now,
            rng=call.runtime.rng,
        )
        return created(call, resource(call, made), call.url(f"blueprints/{made.uuid}"))

    return work


def update(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Changes what is sent and leaves the rest; a relationship that is sent is replaced."""
    call.query.offers()
    changes = blueprint_bodies.changes(body, call.id)

    def work(tx: Tx) -> Answer:
        tx.lock(call.organization_id)
        changed = blueprints.update(
            tx,
            named(tx, call),
            name=changes.name,
            description=changes.description,
            links=changes.links,
            actor=call.actor,
            now=call.now,
        )
        return single(call, resource(call, changed))

    return work


def delete(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Takes a blueprint away; what it linked stays."""
    return collection_pages.deletion(call, named, blueprints.delete)


def resource(call: Call, blueprint: Blueprint, inclusions: dict[Relation, Inclusion] | None = None) -> bytes:
    """A blueprint as the API shows it; a relationship has data only where it is included."""
    url = call.url(f"blueprints/{blueprint.uuid}")
    return encode({
        "type": "blueprints",
        "id": blueprint.uuid,
        "attributes": {
            "name": blueprint.name,
            "description": blueprint.description,
            "status": "ACTIVE",
            "appLicenseDeficient": False,
            "createdDateTime": iso_millis(blueprint.created_at),
            "updatedDateTime": iso_millis(blueprint.updated_at),
        },
        "relationships": {
            name: _relationship(url, name, (inclusions or {}).get(relation)) for relation, name in NAMES.items()
        },
        "links": {"self": url},
    })  # fmt: skip


def _relationship(url: str, name: str, inclusion: Inclusion | None) -> dict[str, object]:
    shown: dict[str, object] = {
        "links": {"self": f"{url}/relationships/{name}", "include": f"{url}?include={name}"}
    }
    if inclusion is not None:
        paging: dict[str, object] = {"limit": inclusion.limit}
        if inclusion.cursor is not None:
            paging["nextCursor"] = inclusion.cursor
        shown["data"] = msgspec.Raw(b"[" + inclusion.linkages + b"]")
        shown["meta"] = {"paging": paging}
    return shown
