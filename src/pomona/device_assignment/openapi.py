"""The OpenAPI 3.1 document of this face, for people who write clients and for tests that try everything it allows."""

from typing import Any

from pomona import __version__
from pomona.device_assignment.openapi_schemas import SCHEMAS

Json = dict[str, Any]

_DATA_ERRORS = {
    400: ["USER_AGENT_MISSING", "USER_AGENT_INVALID"],
    401: ["UNAUTHORIZED"],
    403: ["FORBIDDEN"],
    429: ["TOO_MANY_REQUESTS"],
    503: ["SERVICE_UNAVAILABLE"],
}
_BODY_ERRORS = {400: ["MALFORMED_REQUEST_BODY"], 413: ["REQUEST_TOO_LARGE"]}
_PROFILE_CODES = [
    "CONFIG_NAME_REQUIRED", "CONFIG_NAME_INVALID", "CONFIG_URL_REQUIRED", "CONFIG_URL_INVALID", "DEPARTMENT_INVALID",
    "SUPPORT_PHONE_INVALID", "SUPPORT_EMAIL_INVALID", "MAGIC_INVALID", "FLAGS_INVALID", "LOCALE_INVALID",
]  # fmt: skip
_DISCOVERY = "/account-driven-enrollment/profile"
_NO_DISCOVERY = {400: ["ORG_NOT_SUPPORTED"]}

_CALLS: list[tuple[str, str, str, str | None, str, dict[int, list[str]]]] = [
    ("get", "/account", "Whom the server token belongs to", None, "Account", {}),
    ("post", "/server/devices", "All devices of the service, a page at a time", "FetchRequest", "FetchResponse",
     {400: ["INVALID_CURSOR", "EXHAUSTED_CURSOR"]}),
    ("post", "/devices/sync", "What happened to devices since a cursor", "SyncRequest", "SyncResponse",
     {400: ["CURSOR_REQUIRED", "INVALID_CURSOR", "EXPIRED_CURSOR"]}),
    ("post", "/devices", "Records of the devices named", "DeviceList", "DeviceDetails", {400: ["DEVICE_ID_REQUIRED"]}),
    ("post", "/devices/disown", "Release devices for good", "DeviceList", "DeviceResults",
     {400: ["DEVICE_ID_REQUIRED"]}),
    ("post", "/device/activationlock", "Turn the organisation's Activation Lock on", "ActivationLock",
     "ActivationLockResult", {}),
    ("get", "/device/replacementDetails", "Which unit a device replaced; since protocol 10", None, "Replacement",
     {400: ["DEVICE_ID_REQUIRED"], 404: ["DEVICE_NOT_FOUND", ""]}),
    ("post", "/profile", "Define an enrolment profile, and assign it if devices are named", "Profile",
     "ProfileResults", {400: _PROFILE_CODES}),
    ("get", "/profile", "A profile as it was defined", None, "DefinedProfile",
     {400: ["PROFILE_UUID_REQUIRED", "NOT_FOUND"]}),
    ("post", "/profile/devices", "Assign a profile", "ProfileAssignment", "ProfileResults",
     {400: ["DEVICE_ID_REQUIRED", "PROFILE_UUID_REQUIRED"], 404: ["PROFILE_NOT_FOUND"]}),
    ("put", "/profile/devices", "Assign a profile", "ProfileAssignment", "ProfileResults",
     {400: ["DEVICE_ID_REQUIRED", "PROFILE_UUID_REQUIRED"], 404: ["PROFILE_NOT_FOUND"]}),
    ("delete", "/profile/devices", "Take the profile from devices", "DeviceList", "DeviceResults",
     {400: ["DEVICE_ID_REQUIRED"]}),
    ("post", _DISCOVERY, "Register the service discovery URL", "DiscoveryUrl", "Empty",
     {400: ["MDM_SERVICE_DISCOVERY_URL_REQUIRED", "MDM_SERVICE_DISCOVERY_URL_NOT_VALID", "ORG_NOT_SUPPORTED"]}),
    ("get", _DISCOVERY, "The registered service discovery URL", None, "RegisteredUrl",
     {**_NO_DISCOVERY, 404: ["NOT_FOUND"]}),
    ("delete", _DISCOVERY, "Take the service discovery URL back", None, "Empty", _NO_DISCOVERY),
    ("get", "/os-beta-enrollment/tokens", "Tokens of beta programmes", None, "BetaTokens",
     {403: ["APPLE_SEED_FOR_IT_TURNED_OFF"]}),
    ("post", "/pomona/v1/service/token", "Renew the server token; not in the original", None, "TokenFile",
     {403: ["ACCESS_DENIED"]}),
]  # fmt: skip
"""Method, path, summary, request, response, and the codes of refusals by status."""

