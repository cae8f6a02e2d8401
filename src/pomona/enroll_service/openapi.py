"""The OpenAPI 3.1 document of this face, for people who write suppliers' software and for tests that try what it allows."""

from typing import Any, NamedTuple

from pomona import __version__
from pomona.enroll_service.openapi_schemas import SCHEMAS, ref
from pomona.enroll_service.routes import BASE, VALIDATE

Json = dict[str, Any]


class _Described(NamedTuple):
    path: str
    summary: str
    request: str
    response: str
    refusal: str


_CALLS = (
    _Described(f"{BASE}/bulk-enroll-devices", "Submit orders of any type; they are worked off afterwards",
               "EnrollRequest", "Accepted", "EnrollRefused"),
    _Described(f"{BASE}/check-transaction-status", "What became of one submission", "StatusRequest", "Status",
               "StatusRefused"),
    _Described(f"{BASE}/show-order-details", "How orders stand now", "DetailsRequest", "Details", "DetailsRefused"),
    _Described(VALIDATE, "What would become of a submission, without anything being kept; not in the original",
               "EnrollRequest", "Trial", "EnrollRefused"),
)  # fmt: skip


def document(origin: str) -> Json:
    """The document, for a service at `origin` (scheme, host and port)."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Suppliers' orders",
            "version": __version__,
            "description": "What resellers' software submits orders with. Refusals come with HTTP 200: look at the"
            " body's members first. Members are read in any case, null is as if absent, unknown ones are ignored.",
        },
        "servers": [{"url": origin}],
        "security": [{"certificate": []}, {"token": []}, {"password": []}],
        "paths": {each.path: {"post": _operation(each)} for each in _CALLS},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "certificate": {
                    "type": "mutualTLS",
                    "description": "A client certificate of the supplier's account",
                },
                "token": {"type": "http", "scheme": "bearer", "description": "A token, for the laboratory"},
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The token as password, any user",
                },
            },
        },
    }


def _operation(each: _Described) -> Json:
    refused = {"anyOf": [ref(each.refusal), ref("FlatError")]}
    return {
        "operationId": each.path.rpartition("/")[2].replace(":", "-"),
        "summary": each.summary,
        "requestBody": {"required": True, **_content(ref(each.request))},
        "responses": {
            "200": {
                "description": "Done, or refused for what was sent",
                **_content({"anyOf": [ref(each.response), *refused["anyOf"]]}),
            },
            "500": {"description": "A fault of the service", **_content(refused)},
            "503": {"description": "The database cannot be reached, or takes too long", **_content(refused)},
        },
    }


def _content(schema: Json) -> Json:
    return {"content": {"application/json": {"schema": schema}}}
