"""A blueprint and what it can hold, for tests that open every page."""

from pomona.registry import blueprints
from pomona.registry.blueprint_links import Relation
from pomona.registry.smart_groups import Rule
from tests.support.collections import app, configuration, employ, group, package, unit
from tests.support.worlds import ADMIN, World


def collected(world: World, devices: list[str]) -> dict[str, str]:
    """Makes one of everything; gives the ids of what has a page, by the folder of the page."""
    ann, ben = employ(world, "ann"), employ(world, "ben", "PEOPLE_MANAGER")
    sales = unit(world, "Sales", ann)
    managers = group(world, "Managers", rule=Rule(roles=("PEOPLE_MANAGER",), unit=sales.uuid))
    staff, kept = group(world, "Staff", ann, ben), configuration(world)
    links = {
        Relation.APPS: [app(world).adam_id],
        Relation.CONFIGURATIONS: [kept.uuid],
        Relation.PACKAGES: [package(world).uuid],
        Relation.ORG_DEVICES: devices,
        Relation.USERS: [ann.uuid],
        Relation.USER_GROUPS: [staff.uuid, managers.uuid],
    }
    made = world.store.write_sync(
        lambda tx: blueprints.create(
            tx, world.id, "Sales iPads", description="For sales", links=links, actor=ADMIN, now=world.now,
            rng=world.rng,
        )
    )  # fmt: skip
    return {
        "blueprints": made.uuid,
        "configurations": kept.uuid,
        "groups": staff.uuid,
        "units": sales.uuid,
    }
