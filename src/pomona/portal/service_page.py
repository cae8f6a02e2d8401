"""One device management service: how it stands, its token, its profiles, and ending it."""

from typing import Any

from pomona.formats.uploaded_certificate import warnings
from pomona.portal import wording, words
from pomona.portal.answers import Answer, Download, Moved, Shown
from pomona.portal.events import event_lines
from pomona.portal.service_list import default_kinds
from pomona.portal.service_state import state
from pomona.portal.visit import Visit
from pomona.registry import audit, profiles, retirement, services, sessions, tokens
from pomona.registry.errors import Invalid
from pomona.registry.services import Service
from pomona.registry.tokens import Token
from pomona.store import Tx

_PROFILES = 10
_EVENTS = 15
_TOKENS = 5
OVERLAPS = {"": 0, "day": 86_400_000, "week": 7 * 86_400_000}
"""How long (milliseconds) an old token goes on working beside a new one."""
UNASSIGNED = "none"
"""The choice to leave a service's devices without one."""


def show(tx: Tx, visit: Visit) -> Answer:
    """Everything an administrator may want to know or do."""
    service = services.by_uuid(tx, visit.organization_id, visit.path["uuid"])
    issued = tokens.of_service(tx, service.id, limit=_TOKENS)
    look, word, advice = state(service, issued[0] if issued else None, visit.now)
    events = audit.about(tx, visit.organization_id, "SERVICE", service.uuid, limit=_EVENTS)
    context = {
        "service": service,
        "kind": words.SERVICE_KINDS[service.kind],
        "look": look,
        "state": word,
        "advice": advice,
        "defaults": default_kinds(services.defaults(tx, visit.organization_id), service.id),
        "tokens": [_token(token, visit.now) for token in issued],
        "live": any(token.state(visit.now) == "live" for token in issued),
        "certificate_warnings": warnings(service.certificate, at=wording.utc(visit.now))
        if service.certificate
        else [],
        "refusal": sessions.last_refusal(tx, service.id),
        "others": _others(tx, service),
        "profiles": profiles.of_service(tx, service.id, limit=_PROFILES),
        "events": event_lines(tx, visit, events),
    }
    return Shown("service_page.html", context)


def download_token(tx: Tx, visit: Visit) -> Answer:
    """A new server token, encrypted to the service's certificate. The one before ends, at once or after an overlap."""
    service = services.by_uuid(tx, visit.organization_id, visit.path["uuid"])
    overlap = visit.form.text("overlap")
    if overlap not in OVERLAPS:
        raise Invalid("Choose how long the old token should go on working.", field="overlap")
    issued = tokens.issue(
        tx,
        service,
        visit.runtime.keys,
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
        overlap=OVERLAPS[overlap],
    )
    return Download(issued.file_name(service), "application/pkcs7-mime", issued.file(service))


def revoke_tokens(tx: Tx, visit: Visit) -> Answer:
    """Ends every token of the service, and its sessions with them."""
    service = services.by_uuid(tx, visit.organization_id, visit.path["uuid"])
    tokens.revoke(tx, service, actor=visit.actor, now=visit.now)
    return Moved(f"/portal/services/{service.uuid}", "tokens-revoked")


def delete(tx: Tx, visit: Visit) -> Answer:
    """Unlinks a service; devices that are on it go where the form says, by an activity that ends with the unlinking."""
    service = services.by_uuid(tx, visit.organization_id, visit.path["uuid"])
    to = visit.form.text("devices_to")
    if service.device_count and not to:
        raise Invalid("Choose what becomes of the devices that are on the service.", field="devices_to")
    target = services.by_uuid(tx, visit.organization_id, to) if to not in {"", UNASSIGNED} else None
    activity = retirement.retire(tx, service, target, actor=visit.actor, now=visit.now, rng=visit.runtime.rng)
    if activity is None:
        return Moved("/portal/services", "service-deleted")
    return Moved(f"/portal/activities/{activity.uuid}")


def _token(token: Token, now: int) -> dict[str, Any]:
    held = token.state(now)
    ending = held == "live" and token.replaced_at is not None
    return {
        "look": {"live": "ok", "expired": "bad", "revoked": "bad"}.get(held, "off"),
        "state": "Ends soon" if ending else held.capitalize(),
        "issued_at": token.issued_at,
        "issued_by": token.issued_by,
        "ends_at": token.replaced_at if ending else token.expires_at,
    }


def _others(tx: Tx, service: Service) -> list[dict[str, str]]:
    """Services that could take its devices."""
    return [
        {"uuid": each.uuid, "name": each.name}
        for each in services.of_organization(tx, service.organization_id)
        if each.id != service.id and each.kind != "APPLE_CONFIGURATOR"
    ]
