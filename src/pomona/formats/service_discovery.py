"""Service discovery of account-driven enrolment: what a device asks of its user's domain, and what it is told.

A device sends its user's identifier and its model family; the answer names one server, how it enrols and where. Redirects
must carry both parameters on, because devices do not repeat them.
"""

import json
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

WELL_KNOWN = "/.well-known/com.apple.remotemanagement"
ALTERNATE = "/mdmBaseURL"
USER_IDENTIFIER = "user-identifier"
MODEL_FAMILY = "model-family"

Version = Literal["mdm-byod", "mdm-adde"]

VERSIONS: dict[str, Version] = {
    "iPad": "mdm-byod",
    "iPhone": "mdm-byod",
    "Mac": "mdm-adde",
    "RealityDevice": "mdm-byod",
}
"""The model families that enrol by an account, and how they do in a service that does not decide for itself: personal
devices as their user's own, Macs as the organisation's."""

FAILED = "com.apple.well-known.failed"


class MalformedDiscovery(ValueError):
    """The answer is not one that a device could follow."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a device enrols: `version` is mdm-byod or mdm-adde, `base_url` where it posts."""

    version: str
    base_url: str


def document(server: Server) -> bytes:
    """The JSON document that names `server`; today's devices expect exactly one."""
    return _json({"Servers": [{"Version": server.version, "BaseURL": server.base_url}]})


def refusal(message: str) -> bytes:
    """The JSON document of a 403: devices may show `message` and go on to look elsewhere."""
    return _json({"code": FAILED, "message": message})


def read(content_type: str, body: bytes) -> Server:
    """The first server of an answer, read as a device does. Raises MalformedDiscovery."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise MalformedDiscovery(f"the content type is {content_type[:40]!r}; expected application/json")
    try:
        first = json.loads(body)["Servers"][0]
        version, base_url = first["Version"], first["BaseURL"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise MalformedDiscovery(
            "expected a JSON document with Servers, each with Version and BaseURL"
        ) from None
    if version not in VERSIONS.values() or not isinstance(base_url, str):
        raise MalformedDiscovery(f"the version {str(version)[:40]!r} is not one that devices know")
    return Server(version, base_url)


def query(user_identifier: str, model_family: str) -> str:
    """The two parameters as a device sends them."""
    return urlencode({USER_IDENTIFIER: user_identifier, MODEL_FAMILY: model_family})


def redirect(url: str, user_identifier: str, model_family: str) -> str:
    """`url` with both parameters added to whatever query it has, in the letters that a header may have."""
    parts = urlsplit(quote(url, safe="%/:=&?~#+!$,;'@()*[]"))
    both = query(user_identifier, model_family)
    return urlunsplit(parts._replace(query=f"{parts.query}&{both}" if parts.query else both))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
