"""The query string: page size, cursor, filters and sparse fieldsets."""

from urllib.parse import quote, unquote_plus

from pomona.business_api.errors import bad_parameter
from pomona.formats.times import parse_iso

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000

_MAX_PARAMETERS = 100
_FAMILIES = ("fields", "filter", "include", "limit", "sort")
_CARRIED = ("filter[", "fields[", "include")


class Query:
    """A request's parameters. One that is given several times means all its values."""

    def __init__(self, raw: bytes) -> None:
        self._values: dict[str, list[str]] = {}
        text = raw.decode("latin-1")
        pairs = text.split("&", _MAX_PARAMETERS)
        if len(pairs) > _MAX_PARAMETERS:
            raise bad_parameter("", f"More than {_MAX_PARAMETERS} parameters were sent.")
        escaped = "%" in text or "+" in text
        for pair in pairs:
            if pair:
                name, _, value = pair.partition("=")
                if escaped:
                    name, value = unquote_plus(name), unquote_plus(value)
                    if "\0" in value or "\0" in name:
                        raise bad_parameter(
                            name.replace("\0", ""), "A parameter has a character that is none."
                        )
                self._values.setdefault(name, []).append(value)

    @classmethod
    def of(cls, raw: bytes) -> "Query":
        """The parameters of a query string. Raises `ApiError` 400."""
        return cls(raw) if raw else _NOTHING

    @property
    def empty(self) -> bool:
        """Whether nothing was sent."""
        return not self._values

    def first(self, name: str) -> str | None:
        """The first value of a parameter, or None."""
        values = self._values.get(name)
        return None if values is None else values[0]

    def fields(self, type: str) -> list[str] | None:
        """The names asked for of a resource type, in order; None when all are meant. An empty list means none."""
        values = self._values.get(f"fields[{type}]")
        if values is None:
            return None
        return [name.strip() for value in values for name in value.split(",") if name.strip()]

    def filter(self, name: str) -> list[str] | None:
        """The values of a filter, None when it was not sent. Apple takes one; several are joined by commas."""
        values = self._values.get(f"filter[{name}]")
        if values is None:
            return None
        return [part.strip() for value in values for part in value.split(",") if part.strip()]

    @property
    def has_filters(self) -> bool:
        """Whether there is any filter."""
        return any(name.startswith("filter[") for name in self._values)

    def carried(self, written: str | None) -> str:
        """Filters, inclusions and fieldsets as they go on into the next page's URL, but for the parameter that is
        `written` there already; nothing, or beginning with an ampersand."""
        return "".join(
            f"&{quote(name, safe='')}={quote(value, safe='')}"
            for name, values in self._values.items()
            if name.startswith(_CARRIED) and name != written
            for value in values
        )

    def limit(self, name: str = "limit") -> int:
        """A page's size, or that of an inclusion. Raises `ApiError` 400 unless it is a whole number from 1 to 1000."""
        text = self.first(name)
        if text is None:
            return DEFAULT_LIMIT
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT):
            raise bad_parameter(
                name, f"'{text[:40]}' is no page size; expected a whole number from 1 to {MAX_LIMIT}."
            )
        return int(text)

    def offers(self, *names: str) -> None:
        """Refuses what would be misunderstood if it were ignored: a filter, a sort order, an inclusion, a fieldset of
        another type, that the operation does not offer. `names` are those it does. Raises `ApiError` 400."""
        for name in self._values:
            if name.partition("[")[0] in _FAMILIES and name not in names and name != "limit":
                offered = f"offered are {', '.join(names)}" if names else "none is offered"
                raise bad_parameter(
                    name, f"The parameter '{name[:100]}' cannot be used with this request; {offered}."
                )


def moment(name: str, text: str) -> int:
    """The time (milliseconds) that a parameter says. Raises `ApiError` 400."""
    # An offset's plus sign that was not escaped has become a blank.
    head, blank, zone = text.rpartition(" ")
    try:
        return parse_iso(f"{head}+{zone}" if blank and len(head) > len("2026-01-02") else text)
    except ValueError as problem:
        raise bad_parameter(name, f"{problem}.") from None


_NOTHING = Query(b"")
