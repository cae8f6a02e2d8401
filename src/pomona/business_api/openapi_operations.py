"""What the OpenAPI document says of each operation of the table: what it does, takes and answers."""

from typing import NamedTuple

from pomona.business_api import device_filters
from pomona.business_api.blueprint_bodies import NAMES

PAGED = ("limit", "cursor")


class Told(NamedTuple):
    """One operation. `answer` is a document's kind and its resource's type, as `one:orgDevices`, or the name of a schema;
    empty where nothing is answered but 204. `body` is the name of a schema. `fields` are types whose fieldsets can be
    chosen, `query` other parameters."""

    summary: str
    answer: str = ""
    body: str = ""
    fields: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    success: int = 200


def _list(what: str, type: str, *query: str) -> Told:
    return Told(f"List {what}", f"many:{type}", fields=(type,), query=(*PAGED, *query))


def _get(what: str, type: str, *query: str) -> Told:
    return Told(f"Read {what}", f"one:{type}", fields=(type,), query=query)


def _links(what: str, type: str) -> Told:
    return Told(f"List the ids of {what}", f"linkages:{type}", query=PAGED)


_COVERED = ("orgDevices", "appleCareCoverage")
_EVENTS = tuple(
    f"filter[{name}]" for name in ("startTimestamp", "endTimestamp", "actorId", "subjectId", "type")
)
_ACTIVITIES = tuple(
    f"filter[{name}]" for name in ("type", "status", "since", "until", "actor", "service", "device")
)

APPLES: dict[tuple[str, str], Told] = {
    ("orgDevices", "GET"): Told("List the organisation's devices; filters and inclusion are ours", "many:orgDevices",
                                fields=_COVERED, query=(*PAGED, "include", *device_filters.PARAMETERS)),
    ("orgDevices/*", "GET"): Told("Read a device, also after its release", "one:orgDevices", fields=_COVERED,
                                  query=("include",)),
    ("orgDevices/*/appleCareCoverage", "GET"): _list("what covers a device", "appleCareCoverage"),
    ("orgDevices/*/relationships/assignedServer", "GET"): Told("The id of a device's service", "linkage:mdmServers"),
    ("orgDevices/*/assignedServer", "GET"): _get("a device's service", "mdmServers"),
    ("mdmServers", "GET"): _list("device management services", "mdmServers"),
    ("mdmServers", "POST"): Told("Link a service by its certificate", "one:mdmServers", "ServerCreate", success=201),
    ("mdmServers/*", "GET"): _get("a service", "mdmServers"),
    ("mdmServers/*", "PATCH"): Told("Change a service", "one:mdmServers", "ServerUpdate"),
    ("mdmServers/*", "DELETE"): Told("Unlink a service that has no devices", success=204),
    ("mdmServers/*/relationships/devices", "GET"): _links("a service's devices", "orgDevices"),
    ("orgDeviceActivities", "GET"): _list("the activities of the last 30 days; ours", "orgDeviceActivities"),
    ("orgDeviceActivities", "POST"): Told("Assign, unassign, migrate or release devices", "one:orgDeviceActivities",
                                          "OrgDeviceActivityCreate", success=201),
    ("orgDeviceActivities/*", "GET"): _get("an activity", "orgDeviceActivities"),
    ("mdmDevices", "GET"): _list("devices that are enrolled in the built-in service", "mdmDevices"),
    ("mdmDevices/*/details", "GET"): _get("what an enrolled device told", "mdmDeviceDetails"),
    ("users", "GET"): _list("managed accounts", "users"),
    ("users/*", "GET"): _get("a managed account", "users"),
    ("userGroups", "GET"): _list("groups of accounts", "userGroups"),
    ("userGroups/*", "GET"): _get("a group", "userGroups"),
    ("userGroups/*/relationships/users", "GET"): _links("a group's members", "users"),
    ("organizationalUnits", "GET"): _list("organisational units", "organizationalUnits"),
    ("organizationalUnits/*", "GET"): _get("an organisational unit", "organizationalUnits"),
    ("organizationalUnits/*/relationships/users", "GET"): _links("a unit's members", "users"),
    ("apps", "GET"): _list("apps", "apps"),
    ("apps/*", "GET"): _get("an app", "apps"),
    ("packages", "GET"): _list("packages", "packages"),
    ("packages/*", "GET"): _get("a package", "packages"),
    ("blueprints", "GET"): _list("blueprints", "blueprints"),
    ("blueprints", "POST"): Told("Make a blueprint", "one:blueprints", "BlueprintCreate", success=201),
    ("blueprints/*", "GET"): _get("a blueprint", "blueprints", "include", *(f"limit[{name}]" for name in NAMES.values())),
    ("blueprints/*", "PATCH"): Told("Change a blueprint", "one:blueprints", "BlueprintUpdate"),
    ("blueprints/*", "DELETE"): Told("Take a blueprint away", success=204),
    ("configurations", "GET"): _list("configurations, without their profiles", "configurations"),
    ("configurations", "POST"): Told("Keep a profile", "one:configurations", "ConfigurationCreate", success=201),
    ("configurations/*", "GET"): _get("a configuration with its profile", "configurations"),
    ("configurations/*", "PATCH"): Told("Change a configuration", "one:configurations", "ConfigurationUpdate"),
    ("configurations/*", "DELETE"): Told("Take away a configuration that no blueprint has", success=204),
    ("auditEvents", "GET"): _list("what happened between two times", "auditEvents", *_EVENTS),
    **{
        (f"blueprints/*/relationships/{name}", method): told
        for name in NAMES.values()
        for method, told in {
            "GET": _links(f"a blueprint's {name}", name),
            "POST": Told(f"Add {name} to a blueprint", body=f"Linkages.{name}", success=204),
            "DELETE": Told(f"Take {name} out of a blueprint", body=f"Linkages.{name}", success=204),
        }.items()
    },
}  # fmt: skip
"""Paths below `/v1/`."""

