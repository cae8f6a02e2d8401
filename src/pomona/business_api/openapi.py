"""The OpenAPI 3.1 document of this face, made from the table of operations, for people who write clients and for tests."""

from functools import lru_cache
from typing import Any

from pomona import __version__
from pomona.business_api import openapi_bodies, openapi_extensions, openapi_schemas, token_endpoint
from pomona.business_api.blueprint_bodies import NAMES
from pomona.business_api.call import encode
from pomona.business_api.device_filters import PARAMETERS
from pomona.business_api.endpoints import ENDPOINTS, EXTENSIONS, OWN
from pomona.business_api.openapi_operations import APPLES, OURS, Told
from pomona.business_api.openapi_schemas import COUNT, ERRORS, MOMENT, TEXT, TYPES, obj, words
from pomona.business_api.operations import Endpoint, Operation, Write

Json = dict[str, Any]

PATH = f"{OWN}openapi.json"
"""Where the document is read, without a token."""

_TYPES = {type.name: type for type in TYPES}
_REASONS = {
    400: "The query or the body cannot be read",
    401: "No access token that is good",
    403: "Not allowed, or not offered",
    404: "No such resource",
    406: "JSON is not wanted",
    409: "It cannot be so",
    413: "Too large",
    422: "Something is missing",
    429: "Too many requests; Retry-After says when to go on",
    503: "The database is away",
}
_ALWAYS = (400, 401, 403, 406, 429, 503)
_BODY = (409, 413, 422)
_LIMIT = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
_BEFORE_NOW = {"type": "string", "format": "date-time"}
_QUERY: dict[str, Json] = {
    "limit": _LIMIT,
    "cursor": {"type": "string", "minLength": 1},
    "target": TEXT,
    "dryRun": words("true", "false"),
    "format": words("json", "csv", "p7m"),
    **dict.fromkeys(PARAMETERS, TEXT),
    **dict.fromkeys(("filter[updatedDateTime]", "filter[addedToOrgDateTime]"), MOMENT),
    **dict.fromkeys(("filter[since]", "filter[until]"), _BEFORE_NOW),
    **dict.fromkeys(("filter[startTimestamp]", "filter[endTimestamp]"), _BEFORE_NOW),
}
_UNTOLD = Told("", "")
_REQUIRED = ("filter[startTimestamp]", "filter[endTimestamp]")


def document(origin: str) -> Json:
    """The document, for a service at `origin` (scheme, host and port)."""
    paths: dict[str, Json] = {path: {"post": _token(path)} for path in token_endpoint.PATHS}
    for base, table, told in (("/v1/", ENDPOINTS, APPLES), (OWN, EXTENSIONS, OURS)):
        for key, endpoint in table.items():
            for method, operation in endpoint.operations.items():
                path = base + key.replace("*", "{id}")
                paths.setdefault(path, {})[method.lower()] = _operation(
                    path, endpoint, method, operation, told.get((key, method), _UNTOLD)
                )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Business API",
            "version": __version__,
            "description": "Apple's Business API 2.4 below `/v1/`, and what is Pomona's own below `/pomona/v1/`. School"
            " accounts are offered the part that School has.",
        },
        "servers": [{"url": origin}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "From /auth/oauth2/token, for an hour",
                }
            },
        },
    }


@lru_cache(maxsize=8)
def encoded(origin: str) -> bytes:
    """The document as it is sent: anybody may ask for it, so it is not made each time."""
    return encode(document(origin))


def _schemas() -> Json:
    return {
        "Errors": ERRORS,
        **{type.name: openapi_schemas.resource(type) for type in TYPES},
        **openapi_extensions.OWN,
        **openapi_extensions.DOCUMENTS,
        **openapi_extensions.BODIES,
        **openapi_bodies.BODIES,
    }


