"""Enrolments in the built-in device management service: which devices (and whose) it manages.

An enrolment begins with Authenticate (`pending`), counts from the first TokenUpdate (`enrolled`) and ends with CheckOut or
with the removal of its profile (`left`). It never makes a device the organisation's own. A user's own device (`byod`) is
known by its EnrollmentID alone, and nothing stays of it once it left.
"""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from pomona.registry import (
    account_tokens,
    audit,
    device_certificates,
    devices,
    migration_states,
    provisional,
    services,
)
from pomona.registry.actors import Actor
from pomona.registry.challenges import EnrollmentKind, is_mac
from pomona.registry.errors import NotFound
from pomona.store import Row, Tx

EnrollmentStatus = Literal["pending", "enrolled", "left"]

_COLUMNS = (
    "e.id, e.organization_id, e.enrollment_key, e.kind, e.status, e.serial, e.account_id, a.email,"
    " e.awaiting_configuration, e.device_name, e.model, e.product_type, e.os_version, e.build, e.information,"
    " e.created_at, e.enrolled_at, e.left_at, e.last_seen"
)
_SELECT = f"SELECT {_COLUMNS} FROM enrollment e LEFT JOIN account a ON a.id = e.account_id"


@dataclass(frozen=True, slots=True)
class Enrollment:
    """`key` is the UDID or EnrollmentID; `information` what DeviceInformation answered; times are milliseconds."""

    id: int
    organization_id: int
    key: str
    kind: EnrollmentKind
    status: EnrollmentStatus
    serial: str | None
    account_id: int | None
    email: str | None
    awaiting_configuration: bool
    device_name: str
    model: str
    product_type: str
    os_version: str
    build: str
    information: dict[str, Any]
    created_at: int
    enrolled_at: int | None
    left_at: int | None
    last_seen: int

    @property
    def is_mac(self) -> bool:
        """Whether it is a Mac."""
        return is_mac(self.product_type)

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it; a user's own device stays nameless."""
        name = self.key if self.kind == "byod" else self.serial or self.key
        return audit.Subject("ENROLLMENT", self.key, name)


@dataclass(frozen=True, slots=True)
class Told:
    """What a device says of itself at Authenticate; empty where it does not."""

    device_name: str = ""
    model: str = ""
    product_type: str = ""
    os_version: str = ""
    build: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a device hands over at TokenUpdate. None of the last two means that it said nothing of it."""

    push_token: bytes
    push_magic: str
    sealed_unlock_token: bytes | None
    awaiting_configuration: bool | None


def begin(
    tx: Tx,
    organization_id: int,
    key: str,
    kind: EnrollmentKind,
    *,
    serial: str | None,
    account_id: int | None,
    told: Told,
    now: int,
) -> int:
    """Authenticate: makes the enrolment, or begins it anew with an empty queue; gives its internal id.

    The caller has found the certificate good and binds it.
    """
    id = int(
        tx.value(
            "INSERT INTO enrollment (organization_id, enrollment_key, kind, status, serial, account_id, device_name,"
            " model, product_type, os_version, build, created_at, last_seen)"
            " VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9, $10, $11, $11)"
            " ON CONFLICT (organization_id, enrollment_key) DO UPDATE SET kind = excluded.kind, status = 'pending',"
            " serial = excluded.serial, account_id = excluded.account_id, device_name = excluded.device_name,"
            " model = excluded.model, product_type = excluded.product_type, os_version = excluded.os_version,"
            " build = excluded.build, information = '{}', push_token = NULL, push_magic = NULL,"
            " unlock_token = NULL, bootstrap_token = NULL, awaiting_configuration = 0, enrolled_at = NULL,"
            " left_at = NULL, last_seen = excluded.last_seen RETURNING id",
            *(
                organization_id,
                key,
                kind,
                serial,
                account_id,
                told.device_name,
                told.model,
                told.product_type,
            ),
            *(told.os_version, told.build, now),
        )
    )
    _cancel_commands(tx, id, now)
    return id


def update_tokens(tx: Tx, id: int, tokens: Tokens, now: int) -> bool:
    """TokenUpdate: keeps the push address; False when the device left. What it said nothing of keeps its old value."""
    awaiting = None if tokens.awaiting_configuration is None else int(tokens.awaiting_configuration)
    changed = tx.execute(
        "UPDATE enrollment SET push_token = $1, push_magic = $2,"
        f" unlock_token = coalesce(CAST($3 AS {'BYTEA' if tx.postgresql else 'BLOB'}), unlock_token),"
        " awaiting_configuration = coalesce(CAST($4 AS BIGINT), awaiting_configuration), last_seen = $5"
        " WHERE id = $6 AND status <> 'left'",
        *(tokens.push_token, tokens.push_magic, tokens.sealed_unlock_token, awaiting, now, id),
    )
    return changed == 1


def count_in(tx: Tx, enrollment: Enrollment, *, actor: Actor, now: int) -> bool:
    """Makes an enrolment count, with the first TokenUpdate; False when it does already."""
    first = tx.execute(
        "UPDATE enrollment SET status = 'enrolled', enrolled_at = $1 WHERE id = $2 AND status = 'pending'",
        *(now, enrollment.id),
    )
    if first:
        tx.lock(enrollment.organization_id)
        if enrollment.serial and (
            owned := devices.owned_id(tx, enrollment.organization_id, enrollment.serial)
        ):
            provisional.begin(tx, owned, now)
            built_in = services.built_in(tx, enrollment.organization_id)
            migration_states.enrolled_here(tx, owned, built_in.id, now)
        after = {"kind": enrollment.kind, "account": enrollment.email}
        audit.record(tx, enrollment.organization_id, "DEVICE_ENROLLED", actor, enrollment.subject, now=now,
                     after=after)  # fmt: skip
    return first == 1


def leave(tx: Tx, enrollment: Enrollment, *, actor: Actor, now: int) -> None:
    """The device is managed no longer: CheckOut, or its profile was removed. Of a user's own device nothing stays."""
    if enrollment.status == "left":
        return
    tx.lock(enrollment.organization_id)
    _cancel_commands(tx, enrollment.id, now)
    if enrollment.account_id is not None:
        account_tokens.revoke_of_enrollment(tx, enrollment.account_id, enrollment.id)
    if enrollment.kind == "byod":
        device_certificates.revoke_all(tx, enrollment.id, now)
        tx.execute("DELETE FROM command WHERE enrollment_id = $1", enrollment.id)
        tx.execute("DELETE FROM enrollment WHERE id = $1", enrollment.id)
    else:
        tx.execute(
            "UPDATE enrollment SET status = 'left', left_at = $1, push_token = NULL, push_magic = NULL,"
            " unlock_token = NULL, bootstrap_token = NULL, awaiting_configuration = 0 WHERE id = $2",
            *(now, enrollment.id),
        )
    audit.record(tx, enrollment.organization_id, "DEVICE_UNENROLLED", actor, enrollment.subject, now=now)


