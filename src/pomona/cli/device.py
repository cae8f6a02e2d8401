"""`pomona device`: devices, where they are assigned, and what happened to them."""

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import (
    device_add,
    device_care,
    device_changes,
    device_coverage,
    device_lookup,
    device_migration,
    device_why,
)
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, say, show_json, show_list, show_record, show_table, when

if TYPE_CHECKING:
    from pomona.catalogue.kinds import Kind
    from pomona.registry.device_history import Moment
    from pomona.registry.device_search import DeviceLine
    from pomona.registry.devices import Device

app = typer.Typer(
    no_args_is_help=True,
    help="Devices: find them, see their history, assign, unassign and release them.",
)
app.command("add")(device_add.add)
app.command("why")(device_why.why)
app.command("lookup")(device_lookup.lookup)
app.command("assign")(device_changes.assign)
app.command("unassign")(device_changes.unassign)
app.command("release")(device_changes.release)
app.command("keep")(device_changes.keep)
app.command("replace")(device_care.replace)
app.command("unlock")(device_care.unlock)
app.command("repair")(device_care.repair)
app.command("migrate")(device_migration.migrate)
app.command("deadline")(device_migration.deadline)
app.add_typer(device_coverage.app, name="coverage")

_COLUMNS = ("serial", "kind", "model", "state", "service", "source", "order", "added")
_UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
_STATES = ("owned", "assigned", "unassigned", "released")
_SOURCES = ("APPLE", "RESELLER", "MANUALLY_ADDED")


