"""All device management services, and which of them takes new devices of each kind."""

from typing import Any

from pomona.catalogue.kinds import Kind
from pomona.portal import words
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.service_state import state
from pomona.portal.visit import Visit
from pomona.registry import services, tokens
from pomona.registry.services import FAMILIES, Service
from pomona.registry.tokens import Token
from pomona.store import Tx

CHOSEN = {kind: family for family, kind in FAMILIES.items() if kind is not None}
"""The default family of each kind of device, in the order that pages show them."""


def show(tx: Tx, visit: Visit) -> Answer:
    """Services in the order they were linked, and the default assignment."""
    found = services.of_organization(tx, visit.organization_id)
    newest = tokens.newest_of(tx, [service.id for service in found])
    defaults = services.defaults(tx, visit.organization_id)
    context = {
        "services": [_line(service, newest.get(service.id), defaults, visit.now) for service in found],
        "defaults": [
            {
                "kind": int(kind),
                "label": kind.label,
                "family": CHOSEN[kind],
                "chosen": defaults.get(CHOSEN[kind]),
            }
            for kind in Kind
        ],
        "targets": [
            {"id": service.id, "uuid": service.uuid, "name": service.name}
            for service in found
            if service.kind != "APPLE_CONFIGURATOR"
        ],
    }
    return Shown("service_list.html", context)


def set_defaults(tx: Tx, visit: Visit) -> Answer:
    """Chooses the service that takes new devices of each kind; what is unchanged is not written down."""
    before = services.defaults(tx, visit.organization_id)
    for family in CHOSEN.values():
        uuid = visit.form.text(family)
        service = services.by_uuid(tx, visit.organization_id, uuid) if uuid else None
        if (service.id if service else None) != before.get(family):
            services.set_default(tx, visit.organization_id, family, service, actor=visit.actor, now=visit.now)
    return Moved("/portal/services", "defaults-saved")


def default_kinds(defaults: dict[str, int], service_id: int) -> list[str]:
    """The kinds of device that a service takes on arrival."""
    return [kind.label for kind, family in CHOSEN.items() if defaults.get(family) == service_id]


def _line(service: Service, token: Token | None, defaults: dict[str, int], now: int) -> dict[str, Any]:
    look, word, _ = state(service, token, now)
    return {
        "uuid": service.uuid,
        "name": service.name,
        "kind": words.SERVICE_KINDS[service.kind],
        "look": look,
        "state": word,
        "devices": service.device_count,
        "defaults": default_kinds(defaults, service.id),
    }
