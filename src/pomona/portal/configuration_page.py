"""One configuration: what it is for, its profile as a file, and how it goes."""

from pomona.formats.mobileconfig import CONTENT_TYPE
from pomona.portal.answers import Answer, Download, Moved, Shown
from pomona.portal.configuration_list import line
from pomona.portal.events import event_lines
from pomona.portal.visit import Visit
from pomona.registry import audit, blueprint_links, configuration_profiles, configurations
from pomona.registry.blueprint_links import Relation
from pomona.store import Tx

_EVENTS = 20


def show(tx: Tx, visit: Visit) -> Answer:
    """The configuration and what was done to it."""
    found = configurations.get(tx, visit.organization_id, visit.path["uuid"])
    content = configuration_profiles.content_of(configurations.profile_text(tx, found))
    events = audit.about(tx, visit.organization_id, found.subject.kind, found.uuid, limit=_EVENTS)
    context = {
        "configuration": line(found),
        "size": len(content),
        "used_by": blueprint_links.user_of(tx, Relation.CONFIGURATIONS, found.id),
        "events": event_lines(tx, visit, events),
    }
    return Shown("configuration_page.html", context)


def profile(tx: Tx, visit: Visit) -> Answer:
    """The profile's file, byte for byte."""
    found = configurations.get(tx, visit.organization_id, visit.path["uuid"])
    content = configuration_profiles.content_of(configurations.profile_text(tx, found))
    return Download(found.filename, CONTENT_TYPE, content)


def save(tx: Tx, visit: Visit) -> Answer:
    """Gives it another name, and another profile if one was chosen; the platforms are found from that anew."""
    found = configurations.get(tx, visit.organization_id, visit.path["uuid"])
    file = visit.form.file("profile")
    read = None
    if file is not None and file.body:
        read = configuration_profiles.read(configuration_profiles.text_of(file.body))
    configurations.update(
        tx,
        found,
        name=visit.form.text("name"),
        profile=read,
        platforms=None if read is None else read.platforms,
        actor=visit.actor,
        now=visit.now,
    )
    return Moved(f"/portal/configurations/{found.uuid}", "configuration-saved")


def delete(tx: Tx, visit: Visit) -> Answer:
    """Takes it away; refused while a blueprint has it."""
    tx.lock(visit.organization_id)
    found = configurations.get(tx, visit.organization_id, visit.path["uuid"])
    configurations.delete(tx, found, actor=visit.actor, now=visit.now)
    return Moved("/portal/configurations", "configuration-deleted")
