"""Adding devices by hand, as Apple Configurator does: which ones, what they are, where they go, and what became of each."""

from collections.abc import Sequence
from typing import Any

from pomona.portal.answers import Answer, Download, Shown
from pomona.portal.service_names import service_names
from pomona.portal.visit import Visit
from pomona.portal.wording import utc
from pomona.registry import by_hand, device_lists, services
from pomona.registry.by_hand import Fate, Where
from pomona.registry.device_lists import Outcome
from pomona.registry.errors import Invalid
from pomona.store import Tx

_SHOWN = 200
"""Lines of each kind that a page shows; the report has them all."""

_LOOKS = {Fate.ADDED: "ok", Fate.HERE: "off", Fate.REPEATED: "off"}
_SAID = {
    Fate.ADDED: "Added",
    Fate.HERE: "Was here already",
    Fate.TAKEN: "Belongs to another organisation",
    Fate.REPEATED: "Named twice",
    Fate.INVALID: "No serial number",
    Fate.UNRESOLVED: "Unknown IMEI or MEID",
    Fate.PRODUCT_UNKNOWN: "Unknown product",
    Fate.NOT_RECORDED: "Not in the catalogue",
    Fate.TAG_TOO_LONG: "Asset tag too long",
}


def form(tx: Tx, visit: Visit) -> Answer:
    """The empty form, or the one that was refused."""
    names = service_names(tx, visit.organization_id)
    return Shown(
        "device_add.html",
        {
            "services": [each for each in names.values() if each.kind != "APPLE_CONFIGURATOR"],
            "most": by_hand.MOST,
        },
    )


def check(tx: Tx, visit: Visit) -> Answer:
    """What would become of each line; nothing happens."""
    return _shown(tx, visit, dry_run=True)


def add(tx: Tx, visit: Visit) -> Answer:
    """Adds what has no owner and says what became of each line; sending the form again changes nothing."""
    return _shown(tx, visit, dry_run=False)


def report(tx: Tx, visit: Visit) -> Answer:
    """The report that a page showed, as a file."""
    body = visit.form.text("report").replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n"
    return Download(f"devices-added-{utc(visit.now):%Y-%m-%d}.csv", "text/csv; charset=utf-8", body.encode())


def _shown(tx: Tx, visit: Visit, *, dry_run: bool) -> Answer:
    text = _text(visit)
    where = by_hand.place(tx, visit.organization_id, visit.form.text("where"))
    found = _done(tx, visit, text, where, dry_run=dry_run)
    refused = [each for each in found if not each.added]
    context = {
        "checked": dry_run,
        "text": text,
        "where": visit.form.text("where"),
        "place": where.name if isinstance(where, services.Service) else "",
        "added": len(found) - len(refused),
        "refused": len(refused),
        "rows": [
            _row(each) for each in (*refused[:_SHOWN], *[each for each in found if each.added][:_SHOWN])
        ],
        "total": len(found),
        "report": device_lists.csv_report(found).decode(),
    }
    return Shown("device_added.html", context)


def _text(visit: Visit) -> str:
    """What was pasted, or the text of the file that was chosen. Raises `Invalid` for both or neither."""
    # As it was typed: lines are counted from the first, even if nothing is in it.
    pasted, upload = "".join(visit.form.texts("devices")[-1:]), visit.form.file("list")
    if upload is None:
        if not pasted.strip():
            raise Invalid("Name at least one device, one in each line, or choose a file.", field="devices")
        return pasted
    if pasted.strip():
        raise Invalid("Paste devices or choose a file, not both: the report counts lines.", field="list")
    return device_lists.text_of(upload.body)


def _done(tx: Tx, visit: Visit, text: str, where: Where, *, dry_run: bool) -> Sequence[Outcome]:
    named = device_lists.read(text)
    if not (named.entries or named.problems):
        raise Invalid("Name at least one device, one in each line.", field="devices")
    return device_lists.add(
        tx,
        visit.organization_id,
        named,
        where=where,
        strict=visit.runtime.settings.catalogue == "strict",
        dry_run=dry_run,
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )


def _row(outcome: Outcome) -> dict[str, Any]:
    fate = Fate(outcome.result) if outcome.result in Fate.__members__.values() else None
    return {
        "line": outcome.line,
        "device": outcome.serial or outcome.device[:60],
        "here": fate in (Fate.ADDED, Fate.HERE),
        "look": _LOOKS.get(fate, "bad") if fate else "bad",
        "what": _SAID[fate] if fate else "Cannot be read",
        "reason": outcome.reason if fate not in (Fate.HERE, Fate.TAKEN) else "",
        "model": outcome.model,
    }
