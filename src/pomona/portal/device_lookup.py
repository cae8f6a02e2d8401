"""Looking many devices up: paste or upload a list, see which are here and where, and take the answer along."""

import re
from typing import Any

from pomona.portal.answers import Answer, Download, Shown
from pomona.portal.service_names import service_names
from pomona.portal.visit import Visit
from pomona.portal.wording import utc
from pomona.registry import device_lists, lookups
from pomona.registry.errors import Invalid
from pomona.registry.lookups import Answer as Found
from pomona.registry.lookups import Hit
from pomona.store import Tx

_BETWEEN = re.compile(r"[\s,;]+")
_SHOWN = 500
_LOOKS = {Found.FOUND: "ok", Found.RELEASED: "off", Found.NOT_OURS: "bad", Found.MALFORMED: "bad"}
_SAID = {
    Found.FOUND: "Here",
    Found.RELEASED: "Released",
    Found.NOT_OURS: "Not of this organisation",
    Found.MALFORMED: "No serial number",
}


def form(tx: Tx, visit: Visit) -> Answer:
    """Where devices are named."""
    return Shown("device_lookup.html", {"most": lookups.MOST, "hits": [], "said": [], "total": 0, "text": ""})


def show(tx: Tx, visit: Visit) -> Answer:
    """What is known of each."""
    text = _text(visit)
    hits = lookups.look_up(tx, visit.organization_id, _asked(text))
    names = service_names(tx, visit.organization_id)
    context = {
        "most": lookups.MOST,
        "text": text,
        "total": len(hits),
        "hits": [_row(hit, {id: name.name for id, name in names.items()}) for hit in hits[:_SHOWN]],
        "said": [
            {"look": _LOOKS[answer], "what": _SAID[answer], "count": count}
            for answer, count in lookups.counts(hits).items()
            if count
        ],
    }
    return Shown("device_lookup.html", context)


def export(tx: Tx, visit: Visit) -> Answer:
    """The same as a file."""
    hits = lookups.look_up(tx, visit.organization_id, _asked(_text(visit)))
    titles = {id: name.name for id, name in service_names(tx, visit.organization_id).items()}
    name = f"lookup-{utc(visit.now):%Y-%m-%d}.csv"
    return Download(name, "text/csv; charset=utf-8", lookups.csv(hits, titles))


def _text(visit: Visit) -> str:
    pasted, upload = "".join(visit.form.texts("devices")[-1:]), visit.form.file("list")
    if upload is not None and pasted.strip():
        raise Invalid("Paste devices or choose a file, not both: the answer counts lines.", field="list")
    return pasted if upload is None else device_lists.text_of(upload.body)


def _asked(text: str) -> list[tuple[int, str]]:
    """A list of lines, or of words when everything is in one. Raises `Invalid` for none."""
    words = [word for word in _BETWEEN.split(text) if word]
    if len(text.split("\n")) == 1 or len(words) == 1:
        asked = list(enumerate(words, 1))
    else:
        asked = [(entry.line, entry.asked.text) for entry in device_lists.read(text).entries]
    if not asked:
        raise Invalid("Name at least one device: paste or upload serial numbers.", field="devices")
    return asked


def _row(hit: Hit, titles: dict[int, str]) -> dict[str, Any]:
    device = hit.device
    return {
        "line": hit.line,
        "text": hit.text[:60],
        "look": _LOOKS[hit.answer],
        "what": _SAID[hit.answer],
        "serial": device.serial if device else "",
        "kind": int(device.kind) if device else None,
        "model": device.model if device else "",
        "inferred": device.inferred if device else False,
        "service": titles.get(device.service_id or 0, "") if device else "",
        "order": device.order_number if device else "",
        "added_at": device.added_at if device else None,
    }