_QUERIES = {("get", "/profile"): "profile_uuid", ("get", "/device/replacementDetails"): "device"}
_SESSION_ERRORS = {
    400: ["parameter_absent", "parameter_rejected", "signature_method_rejected", "version_rejected"],
    401: ["consumer_key_unknown", "token_rejected", "token_expired", "timestamp_refused", "nonce_used"],
    403: ["signature_invalid", "T_C_NOT_SIGNED", "ACCESS_DENIED"],
    429: ["TOO_MANY_REQUESTS"],
    503: ["SERVICE_UNAVAILABLE"],
}


def document(origin: str) -> Json:
    """The document, for a service at `origin` (scheme, host and port)."""
    paths: dict[str, Json] = {"/session": {"get": _session()}}
    for method, path, summary, request, response, refusals in _CALLS:
        paths.setdefault(path, {})[method] = _operation(method, path, summary, request, response, refusals)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Device Assignment",
            "version": __version__,
            "description": "What device management services sync, assign and release devices with. A refusal is a bare"
            " code as the whole body, without quotes.",
        },
        "servers": [{"url": origin}],
        "security": [{"session": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "header", "name": "X-ADM-Auth-Session"},
                "token": {"type": "http", "scheme": "OAuth", "description": "OAuth 1.0a, HMAC-SHA1"},
            },
        },
    }


def _session() -> Json:
    answer = _content("application/json", {"$ref": "#/components/schemas/Session"})
    return {
        "operationId": "get-session",
        "summary": "Open a session of thirty minutes with the server token's signature",
        "security": [{"token": []}],
        "responses": {"200": {"description": "A session", **answer}, **_refusals(_SESSION_ERRORS)},
    }


def _operation(
    method: str,
    path: str,
    summary: str,
    request: str | None,
    response: str,
    refusals: dict[int, list[str]],
) -> Json:
    codes = _merged(_DATA_ERRORS, refusals, _BODY_ERRORS if request else {})
    answer = _content("application/json", {"$ref": f"#/components/schemas/{response}"})
    operation: Json = {
        "operationId": f"{method}{path}".replace("/", "-"),
        "summary": summary,
        "parameters": [_version(), *_query(method, path)],
        "responses": {"200": {"description": "Done", "headers": _headers(), **answer}, **_refusals(codes)},
    }
    if request:
        body = _content("application/json", {"$ref": f"#/components/schemas/{request}"})
        operation["requestBody"] = {"required": True, **body}
    return operation


def _query(method: str, path: str) -> list[Json]:
    name = _QUERIES.get((method, path))
    return (
        []
        if name is None
        else [{"name": name, "in": "query", "required": True, "schema": {"type": "string"}}]
    )


def _version() -> Json:
    schema = {"type": "integer", "minimum": 1, "maximum": 10, "default": 1}
    return {"name": "X-Server-Protocol-Version", "in": "header", "required": False, "schema": schema}


def _headers() -> Json:
    text = "The session to use from now on."
    return {"X-ADM-Auth-Session": {"description": text, "schema": {"type": "string"}}}


def _refusals(codes: dict[int, list[str]]) -> Json:
    return {
        str(status): {
            "description": "Refused",
            **_content("text/plain", {"type": "string", "enum": sorted(set(names))}),
        }
        for status, names in sorted(codes.items())
    }


def _merged(*tables: dict[int, list[str]]) -> dict[int, list[str]]:
    merged: dict[int, list[str]] = {}
    for table in tables:
        for status, names in table.items():
            merged.setdefault(status, []).extend(names)
    return merged


def _content(type: str, schema: Json) -> Json:
    return {"content": {type: {"schema": schema}}}
