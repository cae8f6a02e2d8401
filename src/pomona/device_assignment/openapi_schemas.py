"""The objects of the OpenAPI document."""

from typing import Any

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
FLAG: Json = {"type": "boolean"}
MOMENT: Json = {"type": "string", "format": "date-time", "pattern": "Z$"}
UUID: Json = {"type": "string", "pattern": "^[0-9A-F]{32}$"}
RESULT: Json = {"type": "string", "enum": ["SUCCESS", "NOT_ACCESSIBLE", "FAILED", "THROTTLED"]}


def texts() -> Json:
    """A list of strings."""
    return {"type": "array", "items": TEXT}


def obj(required: dict[str, Json], optional: dict[str, Json] | None = None, *, more: bool = False) -> Json:
    """An object; with `more` it may have keys that are not named here."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": more,
    }


def nullable(schema: Json) -> Json:
    """A schema or null, which counts as absent."""
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _by_serial(schema: Json) -> Json:
    return {"type": "object", "additionalProperties": schema}


_DEVICE = {
    "serial_number": TEXT,
    "model": TEXT,
    "description": TEXT,
    "color": TEXT,
    "profile_status": {"type": "string", "enum": ["empty", "assigned", "pushed", "removed"]},
}
_DEVICE_OPTIONAL = {
    "asset_tag": TEXT,
    "profile_uuid": UUID,
    "profile_assign_time": MOMENT,
    "profile_push_time": MOMENT,
    "device_assigned_by": TEXT,
    "device_assigned_date": MOMENT,
    "device_family": {
        "type": "string",
        "enum": ["iPad", "iPhone", "iPod", "Mac", "AppleTV", "Watch", "Vision"],
    },
    "os": {"type": "string", "enum": ["iOS", "iPadOS", "OSX", "tvOS", "watchOS", "visionOS"]},
    "mdm_migration_deadline": MOMENT,
    "wifi_mac_address": TEXT,
    "bluetooth_mac_address": TEXT,
    "ethernet_mac_address": TEXT,
    "eid": TEXT,
    "imei": texts(),
    "meid": texts(),
    "is_replacement_device": FLAG,
}
_OPERATION = {"op_type": {"type": "string", "enum": ["added", "modified", "deleted"]}, "op_date": MOMENT}
_PAGE = {"fetched_until": MOMENT, "more_to_follow": FLAG, "cursor": {"type": "string", "maxLength": 128}}
_URL: Json = {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2000}
_PROFILE_OPTIONAL: dict[str, Json] = {
    **dict.fromkeys(
        (
            "allow_pairing", "is_supervised", "is_mandatory", "is_mdm_removable", "is_multi_user",
            "await_device_configured", "auto_advance_setup", "is_return_to_service", "do_not_use_profile_from_backup",
        ),
        nullable(FLAG),
    ),
    "configuration_web_url": nullable(_URL),
    "org_magic": nullable({"type": "string", "maxLength": 256}),
    "support_phone_number": nullable({"type": "string", "minLength": 1, "maxLength": 50}),
    "support_email_address": nullable({"type": "string", "minLength": 1, "maxLength": 250}),
    "department": nullable({"type": "string", "minLength": 1, "maxLength": 125}),
    "anchor_certs": nullable(texts()),
    "supervising_host_certs": nullable(texts()),
    "skip_setup_items": nullable(texts()),
    "language": nullable({"type": "string", "pattern": "^[A-Za-z]{2,3}$"}),
    "region": nullable({"type": "string", "pattern": "^[A-Z]{2}$"}),
    "devices": nullable(texts()),
}  # fmt: skip
_PROFILE = {"profile_name": {"type": "string", "minLength": 1, "maxLength": 125}, "url": _URL}
_ACCOUNT = dict.fromkeys(
    (
        "server_name", "server_uuid", "admin_id", "facilitator_id", "org_name", "org_email", "org_phone", "org_address",
    ),
    TEXT,
)  # fmt: skip
_ACCOUNT_3 = {
    "org_id": TEXT,
    "org_id_hash": TEXT,
    "org_type": {"type": "string", "enum": ["org", "edu"]},
    "org_version": TEXT,
    "urls": {
        "type": "array",
        "items": obj(
            {"uri": TEXT, "http_method": texts()},
            {"limit": obj({"default": {"type": "integer"}, "maximum": {"type": "integer"}})},
        ),
    },
}
_LOCKED = [
    "SUCCESS", "NOT_ACCESSIBLE", "ORG_NOT_SUPPORTED", "DEVICE_NOT_SUPPORTED", "DEVICE_ALREADY_LOCKED", "FAILED",
]  # fmt: skip

SCHEMAS: dict[str, Json] = {
    "Session": obj({"auth_session_token": TEXT}),
    "Account": obj(_ACCOUNT, _ACCOUNT_3),
    "FetchRequest": obj({}, {"cursor": nullable(TEXT), "limit": nullable({"type": "integer"})}, more=True),
    "SyncRequest": obj({"cursor": TEXT}, {"limit": nullable({"type": "integer"})}, more=True),
    "Device": obj(_DEVICE, _DEVICE_OPTIONAL),
    "Operation": obj(_DEVICE | _OPERATION, _DEVICE_OPTIONAL | {"released_by_replacement": FLAG}),
    "FetchResponse": obj({"devices": {"type": "array", "items": _ref("Device")}, **_PAGE}),
    "SyncResponse": obj({"devices": {"type": "array", "items": _ref("Operation")}, **_PAGE}),
    "DeviceList": obj({"devices": texts()}, more=True),
    "DeviceDetails": obj({
        "devices": _by_serial({
            "anyOf": [
                obj(_DEVICE | {"response_status": {"const": "SUCCESS"}}, _DEVICE_OPTIONAL),
                obj({"response_status": {"const": "NOT_ACCESSIBLE"}}),
            ]
        })
    }),
    "DeviceResults": obj({"devices": _by_serial(RESULT)}),
    "ActivationLock": obj(
        {"device": {"type": "string", "minLength": 1}},
        {
            "escrow_key": nullable({"type": "string", "pattern": "^([0-9A-Fa-f]{64})?$"}),
            "lost_message": nullable({"type": "string", "maxLength": 1000}),
        },
        more=True,
    ),
    "ActivationLockResult": obj({"serial_number": TEXT, "response_status": {"type": "string", "enum": _LOCKED}}),
    "Replacement": obj(
        {
            "serial_number": TEXT,
            "original_device_serial_number": TEXT,
            "replacement_date": {"type": "string", "format": "date"},
        }
    ),
    "Profile": obj(_PROFILE, _PROFILE_OPTIONAL, more=True),
    "DefinedProfile": obj(_PROFILE | {"profile_uuid": UUID}, _PROFILE_OPTIONAL, more=True),
    "ProfileAssignment": obj({"profile_uuid": TEXT, "devices": texts()}, more=True),
    "ProfileResults": obj(
        {"profile_uuid": TEXT, "devices": _by_serial(RESULT)}, {"retry_after_seconds": {"type": "integer"}}
    ),
    "DiscoveryUrl": obj({"mdm_service_discovery_url": TEXT}, more=True),
    "RegisteredUrl": obj({"mdm_service_discovery_url": TEXT, "last_updated_timestamp": MOMENT}),
    "BetaTokens": obj(
        {"betaEnrollmentTokens": {"type": "array", "items": obj({"token": TEXT, "title": TEXT, "os": TEXT})}}
    ),
    "TokenFile": obj({"file_name": TEXT, "content": TEXT}),
    "Empty": obj({}),
}  # fmt: skip
