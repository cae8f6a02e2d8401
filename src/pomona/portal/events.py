"""Events of the audit log as pages show them: in plain words, with what changed and a link to what it was about."""

from typing import Any

from pomona.catalogue.kinds import Kind
from pomona.portal import words
from pomona.portal.permissions import Permission
from pomona.portal.service_names import service_names
from pomona.portal.visit import Visit
from pomona.portal.wording import count, sentence, utc
from pomona.registry import services
from pomona.registry.audit import Event
from pomona.store import Tx

TYPES = {
    "ACCOUNT_CREATED": "Account made",
    "ACCOUNT_PASSWORD_SET": "New password set",
    "ACCOUNT_STATUS_CHANGED": "Account changed",
    "API_ACCOUNT_CREATED_WITHOUT_KEY": "API account made",
    "API_ACCOUNT_CREATED_WITH_KEY": "API account made with a key",
    "API_ACCOUNT_KEY_GENERATED": "Key added to an API account",
    "API_ACCOUNT_KEY_REVOKED": "Key of an API account revoked",
    "API_ACCOUNT_NAME_CHANGED": "API account renamed",
    "API_ACCOUNT_ROLE_LOCATION_CHANGED": "Permissions of an API account changed",
    "ARRIVAL_RULE_CREATED": "Arrival rule added",
    "ARRIVAL_RULE_DELETED": "Arrival rule removed",
    "ARRIVAL_RULE_MOVED": "Arrival rule moved",
    "ARRIVAL_RULE_UPDATED": "Arrival rule changed",
    "COLLECTION_CREATED": "Blueprint made",
    "COLLECTION_DELETED": "Blueprint deleted",
    "COLLECTION_UPDATED": "Blueprint changed",
    "CONFIG_SETTINGS_CREATED": "Configuration added",
    "CONFIG_SETTINGS_DELETED": "Configuration deleted",
    "CONFIG_SETTINGS_UPDATED": "Configuration changed",
    "DEVICE_ADDED_TO_ORG": "Devices added",
    "DEVICE_ASSIGNED_TO_SERVER": "Devices assigned",
    "DEVICE_FACTS_CORRECTED": "Devices put right by manufacturing records",
    "DEVICE_REMOVED_FROM_ORG": "Devices released",
    "DEVICE_UNASSIGNED_FROM_SERVER": "Devices unassigned",
    "DEVICE_WARRANTY_ADDED": "Warranty recorded",
    "DEVICE_WARRANTY_REMOVED": "Warranty removed",
    "DEVICE_COVERAGE_CHANGED": "Coverage changed",
    "SUBJECT_HAS_APPLECARE_PURCHASE_ADDED": "AppleCare plan recorded",
    "SUBJECT_HAS_APPLECARE_PURCHASE_REMOVED": "AppleCare plan removed",
    "ORGANIZATION_CREATED": "Organisation made",
    "SERVICE_CREATED": "Service linked",
    "SERVICE_DELETED": "Service unlinked",
    "SERVICE_TOKEN_ISSUED": "Server token made",
    "SERVICE_TOKEN_RENEWED": "Server token renewed",
    "SERVICE_TOKEN_REVOKED": "Server tokens revoked",
    "SERVICE_UPDATED": "Service changed",
    "DOMAIN_PROOF_EXPIRING": "Domain has to be verified soon",
    "MAIL_CHOICES_CHANGED": "Choice of mails changed",
    "ORDER_AVAILABLE": "Order is here",
    "ORDER_OVERRIDDEN": "Order corrected",
    "ORDER_PENDING": "Order waits for a link",
    "ORDER_RETURNED": "Devices returned",
    "ORDER_VOIDED": "Order withdrawn",
    "SUPPLIER_UNIT_CHANGED": "Unit of a supplier chosen",
    "WEBHOOK_DISABLED": "Webhook switched off",
    "WEBHOOK_REPLAYED": "Webhook messages sent again",
    "SIGNED_OUT_ELSEWHERE": "Signed out everywhere else",
}
"""Types whose name alone does not read well; the others are their own words."""

