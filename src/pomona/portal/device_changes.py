"""Changing devices in bulk: name them, see what would happen, confirm, follow the activity."""

from dataclasses import dataclass
from typing import Any

from pomona.formats.times import parse_iso
from pomona.portal import serial_lists, words
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.permissions import Permission
from pomona.portal.service_names import ServiceName, service_names
from pomona.portal.visit import Visit
from pomona.registry import activities, previews, releases, services
from pomona.registry.activity_steps import NEED_DEADLINE, NEED_SERVICE
from pomona.registry.errors import Invalid, LimitExceeded, RegistryError
from pomona.registry.previews import Share
from pomona.registry.services import Service
from pomona.store import Tx

_CONFIGURATOR = "APPLE_CONFIGURATOR"


@dataclass(frozen=True, slots=True)
class Change:
    """One of them: its address below `/portal/devices/`, the activity it makes, its words, who may do it."""

    path: str
    type: str
    verb: str
    explained: str
    needs: Permission

    @property
    def to_service(self) -> bool:
        """Whether it is about a service that the devices go to."""
        return self.type in NEED_SERVICE

    @property
    def by_deadline(self) -> bool:
        """Whether it sets a deadline."""
        return self.type in NEED_DEADLINE

    def form(self, tx: Tx, visit: Visit) -> Answer:
        """Where devices are named, by pasting or uploading."""
        typed = visit.form.text("serials") or "\n".join(visit.form.texts("serial"))
        context = {
            "change": self,
            "services": _targets(tx, visit),
            "chosen": visit.form.text("service") or visit.query.get("service", ""),
            "serials": typed or visit.query.get("serials", "").replace(",", "\n"),
            "deadline": visit.form.text("deadline"),
            "grace": releases.grace(tx, visit.organization_id),
        }
        return Shown("device_change.html", context)

    def preview(self, tx: Tx, visit: Visit) -> Answer:
        """What would happen to each of them, by kind and present service."""
        named = serial_lists.read(tx, visit.organization_id, visit.form)
        _check_size(visit, named.serials)
        service = self._service(tx, visit)
        deadline = self._deadline(visit)
        seen = previews.preview(
            tx,
            visit.organization_id,
            self.type,
            named.serials,
            service_id=service.id if service else None,
            deadline=deadline,
            now=visit.now,
        )
        names = service_names(tx, visit.organization_id)
        context = {
            "change": self,
            "service": service,
            "named": named,
            "serials": "\n".join(named.serials),
            "preview": seen,
            "unchanged": seen.count(succeeding=True) - seen.changing,
            "refused": seen.count(succeeding=False),
            "shares": [share_line(share, self.type, names) for share in seen.shares],
            "deadline": deadline,
            "typed_deadline": visit.form.text("deadline"),
            "grace": releases.grace(tx, visit.organization_id),
            "failing": [
                {"serial": serial, "why": words.result(result, self.type)} for serial, result in seen.failing
            ],
        }
        return Shown("device_change_preview.html", context)

    def again(self, tx: Tx, visit: Visit) -> Answer:
        """The preview anew, when the confirmation was refused; the form, when there is nothing to preview."""
        try:
            return self.preview(tx, visit)
        except RegistryError:
            return self.form(tx, visit)

    def confirm(self, tx: Tx, visit: Visit) -> Answer:
        """Makes the activity. Releasing wants the number of devices typed and a box ticked."""
        named = serial_lists.read(tx, visit.organization_id, visit.form)
        service = self._service(tx, visit)
        if self.type == "RELEASE_DEVICES":
            self._check_release(tx, visit, named.serials)
        activity = activities.create(
            tx,
            visit.organization_id,
            self.type,
            named.serials,
            service_id=service.id if service else None,
            deadline=self._deadline(visit),
            actor=visit.actor,
            now=visit.now,
            rng=visit.runtime.rng,
            limit=visit.runtime.settings.activity_limit,
        )
        return Moved(f"/portal/activities/{activity.uuid}")

    def _service(self, tx: Tx, visit: Visit) -> Service | None:
        if not self.to_service:
            return None
        uuid = visit.form.text("service")
        if not uuid:
            raise Invalid("Choose the service that the devices should go to.", field="service")
        service = services.by_uuid(tx, visit.organization_id, uuid)
        if service.kind == _CONFIGURATOR:
            raise Invalid(
                f"'{service.name}' is a placeholder; choose a service that manages devices.", field="service"
            )
        return service

    def _deadline(self, visit: Visit) -> int | None:
        if not self.by_deadline:
            return None
        try:
            return parse_iso(f"{visit.form.text('deadline')}:00Z")
        except ValueError:
            raise Invalid("Say until when the devices must have gone over (UTC).", field="deadline") from None

    def _check_release(self, tx: Tx, visit: Visit, serials: list[str]) -> None:
        changing = previews.preview(tx, visit.organization_id, self.type, serials, failing=0).changing
        if visit.form.text("number").replace(",", "") != str(changing):
            raise Invalid(f"Type {changing}, the number of devices to be released.", field="number")
        if not visit.form.ticked("understood"):
            raise Invalid("Tick that you understand that this cannot be undone.", field="understood")


