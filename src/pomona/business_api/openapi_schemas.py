"""The resources of the OpenAPI document: attributes and relationships of each type, Apple's and ours."""

from typing import Any

from pomona.business_api import (
    activities,
    apple_care,
    apps,
    audit_events,
    audit_types,
    blueprints,
    configurations,
    devices,
    enrolled,
    organizational_units,
    packages,
    servers,
    user_groups,
    users,
)
from pomona.business_api.activity_bodies import APPLES
from pomona.business_api.fieldsets import ResourceType
from pomona.business_api.projection import FAMILIES
from pomona.registry.services import FAMILIES as DEFAULT_FAMILIES

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
FLAG: Json = {"type": "boolean"}
COUNT: Json = {"type": "integer", "minimum": 0}
MOMENT: Json = {"type": "string", "format": "date-time", "pattern": "Z$"}
URL: Json = {"type": "string", "format": "uri", "pattern": "^https?://"}
SERIAL: Json = {"type": "string", "pattern": "^[A-Z0-9]{8,20}$"}


def words(*known: str) -> Json:
    """One of some words."""
    return {"type": "string", "enum": list(known)}


def nullable(schema: Json) -> Json:
    """A schema or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def several(schema: Json) -> Json:
    """A list."""
    return {"type": "array", "items": schema}


def obj(required: dict[str, Json], optional: dict[str, Json] | None = None, *, more: bool = False) -> Json:
    """An object; with `more` it may have members that are not named here."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": more,
    }


TYPES: tuple[ResourceType, ...] = (
    devices.ORG_DEVICES, apple_care.APPLE_CARE, servers.MDM_SERVERS, activities.ACTIVITIES, enrolled.MDM_DEVICES,
    enrolled.DETAILS, users.USERS, user_groups.USER_GROUPS, organizational_units.ORGANIZATIONAL_UNITS, apps.APPS,
    packages.PACKAGES, blueprints.BLUEPRINTS, configurations.CONFIGURATIONS, audit_events.AUDIT_EVENTS,
)  # fmt: skip
"""Apple's types, whose attributes requests can choose among."""

_ACTIVITY_STATUS = words("IN_PROGRESS", "COMPLETED", "STOPPED", "FAILED")
_SUB_STATUS = words(
    "SUBMITTED", "PRE_PROCESSING", "PENDING", "PROCESSING", "POST_PROCESSING", "STOPPING", "COMPLETED_WITH_SUCCESS",
    "COMPLETED_WITH_ERROR", "COMPLETED_WITH_FAILURE", "COMPLETED_POST_PROCESSING_FAILED", "STOPPED", "FAILED",
)  # fmt: skip
_PLATFORM = words("PLATFORM_MACOS", "PLATFORM_IOS", "PLATFORM_TVOS", "PLATFORM_VISIONOS", "PLATFORM_WATCHOS")

_SPECIAL: dict[str, dict[str, Json]] = {
    "orgDevices": {
        "serialNumber": SERIAL, "productFamily": words(*FAMILIES.values()), "status": words("ASSIGNED", "UNASSIGNED"),
        "purchaseSourceType": words("APPLE", "RESELLER", "MANUALLY_ADDED"), "imei": several(TEXT), "meid": several(TEXT),
        "ethernetMacAddress": several(TEXT),
        "mdmMigrationStatus": nullable(words("REQUESTED", "STARTED", "SUCCESS", "FAILED")),
        "releaserEntityType": words("USER", "MDM", "RESELLER", "API", "REPLACEMENT"), "releaserId": TEXT,
    },
    "appleCareCoverage": {
        "status": words("ACTIVE", "INACTIVE"),
        "paymentType": words("ABE_SUBSCRIPTION", "PAID_UP_FRONT", "SUBSCRIPTION", "NONE"),
        "agreementNumber": nullable(TEXT),
    },
    "mdmServers": {
        "serverType": words("MDM", "APPLE_CONFIGURATOR", "APPLE_MDM"), "status": words("ACTIVE", "INACTIVE", "DELETED"),
        "deviceCount": COUNT, "enableMdmDisownFlag": FLAG, "defaultProductFamilies": several(words(*DEFAULT_FAMILIES)),
        "lastConnectedIp": nullable(TEXT),
    },
    "orgDeviceActivities": {
        "status": _ACTIVITY_STATUS, "subStatus": _SUB_STATUS, "activityType": words(*APPLES), "downloadUrl": URL,
        "activityTypeMetadata": obj({"mdmMigrationDeadlineDateTime": MOMENT}),
    },
    "mdmDevices": {"productFamily": words(*FAMILIES.values(), ""), "enrolledUserId": nullable(TEXT)},
    "mdmDeviceDetails": {
        "platform": words(*_PLATFORM["enum"], ""), "imei": several(TEXT), "meid": several(TEXT),
        "storageFreeCapacity": COUNT, "storageTotalCapacity": COUNT, "deviceLockStatus": words("LOCKED", "UNLOCKED"),
        "deviceEraseStatus": words("NOT_ERASED", "ERASED"), "lostModeStatus": words("ENABLED", "DISABLED"),
    },
    "users": {
        "status": words("NEW", "RELEASED", "ACTIVE", "DEACTIVATED", "LOCKED", "LOCKED_FOR_SHARED_IPAD"),
        "roleOuList": several(obj({"roleName": TEXT, "ouId": TEXT})), "phoneNumbers": several(obj({}, more=True)),
    },
    "userGroups": {"type": words("STANDARD", "SMART"), "totalMemberCount": COUNT, "status": words("ACTIVE")},
    "apps": {"supportedOS": several(TEXT), "isCustomApp": FLAG},
    "packages": {"bundleIds": several(TEXT)},
    "blueprints": {"status": words("ACTIVE", "TO_BE_DELETED"), "appLicenseDeficient": FLAG},
    "configurations": {
        "configuredForPlatforms": several(_PLATFORM),
        "customSettingsValues": nullable(obj({"configurationProfile": TEXT, "filename": TEXT})),
    },
    "auditEvents": {
        "type": words(*sorted(audit_types.KEYS)), "category": words(*sorted(set(audit_types.CATEGORIES.values()))),
        "actorType": words("USER", "API_USER", "SYSTEM"), "outcome": words("SUCCESS", "FAILURE"),
        "eventDataPropertyKey": words(*audit_types.KEYS.values()),
        **{key: {"type": "object"} for key in audit_types.KEYS.values()},
    },
}  # fmt: skip
"""Attributes that are something else than their name says."""

