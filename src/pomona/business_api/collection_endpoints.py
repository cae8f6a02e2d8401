"""Paths of what is prepared for people and managed devices: groups, units, apps, packages, configurations, blueprints."""

from pomona.business_api import (
    apps,
    blueprint_relationships,
    blueprints,
    configuration_bodies,
    configurations,
    organizational_units,
    packages,
    user_groups,
)
from pomona.business_api.blueprint_bodies import NAMES
from pomona.business_api.operations import Endpoint, Read, Write

COLLECTIONS: dict[str, Endpoint] = {
    "userGroups": Endpoint("collection", "userGroups", {"GET": Read(user_groups.listing)}, school=False),
    "userGroups/*": Endpoint("instance", "userGroups", {"GET": Read(user_groups.one)}, school=False),
    "userGroups/*/relationships/users": Endpoint(
        "relationship", "users", {"GET": Read(user_groups.users_linkage)}, school=False
    ),
    "userGroups/*/users": Endpoint("related", "users", {}, school=False),
    "organizationalUnits": Endpoint(
        "collection", "organizationalUnits", {"GET": Read(organizational_units.listing)}, school=False
    ),
    "organizationalUnits/*": Endpoint(
        "instance", "organizationalUnits", {"GET": Read(organizational_units.one)}, school=False
    ),
    "organizationalUnits/*/relationships/users": Endpoint(
        "relationship", "users", {"GET": Read(organizational_units.users_linkage)}, school=False
    ),
    "organizationalUnits/*/users": Endpoint("related", "users", {}, school=False),
    "apps": Endpoint("collection", "apps", {"GET": Read(apps.listing)}, school=False, managed=True),
    "apps/*": Endpoint("instance", "apps", {"GET": Read(apps.one)}, school=False, managed=True),
    "packages": Endpoint(
        "collection", "packages", {"GET": Read(packages.listing)}, school=False, managed=True
    ),
    "packages/*": Endpoint("instance", "packages", {"GET": Read(packages.one)}, school=False, managed=True),
    "configurations": Endpoint(
        "collection",
        "configurations",
        {
            "GET": Read(configurations.listing),
            "POST": Write(configurations.create, "blueprints", most=configuration_bodies.BODY),
        },
        school=False,
        managed=True,
    ),
    "configurations/*": Endpoint(
        "instance",
        "configurations",
        {
            "GET": Read(configurations.one),
            "PATCH": Write(configurations.update, "blueprints", most=configuration_bodies.BODY),
            "DELETE": Write(configurations.delete, "blueprints"),
        },
        school=False,
        managed=True,
    ),
    "blueprints": Endpoint(
        "collection",
        "blueprints",
        {"GET": Read(blueprints.listing), "POST": Write(blueprints.create, "blueprints", large=True)},
        school=False,
        managed=True,
    ),
    "blueprints/*": Endpoint(
        "instance",
        "blueprints",
        {
            "GET": Read(blueprints.one),
            "PATCH": Write(blueprints.update, "blueprints", large=True),
            "DELETE": Write(blueprints.delete, "blueprints"),
        },
        school=False,
        managed=True,
    ),
    **{
        f"blueprints/*/relationships/{name}": Endpoint(
            "relationship",
            name,
            {
                "GET": Read(blueprint_relationships.linkage(relation)),
                "POST": Write(blueprint_relationships.add(relation), "blueprints", large=True),
                "DELETE": Write(blueprint_relationships.remove(relation), "blueprints", large=True),
            },
            school=False,
            managed=True,
        )
        for relation, name in NAMES.items()
    },
    **{
        f"blueprints/*/{name}": Endpoint("related", name, {}, school=False, managed=True)
        for name in NAMES.values()
    },
}
"""Rows below `/v1/`; a star is an id."""