_NONE = ("overlap_ms", 0)
"""A change that is none: the old token ended at once."""

_PAGES = {
    "ACTIVITY": ("activities", Permission.LOOK),
    "API_USER": ("api-accounts", Permission.API_ACCOUNTS),
    "ARRIVAL_RULE": ("rules", Permission.LOOK),
    "COLLECTION": ("blueprints", Permission.MANAGE),
    "DEVICE": ("devices", Permission.LOOK),
    "DEVICE_MANAGEMENT_SETTING": ("configurations", Permission.MANAGE),
    "ENROLLMENT": ("enrolled", Permission.MANAGE),
    "SERVICE": ("services", Permission.LOOK),
    "UNIT": ("units", Permission.PEOPLE),
    "USER": ("people", Permission.PEOPLE),
    "USER_GROUP": ("groups", Permission.PEOPLE),
    "WEBHOOK": ("webhooks", Permission.WEBHOOKS),
}


def event_lines(tx: Tx, visit: Visit, found: list[Event]) -> list[dict[str, Any]]:
    """What a page shows of events: who, what, about what, and each value that changed."""
    names = {id: service.name for id, service in service_names(tx, visit.organization_id).items()}
    return [_line(visit, event, names) for event in found]


def _line(visit: Visit, event: Event, names: dict[int, str]) -> dict[str, Any]:
    return {
        "at": event.at,
        "what": TYPES.get(event.type, sentence(event.type)),
        "by": event.actor.name,
        "address": event.actor.address or "",
        "subject": _subject(event),
        "link": _link(visit, event),
        "changes": _changes(event, names),
    }


def _subject(event: Event) -> str:
    if event.subject.kind == "ACTIVITY":
        return words.activity_type(event.subject.name)
    kind = services.FAMILIES.get(event.subject.name) if event.subject.kind == "DEFAULT_ASSIGNMENT" else None
    return kind.label if isinstance(kind, Kind) else event.subject.name


def _link(visit: Visit, event: Event) -> str:
    folder, needs = _PAGES.get(event.subject.kind, ("", Permission.LOOK))
    gone = event.type.endswith("_DELETED")
    return f"/portal/{folder}/{event.subject.id}" if folder and visit.may(needs) and not gone else ""


def _changes(event: Event, names: dict[int, str]) -> list[dict[str, str]]:
    before, after = event.before, event.after
    if not isinstance(before, dict) and not isinstance(after, dict):
        if before is None and after is None:
            return []
        name = "service" if event.subject.kind == "DEFAULT_ASSIGNMENT" else ""
        return [_change(name, before, after, names)]
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    changed = [
        name for name in {**old, **new} if old.get(name) != new.get(name) and (name, new.get(name)) != _NONE
    ]
    return [_change(name, old.get(name), new.get(name), names) for name in changed]


def _change(name: str, before: Any, after: Any, names: dict[int, str]) -> dict[str, str]:
    return {
        "name": _spaced(name),
        "before": _plain(name, before, names),
        "after": _plain(name, after, names),
    }


def _spaced(name: str) -> str:
    """`newName`, `may_release` and `expires_at` as words."""
    parted = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return parted.replace("_", " ").removesuffix(" at").removesuffix(" ms").strip()


def _plain(name: str, value: Any, names: dict[int, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{_spaced(each)} {_plain(each, held, names)}" for each, held in value.items())
    if name == "service" and isinstance(value, int):
        return names.get(value, "a deleted service")
    if name.endswith("_ms") and isinstance(value, int):
        return count(value // 3_600_000, "hour")
    if name.endswith("_at") and isinstance(value, int):
        return f"{utc(value):%Y-%m-%d %H:%M} UTC"
    spoken = name in ("kind", "role", "status") or (
        isinstance(value, str) and value.isupper() and "_" in value
    )
    return sentence(str(value)) if spoken else str(value)
