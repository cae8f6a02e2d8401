"""Lists of devices for people: filters, a search text, pages with the last arrivals first, and never a count."""

from collections.abc import Sequence
from dataclasses import dataclass

from pomona.catalogue.kinds import Kind
from pomona.registry import device_selection
from pomona.registry.device_parts import (
    AddedSince,
    FromSources,
    FromSupplier,
    InState,
    OfKinds,
    OfOrders,
    OnServices,
    Part,
    State,
    orders_numbered,
)
from pomona.registry.device_words import MeantBy
from pomona.registry.devices import PROFILE_STATUSES, Source
from pomona.store import Row, Tx


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """What a device has to be. Everything that is given must hold.

    `text` is what `device_words` understands. `source_id` is an Apple Customer Number or Reseller Number. `added_since`
    is a time in milliseconds.
    """

    text: str = ""
    state: State = "owned"
    kind: Kind | None = None
    service_id: int | None = None
    order_number: str = ""
    source: Source | None = None
    source_id: str = ""
    added_since: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """What a list shows of a device. `service_id` is internal; times are milliseconds."""

    id: int
    serial: str
    kind: Kind
    inferred: bool
    model: str
    capacity: str
    color: str
    source: str
    source_id: str
    order_number: str
    added_at: int
    released_at: int | None
    provisional_until: int | None
    service_id: int | None
    profile_status: str


@dataclass(frozen=True, slots=True)
class Found:
    """A page. `after` is what the next one begins behind, None at the end; `partly` says that the page is not full and
    yet more may follow, because the window was looked through."""

    devices: list[DeviceLine]
    after: int | None
    partly: bool


_SELECT = (
    "SELECT d.id, d.serial, d.kind, d.inferred, p.model, p.capacity, p.color, d.source, d.source_id,"
    " coalesce(o.number, ''), d.added_at, d.released_at, d.provisional_until, s.service_id, s.profile_status"
    " FROM {ids} e JOIN device d ON d.id = e.c0 JOIN device_state s ON s.device_id = d.id"
    " JOIN product p ON p.id = d.product_id LEFT JOIN purchase_order o ON o.id = d.order_id ORDER BY e.n"
)


def search(
    tx: Tx, organization_id: int, wanted: DeviceFilter, *, after: int | None = None, limit: int = 100
) -> Found:
    """A page of an organisation's devices, the last to arrive first; `after` is what the page before gave."""
    chosen = device_selection.choose(
        *(tx, organization_id, _parts(tx, organization_id, wanted)),
        after=after,
        limit=limit,
        newest_first=True,
    )
    lines = of_numbers(tx, chosen.ids)
    if chosen.partly and chosen.after is not None and _is_past(tx, chosen.after, wanted.added_since):
        return Found(lines, None, False)
    return Found(lines, chosen.after, chosen.partly)


def of_numbers(tx: Tx, ids: Sequence[int]) -> list[DeviceLine]:
    """Devices by internal number, in the order asked for."""
    rows = tx.rows(_SELECT.format(ids=tx.each("$1", "bigint")), tx.pack([(id,) for id in ids]))
    return [_line(row) for row in rows]


def _parts(tx: Tx, organization_id: int, wanted: DeviceFilter) -> list[Part]:
    parts: list[Part] = []
    if wanted.text:
        parts.append(MeantBy(wanted.text))
    if wanted.order_number:
        parts.append(OfOrders(orders_numbered(tx, organization_id, [wanted.order_number])))
    if wanted.service_id is not None:
        parts.append(OnServices([wanted.service_id]))
    parts.append(InState(wanted.state))
    if wanted.source is not None:
        parts.append(FromSources([wanted.source]))
    if wanted.source_id:
        parts.append(FromSupplier(wanted.source_id))
    if wanted.kind is not None:
        parts.append(OfKinds([wanted.kind]))
    if wanted.added_since is not None:
        parts.append(AddedSince(wanted.added_since))
    return parts


def _is_past(tx: Tx, id: int, since: int | None) -> bool:
    """Whether a device, and with it all that came before it, arrived too early."""
    if since is None:
        return False
    added = tx.value("SELECT added_at FROM device WHERE id = $1", id)
    return added is not None and int(added) < since


def _line(row: Row) -> DeviceLine:
    values = (*row[:2], Kind(row[2]), bool(row[3]), *row[4:14], PROFILE_STATUSES[row[14]])
    return DeviceLine(*values)