OURS: dict[tuple[str, str], Told] = {
    ("activities", "GET"): Told("Search activities", "many:activities", query=(*PAGED, *_ACTIVITIES)),
    ("activities", "POST"): Told("Ask for an activity", "one:activities", "ActivityCreate", success=201),
    ("activities:preview", "POST"): Told("What an activity would do", "one:activityPreviews", "ActivityCreate"),
    ("activities/*", "GET"): Told("Read an activity, whether it can be undone and what followed it", "one:activities"),
    ("activities/*/results", "GET"): Told("What became of each device", "many:activityResults",
                                          query=(*PAGED, "filter[status]")),
    ("activities/*/undo", "POST"): Told("Put devices back that are as the activity left them", "one:activities", success=201),
    ("activities/*/undo/preview", "POST"): Told("What undoing an activity would do", "one:activityPreviews"),
    ("activities/*/stop", "POST"): Told("Stop what has not been done yet", "one:activities"),
    ("appleCareCoverage", "POST"): Told("Record what covers devices", "RecordedCoverage", "CoverageRecord"),
    ("orgDevices/*/appleCareCoverage", "DELETE"): Told(
        "Forget what covers a device", body="Linkages.appleCareCoverage", success=204
    ),
    ("devices", "POST"): Told("Add devices by hand", "AddedDevices", "DevicesAdd"),
    ("devices:import", "POST"): Told("Add the devices of a CSV file", "AddedDevices", "text/csv",
                                     query=("target", "dryRun", "format")),
    ("devices/*/timeline", "GET"): Told("Everything on record of a device", "many:deviceEvents", query=PAGED),
    ("rules", "GET"): Told("List the rules for arriving devices, in their order", "ArrivalRules"),
    ("rules", "POST"): Told("Make a rule", "one:arrivalRules", "RuleCreate", success=201),
    ("rules/*", "GET"): Told("Read a rule", "one:arrivalRules"),
    ("rules/*", "PATCH"): Told("Change a rule or move it", "one:arrivalRules", "RuleUpdate"),
    ("rules/*", "DELETE"): Told("Forget a rule", success=204),
    ("rules:preview", "POST"): Told("What each rule would have caught of the devices that are here", "ArrivalRulePreviews"),
    ("rules/*/apply", "POST"): Told("Send the devices that are here where a rule says", "AppliedRule", "RuleApply",
                                    success=201),
    ("serials/*", "GET"): Told("Why a device is not here", "one:serials"),
    ("mdmServers/*/token", "GET"): Told("How a service's server tokens stand", "one:serverTokens"),
    ("mdmServers/*/token", "POST"): Told("Issue or renew a server token", "one:serverTokens", "ServerTokenRenew",
                                         query=("format",), success=201),
    ("mdmServers/*/token", "DELETE"): Told("End every server token of a service", success=204),
    ("webhooks", "GET"): Told("List webhooks", "many:webhooks", query=PAGED),
    ("webhooks", "POST"): Told("Make a webhook; its secret is told this once", "one:webhooks", "WebhookCreate", success=201),
    ("webhooks/*", "GET"): Told("Read a webhook", "one:webhooks"),
    ("webhooks/*", "PATCH"): Told("Change a webhook", "one:webhooks", "WebhookUpdate"),
    ("webhooks/*", "DELETE"): Told("End a webhook", success=204),
    ("webhooks/*/secret", "POST"): Told("Give a webhook a new secret", "one:webhooks", "WebhookRotate"),
    ("webhooks/*/test", "POST"): Told("Send a test message", "one:webhookDeliveries", success=202),
    ("webhooks/*/replay", "POST"): Told("Send messages again", "Replayed", "WebhookReplay", success=202),
    ("webhooks/*/deliveries", "GET"): Told("What was sent and what came of it", "many:webhookDeliveries",
                                           query=(*PAGED, "filter[status]")),
}  # fmt: skip
"""Paths below `/pomona/v1/`."""
