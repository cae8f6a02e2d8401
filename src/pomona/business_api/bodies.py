"""Request bodies: decoded into typed objects; what does not fit is refused with a pointer to it."""

import re
from typing import TypeVar

import msgspec

from pomona.business_api.errors import ApiError, Problem

T = TypeVar("T")

_AT = re.compile(r"^(?P<said>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_NAME = re.compile(r"`([^`]*)`")


def decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The body as an object. Raises `ApiError`: 400 when it is no JSON, 422 or 409 when it does not fit."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as problem:
        raise _misfit(str(problem)) from None
    except (ValueError, RecursionError):
        detail = "The request body is no JSON document." if body else "The request has no body."
        raise ApiError(400, Problem("ENTITY_ERROR", detail)) from None


def _misfit(text: str) -> ApiError:
    match = _AT.match(text)
    assert match is not None
    said, pointer = match["said"], re.sub(r"[.\[]", "/", (match["path"] or "").replace("]", ""))
    name = _NAME.search(said)
    if said.startswith("Object missing required field") and name:
        pointer = f"{pointer}/{name[1]}"
        return _problem(422, "REQUIRED", f"'{name[1]}' is missing.", pointer)
    if said.startswith("Object contains unknown field") and name:
        pointer = f"{pointer}/{name[1]}"
        return _problem(409, "UNKNOWN", f"'{name[1]}' is not known or cannot be written.", pointer)
    if said.startswith("Expected `"):
        return _problem(422, "TYPE", f"{said.replace('`', '')}.", pointer)
    return _problem(409, "INVALID", f"{said}.", pointer)


def _problem(status: int, word: str, detail: str, pointer: str) -> ApiError:
    area = "RELATIONSHIP" if pointer.startswith("/data/relationships") else "ATTRIBUTE"
    return ApiError(status, Problem(f"ENTITY_ERROR.{area}.{word}", detail, pointer))
