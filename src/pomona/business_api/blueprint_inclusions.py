"""`include` on one blueprint: what it links, whole, beside it."""

from collections.abc import Sequence
from typing import NamedTuple

from pomona.business_api import (
    apps,
    blueprint_relationships,
    configurations,
    cursors,
    device_pages,
    packages,
    user_groups,
    users,
)
from pomona.business_api.blueprint_bodies import NAMES
from pomona.business_api.call import Call
from pomona.business_api.errors import bad_parameter
from pomona.business_api.query import Query
from pomona.registry import apps as kept_apps
from pomona.registry import blueprint_links, people
from pomona.registry import configurations as kept_configurations
from pomona.registry import packages as kept_packages
from pomona.registry import user_groups as kept_groups
from pomona.registry.blueprint_links import Relation
from pomona.registry.blueprints import Blueprint
from pomona.store import Tx

PARAMETERS = ("include", *(f"limit[{name}]" for name in NAMES.values()))
"""What a request may say about inclusions."""

_RELATIONS = {name: relation for relation, name in NAMES.items()}


class Inclusion(NamedTuple):
    """Linkages of a relationship and what they link, each joined by commas; how many were asked for, and a cursor of the
    relationship's own list where it goes on behind them."""

    linkages: bytes
    resources: bytes
    limit: int
    cursor: str | None


def wanted(query: Query) -> dict[Relation, int]:
    """How many of which relationships to include at most. Raises `ApiError` 400."""
    text = query.first("include")
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    for name in names:
        if name not in _RELATIONS:
            raise bad_parameter(
                "include", f"'{name[:60]}' is no relationship; expected some of {', '.join(_RELATIONS)}."
            )
    limits = {name: query.limit(f"limit[{name}]") for name in _RELATIONS}
    return {_RELATIONS[name]: limits[name] for name in _RELATIONS if name in names}


def inclusion(tx: Tx, call: Call, blueprint: Blueprint, relation: Relation, limit: int) -> Inclusion:
    """The first of what a relationship links."""
    links = blueprint_relationships.links(blueprint, relation)
    body, more = links.page(tx, None, limit)
    cursor = None
    if more is not None:
        cursor = cursors.make(call.runtime, links.listing, links.owner, more, call.now)
    ids = blueprint_links.targets(tx, blueprint.id, relation, limit=limit)
    return Inclusion(body, _resources(tx, call, relation, ids), limit, cursor)


def _resources(tx: Tx, call: Call, relation: Relation, ids: Sequence[int]) -> bytes:
    match relation:
        case Relation.APPS:
            found = [apps.resource(call, app) for app in kept_apps.by_ids(tx, ids)]
        case Relation.CONFIGURATIONS:
            found = [configurations.resource(call, each) for each in kept_configurations.by_ids(tx, ids)]
        case Relation.PACKAGES:
            found = [packages.resource(call, package) for package in kept_packages.by_ids(tx, ids)]
        case Relation.ORG_DEVICES:
            return device_pages.numbered(tx, call.origin, ids)
        case Relation.USERS:
            found = users.resources(tx, call, people.by_ids(tx, ids))
        case Relation.USER_GROUPS:
            found = [user_groups.resource(call, group) for group in kept_groups.by_ids(tx, ids)]
    return b",".join(found)
