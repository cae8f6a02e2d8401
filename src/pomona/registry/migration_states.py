"""What the registry can see of a migration: a device fetches a profile, enrols here, or its deadline passes.

REQUESTED until then. When the deadline passes a device whose new service has a profile for it has STARTED, one without has FAILED.
It has succeeded when it fetches its new service's profile, whenever that is, and failed when it enrols in the built-in service
instead. None of this counts as a revision of the device.
"""

from collections.abc import Sequence

from pomona.catalogue.kinds import Kind
from pomona.registry import audit, state_documents
from pomona.registry.actors import SYSTEM
from pomona.registry.devices import first_number, last_number, organization_of
from pomona.store import Tx

KINDS = (Kind.IPHONE, Kind.IPAD, Kind.MAC)
"""Kinds of device that can go over without being erased, from `SYSTEM_VERSION` on."""

SYSTEM_VERSION = 26

_CHUNK = 2_000
_WATERMARK = "provisional periods looked at until"
_SUBJECTS = {True: "MIGRATION_STARTED", False: "MIGRATION_FAILED"}


def fetched(tx: Tx, device_id: int, serial: str, service_id: int, now: int) -> None:
    """A device fetched the profile of the service it is on: it is being set up with that one."""
    able = _able(tx, device_id, serial, service_id, now)
    status = tx.value("SELECT migration_status FROM device_state WHERE device_id = $1", device_id)
    arrived = status in ("REQUESTED", "STARTED", "FAILED")
    _write(tx, device_id, service_id, able, "SUCCESS" if arrived else status, arrived, now)
    if arrived:
        _record(
            tx,
            organization_id=organization_of(device_id),
            type="MIGRATION_SUCCEEDED",
            ids=[device_id],
            now=now,
        )


def enrolled_here(tx: Tx, device_id: int, service_id: int | None, now: int) -> None:
    """A device enrolled in the built-in service: whatever it was to go over to, it did not."""
    row = tx.row(
        "SELECT migration_status, activated_service FROM device_state WHERE device_id = $1", device_id
    )
    if row is None or row[1] == service_id:
        return
    astray = row[0] in ("REQUESTED", "STARTED")
    _write(tx, device_id, service_id, False, "FAILED" if astray else row[0], astray, now)
    if astray:
        _record(
            tx, organization_id=organization_of(device_id), type="MIGRATION_FAILED", ids=[device_id], now=now
        )


def _write(
    tx: Tx, device_id: int, service_id: int | None, able: bool, status: str | None, over: bool, now: int
) -> None:
    tx.execute(
        "UPDATE device_state SET activated_service = $1, migratable = $2, migration_status = $3,"
        " migration_deadline = CASE WHEN CAST($4 AS BIGINT) = 1 THEN NULL ELSE migration_deadline END"
        " WHERE device_id = $5",
        *(service_id, int(able), status, int(over), device_id),
    )
    state_documents.of_devices(tx, [device_id], now)


def _able(tx: Tx, device_id: int, serial: str, service_id: int, now: int) -> bool:
    """Whether a device that is set up with a service could later go over to another."""
    row = tx.row(
        "SELECT d.kind, d.provisional_until, (SELECT kind FROM service WHERE id = $1) FROM device d WHERE d.id = $2",
        *(service_id, device_id),
    )
    assert row is not None
    kind, provisional_until, service_kind = row
    if kind not in KINDS or service_kind != "MDM" or (provisional_until or 0) > now:
        return False
    version = tx.value(
        "SELECT os_version FROM enrollment WHERE organization_id = $1 AND serial = $2 ORDER BY id DESC LIMIT 1",
        *(organization_of(device_id), serial),
    )
    major = (version or "").partition(".")[0]
    return not major.isdigit() or int(major) >= SYSTEM_VERSION


def due(tx: Tx, now: int) -> list[int]:
    """Organisations with devices whose deadline has passed."""
    rows = tx.rows(
        "SELECT device_id FROM device_state WHERE migration_status = 'REQUESTED' AND migration_deadline <= $1"
        " ORDER BY migration_deadline LIMIT $2",
        *(now, _CHUNK),
    )
    return sorted({organization_of(id) for (id,) in rows})


def pass_deadlines(tx: Tx, organization_id: int, now: int) -> bool:
    """Moves on some devices of an organisation whose deadline has passed; True when more may be left."""
    tx.lock(organization_id)
    rows = tx.rows(
        "SELECT device_id, profile_status FROM device_state WHERE migration_status = 'REQUESTED'"
        " AND migration_deadline <= $1 AND device_id BETWEEN $2 AND $3 ORDER BY migration_deadline LIMIT $4",
        *(now, first_number(organization_id), last_number(organization_id), _CHUNK),
    )
    for started in (True, False):
        ids = [id for id, profile_status in rows if (profile_status in (1, 2)) is started]
        if not ids:
            continue
        tx.execute(
            "UPDATE device_state SET migration_status = $1 WHERE device_id IN"
            f" (SELECT c0 FROM {tx.each('$2', 'bigint')} e)",
            *("STARTED" if started else "FAILED", tx.pack([(id,) for id in ids])),
        )
        state_documents.of_devices(tx, ids, now)
        _record(tx, organization_id=organization_id, type=_SUBJECTS[started], ids=ids, now=now)
    return len(rows) == _CHUNK


def provisional_over(tx: Tx, now: int) -> bool:
    """Whether there is a device whose provisional period has ended since the last look."""
    since = int(tx.value("SELECT value FROM meta WHERE key = $1", _WATERMARK) or 0)
    sql = "SELECT id FROM device WHERE provisional_until > $1 AND provisional_until <= $2 LIMIT 1"
    return tx.value(sql, since, now) is not None


def end_provisional(tx: Tx, now: int) -> None:
    """Lets devices go over whose provisional period has ended since the last look; the clock may have jumped."""
    since = int(tx.value("SELECT value FROM meta WHERE key = $1", _WATERMARK) or 0)
    rows = tx.rows(
        "SELECT d.id, d.serial, s.activated_service FROM device d JOIN device_state s ON s.device_id = d.id"
        " WHERE d.provisional_until > $1 AND d.provisional_until <= $2 AND s.migratable = 0"
        " AND s.activated_service IS NOT NULL AND d.released_at IS NULL ORDER BY d.id",
        *(since, now),
    )
    for organization_id in sorted({organization_of(row[0]) for row in rows}):
        tx.lock(organization_id)
    able = [id for id, serial, service_id in rows if _able(tx, id, serial, service_id, now)]
    if able:
        packed = tx.pack([(id,) for id in able])
        tx.execute(
            f"UPDATE device_state SET migratable = 1 WHERE device_id IN (SELECT c0 FROM {tx.each('$1', 'bigint')} e)",
            packed,
        )
        state_documents.of_devices(tx, able, now)
    tx.execute(
        "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        *(_WATERMARK, str(now)),
    )


def _record(tx: Tx, *, organization_id: int, type: str, ids: Sequence[int], now: int) -> None:
    subject = audit.Subject("MIGRATION", "deadline", f"{len(ids)} devices")
    if len(ids) == 1:
        serial = tx.value("SELECT serial FROM device WHERE id = $1", ids[0])
        subject = audit.Subject("DEVICE", serial, serial)
    audit.record(tx, organization_id, type, SYSTEM, subject, now=now, devices=ids)
