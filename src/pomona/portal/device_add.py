"""Adding devices by hand, as Apple Configurator does: which ones, what they are, and where they go."""

import re
from typing import Any

from pomona.catalogue.products import Product, find
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.portal.answers import Answer, Shown
from pomona.portal.service_names import service_names
from pomona.portal.visit import Visit
from pomona.registry import by_hand, device_facts, services
from pomona.registry.arrivals import Outcome
from pomona.registry.by_hand import Where
from pomona.registry.errors import Invalid
from pomona.store import Tx

_PARTED = re.compile(r"\s*[,;\t]\s*")
_SHOWN = 5


def form(tx: Tx, visit: Visit) -> Answer:
    """The empty form, or the one that was refused."""
    names = service_names(tx, visit.organization_id)
    return Shown(
        "device_add.html",
        {"services": [each for each in names.values() if each.kind != "APPLE_CONFIGURATOR"]},
    )


def add(tx: Tx, visit: Visit) -> Answer:
    """Adds what has no owner and says what became of each; sending the form again changes nothing."""
    wanted = _lines(visit.form.text("devices"))
    _check(tx, visit, wanted)
    products: dict[str, Product | None] = {
        serial: find(name) if name else None for serial, name in wanted.items()
    }
    outcomes = by_hand.add(
        tx,
        visit.organization_id,
        products,
        where=_where(tx, visit),
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    rows = [_row(serial, outcomes[serial], visit) for serial in wanted]
    return Shown("device_added.html", {"rows": rows, "added": sum(row["look"] == "ok" for row in rows)})


def _lines(text: str) -> dict[str, str]:
    """Each line's serial and what it is called, empty when that is not said. Raises `Invalid` naming the lines."""
    wanted: dict[str, str] = {}
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        serial, *product = _PARTED.split(line.strip(), maxsplit=1)
        if not serial or serial.lower() in ("serial", "serial_number", "serial number"):
            continue
        try:
            wanted[canonical(serial)] = product[0].strip() if product else ""
        except InvalidSerial as problem:
            wrong.append(f"line {number}: {problem}")
    if wrong:
        raise Invalid(_some(wrong), field="devices")
    if not wanted:
        raise Invalid("Name at least one device, one in each line.", field="devices")
    return wanted


def _check(tx: Tx, visit: Visit, wanted: dict[str, str]) -> None:
    wrong = device_facts.checked(tx, wanted, strict=visit.runtime.settings.catalogue == "strict")
    if wrong:
        said = [f"{serial}: {unmade.detail or unmade.problem.sentence}" for serial, unmade in wrong.items()]
        raise Invalid(_some(said), field="devices")


def _some(problems: list[str]) -> str:
    """The first problems; whoever mends those sees the next."""
    more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return "; ".join(problems[:_SHOWN]) + more


def _where(tx: Tx, visit: Visit) -> Where:
    said = visit.form.text("where")
    words: tuple[Where, ...] = ("placeholder", "default", "none")
    known = next((word for word in words if word == said), None)
    return known or services.by_uuid(tx, visit.organization_id, said)


def _row(serial: str, outcome: Outcome, visit: Visit) -> dict[str, Any]:
    if outcome.added:
        return {"serial": serial, "look": "ok", "what": "Added", "here": True}
    if outcome.owner == visit.organization_id:
        return {"serial": serial, "look": "off", "what": "Was here already", "here": True}
    return {"serial": serial, "look": "bad", "what": "Belongs to another organisation", "here": False}
