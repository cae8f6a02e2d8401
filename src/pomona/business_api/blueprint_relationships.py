"""The six relationships of a blueprint: their ids page by page, adding to them, taking out of them."""

from collections.abc import Callable

from pomona.business_api import blueprint_bodies, collection_pages
from pomona.business_api.blueprint_bodies import NAMES
from pomona.business_api.call import Answer, Call
from pomona.business_api.collection_pages import Links
from pomona.business_api.cursors import Listing
from pomona.registry import blueprints
from pomona.registry.blueprint_links import Relation
from pomona.registry.blueprints import Blueprint
from pomona.store import Tx

_TABLES = {
    Relation.APPS: ("app", "adam_id", Listing.APPS_OF_BLUEPRINT),
    Relation.CONFIGURATIONS: ("configuration", "uuid", Listing.CONFIGURATIONS_OF_BLUEPRINT),
    Relation.PACKAGES: ("package", "uuid", Listing.PACKAGES_OF_BLUEPRINT),
    Relation.ORG_DEVICES: ("device", "serial", Listing.DEVICES_OF_BLUEPRINT),
    Relation.USERS: ("account", "uuid", Listing.USERS_OF_BLUEPRINT),
    Relation.USER_GROUPS: ("user_group", "uuid", Listing.GROUPS_OF_BLUEPRINT),
}
"""Where the targets are, their public id, and the name of the list."""


def linkage(relation: Relation) -> Callable[[Tx, Call], Answer]:
    """What answers a GET: the ids in the relationship, in the order in which their things came."""

    def answer(tx: Tx, call: Call) -> Answer:
        blueprint = named(tx, call)
        related = f"blueprints/{blueprint.uuid}/{NAMES[relation]}"
        return collection_pages.linkage(tx, call, links(blueprint, relation), related)

    return answer


def add(relation: Relation) -> Callable[[Call, bytes], Callable[[Tx], Answer]]:
    """What answers a POST: adds what is not there yet."""
    return _changing(relation, blueprints.link)


def remove(relation: Relation) -> Callable[[Call, bytes], Callable[[Tx], Answer]]:
    """What answers a DELETE: takes out what is there."""
    return _changing(relation, blueprints.unlink)


def links(blueprint: Blueprint, relation: Relation) -> Links:
    """The ids in a relationship."""
    table, public, listing = _TABLES[relation]
    select = (
        f"""SELECT l.target_id AS key, concat('{{{{"type":"{NAMES[relation]}","id":"', t.{public}, '"}}}}') AS doc"""
        f" FROM blueprint_link l JOIN {table} t ON t.id = l.target_id"
        " WHERE l.blueprint_id = $1 AND l.relation = $2 AND l.target_id > {after} ORDER BY l.target_id"
    )
    return Links(listing, blueprint.id, select, (blueprint.id, int(relation)))


def named(tx: Tx, call: Call) -> Blueprint:
    """The blueprint in the path. Raises `ApiError` 404."""
    return collection_pages.named(tx, call, "blueprints", blueprints.get)


def _changing(
    relation: Relation, verb: Callable[..., int]
) -> Callable[[Call, bytes], Callable[[Tx], Answer]]:
    def prepare(call: Call, body: bytes) -> Callable[[Tx], Answer]:
        call.query.offers()
        ids = blueprint_bodies.linkages(body, relation)

        def work(tx: Tx) -> Answer:
            tx.lock(call.organization_id)
            verb(tx, named(tx, call), relation, ids, actor=call.actor, now=call.now)
            return Answer(204)

        return work

    return prepare
