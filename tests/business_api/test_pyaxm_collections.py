"""pyaxm from PyPI, unmodified: what it reads of units, configurations and blueprints (it cannot write them)."""

import warnings

from pomona.registry import blueprints, configurations
from pomona.registry.blueprint_links import Relation
from pomona.store import Tx
from tests.business_api.pyaxm_site import pyaxm_client, world
from tests.support.collections import app, configuration, employ, unit
from tests.support.worlds import ADMIN, World

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pyaxm.client import Client

__all__ = ["pyaxm_client", "world"]

ALWAYS = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"


def test_people_of_units(world: World, pyaxm_client: Client) -> None:
    ann = employ(world, "ann", "PEOPLE_MANAGER")
    sales = unit(world, "Sales", ann, role="CONTENT_MANAGER")
    [user] = pyaxm_client.list_users()
    assert [(each.roleName, each.ouId) for each in user.attributes.roleOuList] == [
        ("PEOPLE_MANAGER", world.organization.number),
        ("CONTENT_MANAGER", sales.uuid),
    ]
    assert pyaxm_client.get_user(ann.uuid).attributes.roleOuList == user.attributes.roleOuList


def test_events_of_configurations_and_blueprints(world: World, pyaxm_client: Client) -> None:
    ann, pages, kept = employ(world, "ann"), app(world), configuration(world)
    links = {Relation.APPS: [pages.adam_id], Relation.USERS: [ann.uuid]}

    def work(tx: Tx) -> str:
        made = blueprints.create(
            tx, world.id, "Sales iPads", description="For sales", links=links, actor=ADMIN, now=world.now,
            rng=world.rng,
        )  # fmt: skip
        changed = blueprints.update(tx, made, name="Trade", actor=ADMIN, now=world.now)
        blueprints.delete(tx, changed, actor=ADMIN, now=world.now)
        renamed = configurations.update(tx, kept, name="Wi-Fi", actor=ADMIN, now=world.now)
        configurations.delete(tx, renamed, actor=ADMIN, now=world.now)
        return made.uuid

    id = world.store.write_sync(work)
    told = {event.attributes.type: event.attributes for event in pyaxm_client.get_audit_events(*ALWAYS)}
    for what, name in (("CREATED", "Sales iPads"), ("UPDATED", "Trade"), ("DELETED", "Trade")):
        event = told[f"COLLECTION_{what}"]
        data = getattr(event, event.eventDataPropertyKey)
        assert (event.subjectType, event.subjectId) == ("COLLECTION", id)
        assert (data.name, data.description) == (name, "For sales")
    for what, version in (("CREATED", "1"), ("UPDATED", "2"), ("DELETED", "2")):
        event = told[f"CONFIG_SETTINGS_{what}"]
        data = getattr(event, event.eventDataPropertyKey)
        assert (event.subjectType, event.subjectId) == ("DEVICE_MANAGEMENT_SETTING", kept.uuid)
        assert (data.configType, data.configId, data.configVersion) == ("CUSTOM_SETTING", kept.uuid, version)