_EXTRA: dict[str, dict[str, Json]] = {"orgDevices": {"releaseDueDateTime": MOMENT}}
"""Attributes of ours beside Apple's, which no fieldset names."""

_NOT_NULL = (
    "addedToOrgDateTime", "orderDateTime", "updatedDateTime", "createdDateTime", "completedDateTime", "startDateTime",
    "lastCheckInDateTime", "eventDateTime",
)  # fmt: skip


def attribute(name: str) -> Json:
    """What an attribute of that name is, unless something else is known of it."""
    if name.endswith("DateTime"):
        return MOMENT if name in _NOT_NULL else nullable(MOMENT)
    if name.startswith("is") and name[2:3].isupper():
        return FLAG
    return nullable(TEXT)


def resource(type: ResourceType) -> Json:
    """One of Apple's resources; nothing inside is required, because a fieldset may leave it out."""
    special = _SPECIAL.get(type.name, {})
    attributes = {name: special.get(name, attribute(name)) for name in type.attributes}
    if type.name == "users":
        attributes["startDateTime"] = nullable(MOMENT)
    members = {
        "attributes": obj({}, attributes | _EXTRA.get(type.name, {})),
        "links": obj({"self": URL}),
    }
    if type.relationships:
        members["relationships"] = obj({}, dict.fromkeys(type.relationships, _RELATIONSHIP))
    return obj({"type": {"const": type.name}, "id": TEXT}, members)


IDENTIFIER = obj({"type": TEXT, "id": TEXT})
_RELATIONSHIP = obj(
    {"links": obj({}, {"self": URL, "related": URL, "include": URL})},
    {"data": several(IDENTIFIER), "meta": obj({}, more=True)},
)


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


PAGING = obj(
    {"paging": obj({"limit": {"type": "integer", "minimum": 1, "maximum": 1000}}, {"nextCursor": TEXT})}
)
_LINKS = obj({"self": URL}, {"first": URL, "next": URL, "related": URL})


def one(type: str) -> Json:
    """A document of one resource."""
    return obj({"data": _ref(type), "links": _LINKS}, {"included": several({"type": "object"})})


def many(type: str) -> Json:
    """A document of a page of resources."""
    return obj(
        {"data": several(_ref(type)), "links": _LINKS, "meta": PAGING},
        {"included": several({"type": "object"})},
    )


def linkages(type: str) -> Json:
    """A document of a page of a relationship."""
    identifier = obj({"type": {"const": type}, "id": TEXT})
    return obj({"data": several(identifier), "links": _LINKS, "meta": PAGING})


def linkage(type: str) -> Json:
    """A document of what a relationship to one thing links."""
    return obj({"data": obj({"type": {"const": type}, "id": TEXT}), "links": _LINKS})


ERRORS = obj({
    "errors": {
        "type": "array",
        "minItems": 1,
        "items": obj(
            {"status": {"type": "string", "pattern": "^[45][0-9]{2}$"}, "code": TEXT, "title": TEXT, "detail": TEXT},
            {
                "id": TEXT,
                "source": {"anyOf": [obj({"pointer": TEXT}), obj({"parameter": TEXT})]},
            },
        ),
    }
})  # fmt: skip
