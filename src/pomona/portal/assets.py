"""The style sheet, the script and the pictures: read once, named by their content, kept by browsers for ever."""

import hashlib
from pathlib import Path

from minijinja import safe
from starlette.responses import Response

PREFIX = "/portal/static/"
_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """All files of `static/`, in memory: a few kilobytes."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        for file in sorted(_FOLDER.iterdir()):
            body = file.read_bytes()
            name = f"{file.stem}.{hashlib.sha256(body).hexdigest()[:12]}{file.suffix}"
            self._urls[file.name] = safe(PREFIX + name)
            self._files[name] = (body, _TYPES[file.suffix])

    def url(self, name: str) -> str:
        """The address of a file of `static/`, which changes when its content does."""
        return self._urls[name]

    def response(self, name: str) -> Response | None:
        """The file behind a hashed name, or None."""
        found = self._files.get(name)
        if found is None:
            return None
        body, media_type = found
        headers = {"cache-control": _FOR_EVER, "x-content-type-options": "nosniff"}
        return Response(body, media_type=media_type, headers=headers)
