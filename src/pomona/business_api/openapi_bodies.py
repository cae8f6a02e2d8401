"""What the OpenAPI document says of the bodies of requests to Apple's operations."""

from pomona.business_api.activity_bodies import APPLES
from pomona.business_api.blueprint_bodies import NAMES
from pomona.business_api.openapi_schemas import (
    FLAG,
    MOMENT,
    SERIAL,
    TEXT,
    Json,
    nullable,
    obj,
    several,
    words,
)
from pomona.registry.services import FAMILIES

_NAME: Json = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[ -~]*[!-~][ -~]*$"}
_CERTIFICATE = obj(
    {"data": {"type": "string", "description": "The X.509 certificate: Base64 of DER or PEM, or PEM"}},
    {"name": TEXT},
)
_PLATFORMS = several(words("PLATFORM_MACOS", "PLATFORM_IOS", "PLATFORM_TVOS", "PLATFORM_VISIONOS"))
_VALUES = obj(
    {"configurationProfile": {"type": "string", "description": "The profile's XML as it is"}},
    {"filename": {"type": "string", "pattern": r"^[A-Za-z0-9_-]{1,60}\.mobileconfig$"}},
)


def linkages(type: str) -> Json:
    """The body of a change of a relationship."""
    return obj({"data": several(obj({"type": {"const": type}, "id": TEXT}))})


def _new(type: str, attributes: Json, **more: Json) -> Json:
    return obj({"data": obj({"type": {"const": type}, "attributes": attributes} | more)})


def _changed(type: str, attributes: Json, **more: Json) -> Json:
    return obj({"data": obj({"type": {"const": type}, "id": TEXT}, {"attributes": attributes} | more)})


_LINKED = obj({}, {name: linkages(name) for name in NAMES.values()})
_ACTIVITY = _new(
    "orgDeviceActivities",
    obj(
        {"activityType": words(*APPLES)},
        {"activityTypeMetadata": obj({}, {"mdmMigrationDeadlineDateTime": MOMENT}, more=True)},
    ),
    relationships=obj(
        {
            "devices": obj(
                {"data": {
                    "type": "array", "minItems": 1, "maxItems": 50,
                    "items": obj({"type": {"const": "orgDevices"}, "id": SERIAL}),
                }}
            )
        },
        {"mdmServer": obj({"data": obj({"type": {"const": "mdmServers"}, "id": TEXT})})},
    ),
)  # fmt: skip

BODIES: dict[str, Json] = {
    "ServerCreate": _new(
        "mdmServers", obj({"serverName": _NAME, "serverCertificate": _CERTIFICATE}, {"enableMdmDisownFlag": FLAG})
    ),
    "ServerUpdate": _changed(
        "mdmServers",
        obj({}, {
            "serverName": _NAME, "serverCertificate": _CERTIFICATE, "enableMdmDisownFlag": FLAG,
            "defaultProductFamilies": nullable(several(words(*FAMILIES))),
        }),
    ),
    "OrgDeviceActivityCreate": _ACTIVITY,
    "BlueprintCreate": _new("blueprints", obj({"name": _NAME}, {"description": TEXT}), relationships=_LINKED),
    "BlueprintUpdate": _changed("blueprints", obj({}, {"name": _NAME, "description": TEXT}), relationships=_LINKED),
    "ConfigurationCreate": _new(
        "configurations",
        obj({"type": words("CUSTOM_SETTING"), "name": _NAME, "customSettingsValues": _VALUES},
            {"configuredForPlatforms": _PLATFORMS}),
    ),
    "ConfigurationUpdate": _changed(
        "configurations",
        obj({}, {"name": _NAME, "customSettingsValues": obj({}, _VALUES["properties"]), "configuredForPlatforms": _PLATFORMS}),
    ),
    **{f"Linkages.{name}": linkages(name) for name in NAMES.values()},
}  # fmt: skip
