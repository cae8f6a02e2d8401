"""The devices of the organisation: search, filters, pages, a selection to act on, and the same as CSV."""

from functools import partial
from typing import Any

from pomona.catalogue.kinds import Kind
from pomona.portal import device_filters, missing, words
from pomona.portal.answers import Answer, Moved, Piece, Shown, Stream
from pomona.portal.csv_files import csv_line
from pomona.portal.device_filters import Asked, asked
from pomona.portal.paging import number_of
from pomona.portal.service_names import ServiceName, service_names
from pomona.portal.visit import Visit
from pomona.portal.wording import utc
from pomona.registry import device_columns, device_search
from pomona.registry.device_search import DeviceLine
from pomona.store import Tx

PAGE = 50
_PIECE = 2_000


def show(tx: Tx, visit: Visit) -> Answer:
    """A page of devices; a search that means one device leads to it."""
    names = service_names(tx, visit.organization_id)
    wish = asked(visit.query, names, visit.now)
    after = number_of(visit.query, "after")
    found = device_search.search(tx, visit.organization_id, wish.wanted, after=after, limit=PAGE)
    only = found.devices[0] if len(found.devices) == 1 and after is None else None
    if only is not None and only.serial == wish.wanted.text.upper():
        return Moved(f"/portal/devices/{only.serial}")
    context = {
        "devices": [_line(device, names) for device in found.devices],
        "next": None if found.after is None else wish.query(after=found.after),
        "partly": found.partly,
        "first": after is None,
        "wish": wish.given,
        "query": wish.query(),
        "filtered": bool(wish.given),
        "chips": device_filters.chips(wish, names),
        "choices": _choices(names),
        "targets": [service for service in names.values() if service.kind != "APPLE_CONFIGURATOR"],
        "missing": None if found.devices or after else missing.explained(tx, visit, wish.wanted.text),
    }
    return Shown("device_list.html", context)


def export(tx: Tx, visit: Visit) -> Answer:
    """All devices that pass the filter, as CSV."""
    names = service_names(tx, visit.organization_id)
    wish = asked(visit.query, names, visit.now)
    piece = partial(_piece, organization_id=visit.organization_id, wish=wish, names=names)
    return Stream(f"devices-{utc(visit.now):%Y-%m-%d}.csv", "text/csv; charset=utf-8", piece, 0)


def _piece(tx: Tx, after: Any, organization_id: int, wish: Asked, names: dict[int, ServiceName]) -> Piece:
    found = device_search.search(tx, organization_id, wish.wanted, after=after or None, limit=_PIECE)
    text = csv_line(device_columns.HEADING) if not after else ""
    titles = {id: service.name for id, service in names.items()}
    text += "".join(csv_line(device_columns.cells(device, titles)) for device in found.devices)
    return text.encode(), found.after


def _choices(names: dict[int, ServiceName]) -> dict[str, Any]:
    """What each filter can be: value and label."""
    return {
        "state": list(device_filters.STATES.items()),
        "kind": [(kind.name, kind.label) for kind in Kind],
        "service": [(service.uuid, service.name) for service in names.values()],
        "source": list(device_filters.SOURCES.items()),
        "added": [(name, label) for name, (label, _) in device_filters.PERIODS.items()],
    }


def _line(device: DeviceLine, names: dict[int, ServiceName]) -> dict[str, Any]:
    service = names.get(device.service_id or 0)
    details = " ".join(part for part in (device.capacity, device.color.capitalize()) if part)
    return {
        "serial": device.serial,
        "kind": int(device.kind),
        "label": device.kind.label,
        "model": device.model,
        "details": details,
        "inferred": device.inferred,
        "service": service.name if service else "",
        "released": device.released_at is not None,
        "profile": words.PROFILES[device.profile_status] if service else "",
        "provisional": device.provisional_until,
        "source": words.SOURCES[device.source],
        "source_id": device.source_id,
        "by_hand": device.source == "MANUALLY_ADDED",
        "order": device.order_number,
        "added_at": device.added_at,
    }
