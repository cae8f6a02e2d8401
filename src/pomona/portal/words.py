"""What the registry's constants are called on a page."""

from pomona.formats import order_codes
from pomona.registry.activities import Activity
from pomona.registry.order_problems import Problem
from pomona.registry.results import Result

ACTIVITY_TYPES = {
    "ASSIGN_DEVICES": "Assign devices",
    "UNASSIGN_DEVICES": "Unassign devices",
    "RELEASE_DEVICES": "Release devices",
    "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE": "Migrate devices",
    "UPDATE_MDM_MIGRATION_DEADLINE": "Change migration deadline",
    "CANCEL_MDM_MIGRATION": "Cancel migration",
    "KEEP_DEVICES": "Keep devices",
    "UNDO_ACTIVITY": "Undo",
}

CHANGED = {
    "ASSIGN_DEVICES": "Assigned",
    "UNASSIGN_DEVICES": "Unassigned",
    "RELEASE_DEVICES": "Released",
    "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE": "To go over",
    "UPDATE_MDM_MIGRATION_DEADLINE": "Deadline changed",
    "CANCEL_MDM_MIGRATION": "Back where it was",
    "KEEP_DEVICES": "Kept",
    "UNDO_ACTIVITY": "Back where it was",
}

RESULTS = {
    Result.ALREADY_ASSIGNED: "Was on this service already",
    Result.DEVICE_NOT_FOUND: "Not a device of this organisation",
    Result.NOT_ASSIGNED: "Was on no service",
    Result.ASSIGNED_TO_OTHER_SERVER: "Is on another service",
    Result.RELEASED: "Was released before",
    Result.SAME_SERVER: "Was on this service already",
    Result.NOT_MIGRATION_CAPABLE: "Cannot be migrated",
    Result.NOT_MIGRATING: "Is not being migrated",
    Result.CHANGED_SINCE: "Changed since",
    Result.STOPPED: "Stopped before its turn",
    Result.UNCHANGED: "Was so already",
    Result.SERVER_NOT_FOUND: "The service it was on is gone",
    Result.MIGRATION_STARTED: "Has begun to go over",
    Result.RELEASE_PENDING: "Is about to be released",
    Result.RELEASE_NOT_PENDING: "Is not about to be released",
}

SOURCES = {"APPLE": "Apple", "RESELLER": "Reseller", "MANUALLY_ADDED": "Added by hand"}

MIGRATIONS = {
    "REQUESTED": ("wait", "Asked for"),
    "STARTED": ("wait", "Begun"),
    "SUCCESS": ("ok", "Done"),
    "FAILED": ("bad", "Failed"),
}
"""A badge's look and word for each state of a migration."""

PROFILES = {
    "empty": "No profile yet",
    "assigned": "Profile assigned",
    "pushed": "Profile fetched by the device",
    "removed": "Profile removed",
}

SERVICE_KINDS = {
    "MDM": "External",
    "APPLE_MDM": "Built in",
    "APPLE_CONFIGURATOR": "Placeholder",
}


def activity_type(type: str) -> str:
    """What an activity does."""
    return ACTIVITY_TYPES.get(type, type.replace("_", " ").capitalize())


def order_problem(problem: Problem) -> str:
    """Why something of an order was refused, and the code under which its supplier was told."""
    return f"{problem.for_buyer} ({order_codes.CODES[problem]})"


def result(result: Result, type: str) -> str:
    """What became of one device in an activity of `type`."""
    if result is Result.CHANGED:
        return CHANGED.get(type, "Changed")
    return RESULTS[result]


def result_look(result: Result) -> str:
    """The look of a result's badge: what was asked happened, need not happen, or could not."""
    if result is Result.CHANGED:
        return "ok"
    return "off" if result.succeeded else "bad"


def activity_state(activity: Activity) -> tuple[str, str]:
    """A badge's look (`ok`, `wait`, `bad`, `off`) and its word."""
    if activity.status == "IN_PROGRESS":
        return "wait", "In progress"
    if activity.status == "STOPPED":
        return "off", "Manually stopped"
    if activity.status == "FAILED":
        return "bad", "Completed with server errors"
    if not activity.failed:
        return "ok", "Completed successfully"
    return "wait" if activity.succeeded else "bad", "Completed with issues"