def _operation(path: str, endpoint: Endpoint, method: str, operation: Operation, told: Told) -> Json:
    statuses = {
        *_ALWAYS,
        *((404,) if "{id}" in path else ()),
        *(_BODY if isinstance(operation, Write) else ()),
    }
    described: Json = {
        "operationId": f"{method.lower()}{path}".replace("/", "-").replace("{id}", "id").replace(":", "-"),
        "summary": told.summary,
        "tags": [endpoint.name],
        "parameters": [*_path(path), *(_parameter(name, told) for name in _names(told))],
        "responses": {
            str(told.success): _answer(told),
            **{str(each): _refusal(each) for each in sorted(statuses)},
        },
    }
    if isinstance(operation, Write) and operation.permission is not None:
        described["description"] = f"Needs the permission `{operation.permission}`."
    if told.body:
        described["requestBody"] = _request(told.body)
    return described


def _path(path: str) -> list[Json]:
    schema = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9-]+$"}
    return [{"name": "id", "in": "path", "required": True, "schema": schema}] if "{id}" in path else []


def _names(told: Told) -> tuple[str, ...]:
    return (*(f"fields[{type}]" for type in told.fields), *told.query)


def _parameter(name: str, told: Told) -> Json:
    parameter: Json = {
        "name": name,
        "in": "query",
        "required": name in _REQUIRED,
        "schema": _QUERY.get(name, TEXT),
    }
    family, _, rest = name.partition("[")
    if family == "fields":
        type = _TYPES[rest[:-1]]
        parameter["schema"] = {"type": "array", "items": words(*type.attributes, *type.relationships)}
    elif family == "limit" and rest:
        parameter["schema"] = _LIMIT
    elif name == "include":
        known = ("appleCareCoverage",) if "appleCareCoverage" in told.fields else NAMES.values()
        parameter["schema"] = {"type": "array", "minItems": 1, "items": words(*known), "uniqueItems": True}
    if parameter["schema"].get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    return parameter


def _answer(told: Told) -> Json:
    headers = {"X-Request-ID": {"description": "Also the id of errors", "schema": TEXT}}
    if not told.answer:
        return {"description": "Done", "headers": headers}
    kind, _, type = told.answer.partition(":")
    make = {"one": openapi_schemas.one, "many": openapi_schemas.many, "linkages": openapi_schemas.linkages,
            "linkage": openapi_schemas.linkage}  # fmt: skip
    schema = make[kind](type) if type else {"$ref": f"#/components/schemas/{kind}"}
    content = {"application/json": {"schema": schema}}
    if "format" in told.query:
        other = "text/csv" if told.body == "text/csv" else "application/pkcs7-mime"
        content[other] = {"schema": TEXT}
    return {"description": told.summary, "headers": headers, "content": content}


def _refusal(status: int) -> Json:
    schema = {"$ref": "#/components/schemas/Errors"}
    return {"description": _REASONS[status], "content": {"application/json": {"schema": schema}}}


def _request(body: str) -> Json:
    if body == "text/csv":
        return {"required": True, "content": {"text/csv": {"schema": TEXT}}}
    required = body not in ("ServerTokenRenew", "RuleApply", "WebhookRotate")
    return {
        "required": required,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}},
    }


def _token(path: str) -> Json:
    form = obj({
        "grant_type": words("client_credentials"), "client_id": TEXT,
        "client_assertion_type": words(token_endpoint.ASSERTION_TYPE), "client_assertion": TEXT,
        "scope": words(*token_endpoint.SCOPES.values()),
    })  # fmt: skip
    issued = obj({"access_token": TEXT, "token_type": words("Bearer"), "expires_in": COUNT, "scope": TEXT})
    refused = obj({"error": TEXT, "error_description": TEXT})
    responses = {
        status: {"description": said, "content": {"application/json": {"schema": schema}}}
        for status, said, schema in (
            ("200", "An access token", issued), ("400", "The failing check", refused), ("413", "Too large", refused),
            ("429", "Too many requests", refused), ("503", _REASONS[503], ERRORS),
        )
    }  # fmt: skip
    return {
        "operationId": f"post{path}".replace("/", "-"),
        "summary": "Exchange a client assertion for an access token; the query takes the parameters as well",
        "security": [],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": responses,
    }
