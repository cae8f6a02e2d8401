"""Serial numbers as people paste and upload them: separated by anything, in any case, with a heading or without."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pomona.catalogue import tables
from pomona.catalogue.identifiers import classify
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.portal.forms import Form, Upload
from pomona.registry import device_lists
from pomona.registry.devices import first_number, last_number
from pomona.registry.errors import Invalid
from pomona.store import Tx

_BETWEEN = re.compile(r"[\s,;]+")
_HEADINGS = frozenset(
    {"SERIAL", "SERIALS", "NUMBER", "NUMBERS", "SERIALNUMBER", "SERIAL_NUMBER", "SERIAL-NUMBER"}
)
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SerialList:
    """Canonical serials, distinct, in the order they came; and what could not be one, as it was typed."""

    serials: list[str]
    unreadable: list[str]

    @property
    def some_unreadable(self) -> list[str]:
        """The first few of what could not be read."""
        return self.unreadable[:_SHOWN]


def read(tx: Tx, organization_id: int, form: Form) -> SerialList:
    """The devices that a form names: ticked (`serial`), pasted (`serials`) or in a file (`list`).

    The IMEI or MEID of a device of the organisation stands for its serial. Raises `Invalid` when there is none at all.
    """
    upload = form.file("list")
    words = [
        *form.texts("serial"),
        *_BETWEEN.split(form.text("serials")),
        *(_column(upload) if upload else []),
    ]
    named = list(dict.fromkeys(word.strip("\"'") for word in words))
    known = _resolved(
        tx, organization_id, [word.upper() for word in named if classify(word.upper()) != "serial"]
    )
    found: dict[str, None] = {}
    unreadable = []
    for word in named:
        if not word or word.upper() in _HEADINGS:
            continue
        try:
            found[known.get(word.upper()) or canonical(word)] = None
        except InvalidSerial:
            unreadable.append(word[:40])
    if not found and not unreadable:
        raise Invalid("Name at least one device: tick, paste or upload serial numbers.", field="serials")
    return SerialList(list(found), unreadable)


def _column(upload: Upload) -> list[str]:
    try:
        text = tables.decoded(upload.body)
    except ValueError:
        raise Invalid(
            f"{upload.name} is no text file; expected CSV or text with a serial number in each line.",
            field="list",
        ) from None
    if len(text.strip().splitlines()) == 1:
        return _BETWEEN.split(text)
    return [entry.asked.text for entry in device_lists.read(text).entries]


def _resolved(tx: Tx, organization_id: int, identifiers: Sequence[str]) -> dict[str, str]:
    if not identifiers:
        return {}
    rows = tx.rows(
        f"SELECT e.v, o.serial FROM {tx.each('$1')} e JOIN device_identifier i ON i.value = substr(e.v, 1, 14)"
        " JOIN device d ON d.id = i.device_id JOIN serial_owner o ON o.serial = d.serial AND o.device_id = d.id"
        " WHERE i.device_id BETWEEN $2 AND $3",
        *(tx.pack(identifiers), first_number(organization_id), last_number(organization_id)),
    )
    return dict(rows)
