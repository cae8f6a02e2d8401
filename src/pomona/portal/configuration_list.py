"""Configurations: the profiles that blueprints hold, and the form that adds one."""

from pathlib import PurePath
from typing import Any

from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.paging import page_of
from pomona.portal.visit import Visit
from pomona.registry import configuration_profiles, configurations
from pomona.registry.configurations import SUFFIX, Configuration
from pomona.registry.errors import Invalid
from pomona.store import Tx

PLATFORMS = {
    configuration_profiles.MACOS: "macOS",
    configuration_profiles.IOS: "iOS and iPadOS",
    configuration_profiles.TVOS: "tvOS",
    configuration_profiles.VISIONOS: "visionOS",
}


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of configurations in the order they were made; `?after=` is the number of the last one seen."""
    page = page_of(
        visit.query,
        lambda after, limit: configurations.of_organization(
            tx, visit.organization_id, after=after, limit=limit
        ),
    )
    context = {
        "configurations": [line(configuration) for configuration in page.rows],
        **page.links,
    }
    return Shown("configuration_list.html", context)


def line(configuration: Configuration) -> dict[str, Any]:
    """What a list shows of a configuration."""
    return {
        "uuid": configuration.uuid,
        "name": configuration.name,
        "file": configuration.filename,
        "platforms": ", ".join(PLATFORMS[platform] for platform in configuration.platforms),
        "version": configuration.version,
        "created": configuration.created_at,
        "updated": configuration.updated_at,
    }


def form(tx: Tx, visit: Visit) -> Answer:
    """The form for a new configuration."""
    return Shown("configuration_add.html")


def add(tx: Tx, visit: Visit) -> Answer:
    """Keeps the profile that was chosen."""
    file = visit.form.file("profile")
    if file is None or not file.body:
        raise Invalid("Choose the profile, a .mobileconfig file.", field="profile")
    profile = configuration_profiles.read(configuration_profiles.text_of(file.body))
    made = configurations.create(
        tx,
        visit.organization_id,
        visit.form.text("name") or PurePath(file.name).stem,
        profile,
        filename=file.name if file.name.endswith(SUFFIX) else None,
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    return Moved(f"/portal/configurations/{made.uuid}", "configuration-added")