@app.command("list")
def list_(
    ctx: typer.Context,
    text: Annotated[
        str,
        typer.Argument(
            help="Beginning of a serial or asset tag; a whole IMEI, MEID or order number; or words like iphone blue."
        ),
    ] = "",
    state: Annotated[str, typer.Option(help="owned, assigned, unassigned or released.")] = "owned",
    kind: Annotated[str | None, typer.Option(help="iPhone, iPad, Mac, AppleTV, Watch or Vision.")] = None,
    service: Annotated[str | None, typer.Option(help="Name or id of a device management service.")] = None,
    source: Annotated[str | None, typer.Option(help="apple, reseller or manually_added.")] = None,
    supplier: Annotated[str, typer.Option(help="Apple customer or reseller number.")] = "",
    added: Annotated[str | None, typer.Option(help="Added within, like 90m, 24h, 7d or 4w.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many to show; 0 for all.")] = 100,
    after: Annotated[int | None, typer.Option(help="Go on where the list before ended.")] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """List devices, the last to arrive first. Filters are combined."""
    from pomona.registry import device_search, services

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        named = service and runtime.store.read_sync(lambda tx: services.find(tx, owner.id, service))
        wanted = device_search.DeviceFilter(
            text=text,
            state=_one_of(state.lower(), _STATES, "--state"),
            kind=None if kind is None else _kind(kind),
            service_id=named.id if named else None,
            source=None
            if source is None
            else _one_of(source.upper().replace("-", "_"), _SOURCES, "--source"),
            source_id=supplier.upper(),
            added_since=None if added is None else runtime.clock.now() - _millis(added),
        )
        found: list[DeviceLine] = []
        while True:
            size = min(5_000, limit - len(found)) if limit else 5_000
            page = runtime.store.scan_sync(
                lambda tx: device_search.search(tx, owner.id, wanted, after=after, limit=size)  # noqa: B023
            )
            found += page.devices
            after = page.after
            if after is None or (limit and len(found) >= limit):
                break
        names = runtime.store.read_sync(lambda tx: services.of_organization(tx, owner.id))
    titles = {each.id: each.name for each in names}
    show_list("Devices", [_line(each, titles) for each in found], as_json, columns=_COLUMNS)
    if after is not None:
        say(f"There are more: --after {after}")


@app.command("show")
def show(
    ctx: typer.Context,
    serial: Annotated[str, typer.Argument(help="Serial number, IMEI or MEID.")],
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Show one device and its history, also after its release."""
    from pomona.registry import device_history, devices, services

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        found = runtime.store.read_sync(lambda tx: devices.resolve(tx, [serial]))
        device = runtime.store.read_sync(lambda tx: devices.get(tx, owner.id, found.get(serial, serial)))
        named = None if device.service_id is None else device.service_id
        service = named and runtime.store.read_sync(lambda tx: services.get(tx, owner.id, named))
        moments = runtime.store.read_sync(lambda tx: device_history.of_device(tx, device))
    record = _record(device, service.name if service else None)
    if as_json:
        show_json(record | {"history": [_entry(moment) for moment in moments]})
        return
    show_record(device.serial, record, False)
    rows = [(when(moment.at), _said(moment), moment.by, moment.activity) for moment in moments]
    show_table("\nHistory", ("when", "what", "by", "activity"), rows)


@app.command("history")
def history(
    ctx: typer.Context,
    serial: Annotated[str, typer.Argument(help="Serial number, IMEI or MEID.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many entries to show.")] = 100,
    before: Annotated[int | None, typer.Option(help="Go on where the page before ended.")] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Show everything on record of a device, all its times in the organisation, newest first."""
    from pomona.registry import device_history, devices

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        known = runtime.store.read_sync(lambda tx: devices.resolve(tx, [serial]))
        device = runtime.store.read_sync(lambda tx: devices.get(tx, owner.id, known.get(serial, serial)))
        found = runtime.store.read_sync(
            lambda tx: device_history.timeline(tx, owner.id, device.serial, before=before, limit=limit)
        )
    if as_json:
        show_json({"history": [_whole(moment) for moment in found.moments], "before": found.more})
        return
    rows = [(when(moment.at), _said(moment), moment.by, moment.activity) for moment in found.moments]
    show_table(device.serial, ("when", "what", "by", "activity"), rows)
    if found.more is not None:
        say(f"There is more: --before {found.more}")


def _whole(moment: "Moment") -> dict[str, Any]:
    actor = moment.actor
    who = {} if actor is None else {"actor": {"type": actor.kind, "id": actor.id, "address": actor.address}}
    values = {"was": moment.before, "is": moment.after, "activity_type": moment.activity_type}
    return _entry(moment) | who | {name: value for name, value in values.items() if value not in (None, "")}


def _line(device: "DeviceLine", services: dict[int, str]) -> dict[str, Any]:
    released = device.released_at is not None
    return {
        "serial": device.serial,
        "kind": device.kind.label,
        "model": device.model,
        "capacity": device.capacity,
        "color": device.color,
        "state": "released" if released else "unassigned" if device.service_id is None else "assigned",
        "service": services.get(device.service_id or 0),
        "profile": device.profile_status if device.service_id else None,
        "source": f"{device.source} {device.source_id}".strip(),
        "order": device.order_number,
        "added": when(device.added_at),
        "released": when(device.released_at) or None,
        "inferred": device.inferred,
    }


def _record(device: "Device", service: str | None) -> dict[str, Any]:
    record = {
        "serial": device.serial,
        "kind": device.kind.label,
        "model": device.model,
        "product_type": device.product_type,
        "part_number": device.part_number,
        "capacity": device.capacity,
        "color": device.color,
        "facts": "inferred from the serial number" if device.inferred else "from its order or the catalogue",
        "imei": ", ".join(device.imei),
        "meid": ", ".join(device.meid),
        "eid": device.eid,
        "wifi_mac": device.wifi_mac,
        "bluetooth_mac": device.bluetooth_mac,
        "ethernet_mac": ", ".join(device.ethernet_mac),
        "asset_tag": device.asset_tag,
        "source": f"{device.source} {device.source_id}".strip(),
        "order": device.order_number,
        "added": when(device.added_at),
        "service": service,
        "assigned": when(device.assigned_at),
        "assigned_by": device.assigned_by,
        "profile": device.profile_status if service else None,
        "provisional_until": when(device.provisional_until),
        "migration": device.migration_status,
        "migrate_by": when(device.migration_deadline),
        "release_final": when(device.release_at),
        "released": when(device.released_at),
    }
    return {name: value for name, value in record.items() if value or name in ("serial", "service")}


def _entry(moment: "Moment") -> dict[str, Any]:
    entry = {
        "at": when(moment.at),
        "what": moment.what,
        "service": moment.service,
        "before": moment.lost_by,
        "type": moment.type,
        "by": moment.by,
        "activity": moment.activity,
        "note": moment.note,
    }
    return {name: value for name, value in entry.items() if value}


def _said(moment: "Moment") -> str:
    activity = moment.activity_type.replace("_", " ").lower()
    sentences = {
        "ADDED": f"added: {moment.note}",
        "ASSIGNED": f"assigned to {moment.service}",
        "MOVED": f"moved from {moment.lost_by} to {moment.service}",
        "CHANGED": f"changed; {moment.service} was told",
        "PROFILE_ASSIGNED": f"profile of {moment.service} assigned",
        "UNASSIGNED": f"taken off {moment.service}",
        "ACTIVITY": f"changed by: {activity}",
        "UNCHANGED": f"{activity} changed nothing: {moment.note.replace('_', ' ').lower()}",
        "REFUSED": f"{activity} was refused: {moment.note.replace('_', ' ').lower()}",
        "EVENT": moment.type.replace("_", " ").lower(),
        "RELEASED": "released from the organisation",
    }
    return sentences[moment.what]


def _kind(text: str) -> "Kind":
    from pomona.catalogue.kinds import Kind

    try:
        return Kind.from_text(text)
    except ValueError as problem:
        refuse(problem)


def _one_of(text: str, known: tuple[str, ...], option: str) -> Any:
    if text not in known:
        refuse(f"{option} {text}: expected one of {', '.join(known).lower()}")
    return text


def _millis(text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip().lower())
    if match is None:
        refuse(f"--added {text}: expected a number and m, h, d or w, like 24h")
    return int(match[1]) * _UNITS[match[2]]
