"""Units, groups, apps, packages and configurations for tests of every room. Each call commits."""

from pomona.registry import (
    apps,
    configuration_profiles,
    configurations,
    organizational_units,
    packages,
    people,
    user_groups,
)
from pomona.registry.apps import App
from pomona.registry.configurations import Configuration
from pomona.registry.organizational_units import Unit
from pomona.registry.packages import Package
from pomona.registry.people import Person
from pomona.registry.smart_groups import Rule
from pomona.registry.user_groups import Group
from tests.support.profiles import profile
from tests.support.worlds import ADMIN, World


def employ(world: World, name: str, role: str = "STAFF", *, managed: bool = True) -> Person:
    """Adds somebody to the organisation's reserved domain."""
    return world.store.write_sync(
        lambda tx: people.add(
            tx, world.id, f"{name}@{world.organization.slug}.pomona.test", first_name=name.title(), last_name="Doe",
            role=role, password_hash=None, managed=managed, actor=ADMIN, now=world.now, rng=world.rng,
        )
    )  # fmt: skip


def unit(world: World, name: str, *members: Person, role: str = "STAFF") -> Unit:
    """Makes a unit and puts people into it."""
    made = world.store.write_sync(
        lambda tx: organizational_units.create(
            tx, world.id, name, description=f"About {name}", actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    for person in members:
        join_unit(world, made, person, role)
    return made


def join_unit(world: World, unit: Unit, person: Person, role: str = "STAFF") -> None:
    """Puts somebody into a unit."""
    world.store.write_sync(
        lambda tx: organizational_units.set_member(tx, unit, person, role, actor=ADMIN, now=world.now)
    )


def leave_unit(world: World, unit: Unit, person: Person) -> None:
    """Takes somebody out of a unit."""
    world.store.write_sync(
        lambda tx: organizational_units.remove_member(tx, unit, person, actor=ADMIN, now=world.now)
    )


def group(
    world: World, name: str, *members: Person, rule: Rule | None = None, unit: Unit | None = None
) -> Group:
    """Makes a group and puts people into it."""
    made = world.store.write_sync(
        lambda tx: user_groups.create(
            tx, world.id, name, unit=unit, rule=rule, actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    for person in members:
        join(world, made, person)
    return world.store.read_sync(lambda tx: user_groups.get(tx, world.id, made.uuid))


def join(world: World, group: Group, person: Person) -> None:
    """Puts somebody into a group."""
    world.store.write_sync(lambda tx: user_groups.add_member(tx, group, person, actor=ADMIN, now=world.now))


def app(world: World, adam_id: str = "361309726", name: str = "Pages") -> App:
    """Adds an app."""
    about = apps.About(
        name=name, bundle_id="com.apple.iWork.Pages", version="14.1", website_url="https://example.com",
        store_url=f"https://apps.apple.com/app/id{adam_id}", systems=("IOS", "MACOS"),
    )  # fmt: skip
    return world.store.write_sync(
        lambda tx: apps.add(tx, world.id, adam_id, about, actor=ADMIN, now=world.now)
    )


def package(world: World, name: str = "Agent") -> Package:
    """Adds a package."""
    about = packages.About(
        name=name, url="https://example.com/agent.pkg", hash="ab" * 32, bundle_ids=("com.example.agent",),
        version="1.2", description="Watches",
    )  # fmt: skip
    return world.store.write_sync(
        lambda tx: packages.add(tx, world.id, about, actor=ADMIN, now=world.now, rng=world.rng)
    )


def configuration(world: World, name: str = "Guest Wi-Fi", *types: str) -> Configuration:
    """Adds a configuration."""
    read = configuration_profiles.read(profile(*types))
    return world.store.write_sync(
        lambda tx: configurations.create(tx, world.id, name, read, actor=ADMIN, now=world.now, rng=world.rng)
    )
