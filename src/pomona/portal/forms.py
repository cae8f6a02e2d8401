"""Forms as they come back from a browser, read with a running limit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from pomona.runtime.asgi import BodyTooLarge, Call

_MOST_FIELDS = 2_000
_MOST_FILES = 2


class TooLarge(ValueError):
    """The body is larger than this form may be."""


class Unreadable(ValueError):
    """The body is no form."""


class Upload(NamedTuple):
    """A file that was chosen in a form."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, ticked and chosen."""

    fields: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A field without blanks around it; empty when it is not there."""
        values = self.fields.get(name)
        return values[-1].strip() if values else ""

    def secret(self, name: str) -> str:
        """A password as it was typed, blanks and all."""
        values = self.fields.get(name)
        return values[-1] if values else ""

    def texts(self, name: str) -> list[str]:
        """All values of a field that may come several times."""
        return self.fields.get(name, [])

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self.fields

    def file(self, name: str) -> Upload | None:
        """The file chosen in a field, or None."""
        return self.files.get(name)

    def typed(self) -> dict[str, str]:
        """The fields' last values, to fill the form in again."""
        return {name: values[-1] for name, values in self.fields.items()}


async def read(request: Request, limit: int) -> Form:
    """The form in a request of at most `limit` bytes. Raises `TooLarge` or `Unreadable`."""
    form = await _parsed(request, limit)
    names = (upload.name for upload in form.files.values())
    if any("\0" in text for texts in (names, *form.fields.values()) for text in texts):
        raise Unreadable("The form contains a NUL character; go back and type it anew.")
    return form


async def _parsed(request: Request, limit: int) -> Form:
    body = await _body(request, limit)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _multipart(request, body, limit)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise Unreadable("The form could not be read; go back, reload the page and try again.") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form(fields)


async def _body(request: Request, limit: int) -> bytes:
    try:
        return await Call(request.scope, request.receive).body(limit)
    except BodyTooLarge:
        raise TooLarge(f"The form is larger than {limit:,} bytes; send less at once.") from None


async def _multipart(request: Request, body: bytes, limit: int) -> Form:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    fields: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    try:
        async with Request(request.scope, receive).form(
            max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=limit
        ) as parsed:
            for name, value in parsed.multi_items():
                if not isinstance(value, UploadFile):
                    fields.setdefault(name, []).append(value)
                elif value.filename:
                    files[name] = Upload(value.filename, await value.read())
    except (MultiPartException, UnicodeDecodeError):
        raise Unreadable("The form could not be read; go back, reload the page and try again.") from None
    return Form(fields, files)
