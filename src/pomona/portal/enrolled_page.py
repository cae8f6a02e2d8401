"""One enrolled device: what it reported of itself, and the commands that were sent to it."""

from typing import Any

from pomona.portal.answers import Answer, Shown
from pomona.portal.enrolled_list import line
from pomona.portal.visit import Visit
from pomona.registry import commands, devices, enrollments
from pomona.registry.commands import Command
from pomona.store import Tx

_COMMANDS = 30

STATES = {
    "queued": ("wait", "Waits for the device"),
    "sent": ("wait", "Sent"),
    "notnow": ("wait", "Not now, said the device"),
    "acknowledged": ("ok", "Done"),
    "error": ("bad", "Refused by the device"),
    "format_error": ("bad", "Not understood"),
    "cancelled": ("off", "Cancelled"),
}


def show(tx: Tx, visit: Visit) -> Answer:
    """By UDID or EnrollmentID."""
    enrollment = enrollments.get(tx, visit.organization_id, visit.path["key"])
    owned = enrollment.serial and devices.latest_id(tx, visit.organization_id, enrollment.serial)
    context = {
        "enrollment": line(enrollment),
        "details": enrollment,
        "owned": bool(owned),
        "reported": [
            {"name": name, "value": _plain(value)} for name, value in sorted(enrollment.information.items())
        ],
        "commands": [
            _command(command) for command in commands.of_enrollment(tx, enrollment, limit=_COMMANDS)
        ],
    }
    return Shown("enrolled_page.html", context)


def _command(command: Command) -> dict[str, Any]:
    look, state = STATES[command.state]
    return {
        "type": command.type,
        "look": look,
        "state": state,
        "at": command.created_at,
        "updated_at": command.updated_at,
    }


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(_plain(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(each)}" for name, each in value.items())
    return str(value)
