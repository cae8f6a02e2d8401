"""Turns templates into HTML. Everything is escaped, an undefined name is an error, and nothing in a page is inline."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minijinja import Environment, pass_state, safe
from minijinja._lowlevel import State
from starlette.responses import HTMLResponse, Response

from pomona.catalogue.kinds import Kind
from pomona.portal import wording
from pomona.portal.assets import Assets
from pomona.portal.icons import icon, kind_icon

_FOLDER = Path(__file__).parent / "templates"

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Sent with every page and every download."""


class Pages:
    """The templates. One of these serves a whole process; templates are read when they are first shown."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=_load,
            undefined_behavior="strict",
            trim_blocks=True,
            lstrip_blocks=True,
            debug=False,
            filters={
                "age": _age,
                "count": wording.count,
                "date": _date,
                "kind": lambda number: Kind(number).label,
                "number": wording.number,
                "sentence": wording.sentence,
                "value": _value,
                "when": _when,
            },
            globals={"asset": assets.url, "icon": icon, "kind_icon": kind_icon},
        )

    def html(self, template: str, context: Mapping[str, Any]) -> str:
        """A template filled in. Raises `minijinja.TemplateError` for a name that the context lacks."""
        return self._environment.render_template(
            template, **{name: _named(value) for name, value in context.items()}
        )

    def response(self, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
        """The whole answer, with the headers that keep a page to itself."""
        return HTMLResponse(self.html(template, context), status, HEADERS)


def _load(name: str) -> str | None:
    file = _FOLDER / name
    return file.read_text() if file.is_file() else None


def _named(value: Any) -> Any:
    """Named tuples as mappings: a template takes them for lists otherwise and knows no names in them."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    return [_named(each) for each in value] if isinstance(value, list) else value


@pass_state
def _when(state: State, ms: int) -> str:
    text = wording.utc(ms)
    said = wording.age(ms, state.lookup("now"))
    return safe(f'<time datetime="{text:%Y-%m-%dT%H:%M:%SZ}" title="{said}">{text:%Y-%m-%d %H:%M} UTC</time>')


@pass_state
def _date(state: State, ms: int) -> str:
    text = wording.utc(ms)
    said = wording.age(ms, state.lookup("now"))
    return safe(f'<time datetime="{text:%Y-%m-%dT%H:%M:%SZ}" title="{said}">{text:%Y-%m-%d}</time>')


@pass_state
def _age(state: State, ms: int) -> str:
    return wording.age(ms, state.lookup("now"))


def _value(form: Mapping[str, str], name: str, otherwise: str = "") -> str:
    return form.get(name, otherwise)