def share_line(share: Share, type: str, names: dict[int, ServiceName]) -> dict[str, Any]:
    """What a preview of an activity of a type shows of a share."""
    before = names.get(share.service_id or 0)
    return {
        "kind": None if share.kind is None else int(share.kind),
        "label": "Unknown" if share.kind is None else share.kind.label,
        "before": before.name if before else "",
        "look": words.result_look(share.result),
        "what": words.result(share.result, type),
        "count": share.count,
    }


def set_grace(tx: Tx, visit: Visit) -> Answer:
    """For how many hours releases are put off from now on."""
    text = visit.form.text("hours").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid(f"A release can be put off for 0 to {releases.LONGEST} hours.", field="hours")
    releases.set_grace(tx, visit.organization_id, int(text), actor=visit.actor, now=visit.now)
    return Moved("/portal/devices/release", "grace-saved")


def _targets(tx: Tx, visit: Visit) -> list[dict[str, str]]:
    found = services.of_organization(tx, visit.organization_id)
    return [
        {"uuid": service.uuid, "name": service.name} for service in found if service.kind != _CONFIGURATOR
    ]


def _check_size(visit: Visit, serials: list[str]) -> None:
    limit = visit.runtime.settings.activity_limit
    if len(serials) > limit:
        raise LimitExceeded(f"{len(serials):,} devices are too many at once; the limit is {limit:,}.")


ASSIGN = Change(
    "assign",
    "ASSIGN_DEVICES",
    "Assign",
    "The service is told, and each device gets its profile when it is next set up. Devices in use go on as they are until"
    " they are erased.",
    Permission.ASSIGN,
)
UNASSIGN = Change(
    "unassign",
    "UNASSIGN_DEVICES",
    "Unassign",
    "Their services are told that the devices are gone. Devices in use go on as they are until they are erased.",
    Permission.ASSIGN,
)
RELEASE = Change(
    "release",
    "RELEASE_DEVICES",
    "Release",
    "The devices leave the organisation for good: when they were sold, lost or are beyond repair. Never release a device"
    " that is in repair, or its replacement is lost to you.",
    Permission.RELEASE,
)
KEEP = Change(
    "keep",
    "KEEP_DEVICES",
    "Keep",
    "Takes back the release of devices whose time is not over yet. They stay on the service they are on.",
    Permission.RELEASE,
)
MIGRATE = Change(
    "migrate",
    "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE",
    "Migrate",
    "The devices go over to another service without being erased, at the latest when the deadline passes. For iPhone, iPad and"
    " Mac that fetched their profile from another external service.",
    Permission.ASSIGN,
)
DEADLINE = Change(
    "deadline",
    "UPDATE_MDM_MIGRATION_DEADLINE",
    "Change the deadline of",
    "For devices that are to go over to another service and have not begun. A deadline that is over acts at once.",
    Permission.ASSIGN,
)
CANCEL = Change(
    "cancel-migration",
    "CANCEL_MDM_MIGRATION",
    "Cancel the migration of",
    "Devices that have not begun to go over return to the service they came from.",
    Permission.ASSIGN,
)