def learnt(tx: Tx, enrollment_id: int, told: Told, information: dict[str, Any], now: int) -> None:
    """Keeps what DeviceInformation answered; empty values leave what was known."""
    tx.execute(
        "UPDATE enrollment SET device_name = CASE WHEN $1 = '' THEN device_name ELSE $1 END,"
        " model = CASE WHEN $2 = '' THEN model ELSE $2 END,"
        " product_type = CASE WHEN $3 = '' THEN product_type ELSE $3 END,"
        " os_version = CASE WHEN $4 = '' THEN os_version ELSE $4 END,"
        " build = CASE WHEN $5 = '' THEN build ELSE $5 END, information = $6, last_seen = $7 WHERE id = $8",
        *(told.device_name, told.model, told.product_type, told.os_version, told.build),
        *(msgspec.json.encode(information).decode(), now, enrollment_id),
    )


def released(tx: Tx, enrollment_id: int) -> None:
    """DeviceConfigured was acknowledged: the device waits no longer in Setup Assistant."""
    tx.execute("UPDATE enrollment SET awaiting_configuration = 0 WHERE id = $1", enrollment_id)


def seen(tx: Tx, enrollment_id: int, now: int) -> None:
    """Notes when a device last asked for something to do."""
    tx.execute("UPDATE enrollment SET last_seen = $1 WHERE id = $2 AND last_seen < $1", now, enrollment_id)


def set_bootstrap_token(tx: Tx, enrollment_id: int, sealed: bytes | None) -> None:
    """Keeps a Mac's bootstrap token, sealed; None forgets it."""
    tx.execute("UPDATE enrollment SET bootstrap_token = $1 WHERE id = $2", sealed, enrollment_id)


def bootstrap_token(tx: Tx, enrollment_id: int) -> bytes | None:
    """The sealed bootstrap token, if the Mac left one."""
    found: bytes | None = tx.value("SELECT bootstrap_token FROM enrollment WHERE id = $1", enrollment_id)
    return None if found is None else bytes(found)


def get(tx: Tx, organization_id: int, key: str) -> Enrollment:
    """By UDID or EnrollmentID. Raises `NotFound`."""
    row = tx.row(f"{_SELECT} WHERE e.organization_id = $1 AND e.enrollment_key = $2", organization_id, key)
    if row is None:
        raise NotFound("enrolment", key)
    return _enrollment(row)


def find(tx: Tx, organization_id: int, text: str) -> Enrollment:
    """By UDID, EnrollmentID or serial number, as a person would say it. Raises `NotFound`."""
    try:
        return get(tx, organization_id, text.strip())
    except NotFound:
        enrollment = by_serial(tx, organization_id, text)
        if enrollment is None:
            raise
        return enrollment


def by_id(tx: Tx, id: int) -> Enrollment | None:
    """By internal id."""
    row = tx.row(f"{_SELECT} WHERE e.id = $1", id)
    return None if row is None else _enrollment(row)


def by_serial(tx: Tx, organization_id: int, serial: str) -> Enrollment | None:
    """The newest enrolment of the device with this serial."""
    row = tx.row(
        f"{_SELECT} WHERE e.organization_id = $1 AND e.serial = $2 ORDER BY e.id DESC LIMIT 1",
        *(organization_id, serial.strip().upper()),
    )
    return None if row is None else _enrollment(row)


def of_organization(
    tx: Tx, organization_id: int, *, after: int = 0, limit: int = 1000, left: bool = False
) -> list[Enrollment]:
    """Enrolments in the order they began, a page at a time; those that left only when asked for."""
    only = "" if left else " AND e.status <> 'left'"
    sql = f"{_SELECT} WHERE e.organization_id = $1 AND e.id > $2{only} ORDER BY e.id LIMIT $3"
    return [_enrollment(row) for row in tx.rows(sql, organization_id, after, limit)]


def _cancel_commands(tx: Tx, enrollment_id: int, now: int) -> None:
    tx.execute(
        "UPDATE command SET state = 'cancelled', updated_at = $1"
        " WHERE enrollment_id = $2 AND state IN ('queued', 'sent', 'notnow')",
        *(now, enrollment_id),
    )


def _enrollment(row: Row) -> Enrollment:
    values = (*row[:8], bool(row[8]), *row[9:14], msgspec.json.decode(row[14]), *row[15:])
    return Enrollment(*values)
