"""Warnings before a server token expires: 60, 30, 14, 7 and 1 day ahead, each once, in the audit log."""

from dataclasses import dataclass

from pomona.registry import audit, warning_steps
from pomona.registry.actors import SYSTEM
from pomona.registry.tokens import WARNING_DAYS
from pomona.store import Tx


@dataclass(frozen=True, slots=True)
class Warning:
    """A token that ends within `days`; `expires_at` in ms."""

    organization_id: int
    service_uuid: str
    service_name: str
    days: int
    expires_at: int


def warn(tx: Tx, now: int) -> list[Warning]:
    """Records what is due and was not recorded before, by whichever process; gives it."""
    rows = tx.rows(
        "SELECT t.id, t.expires_at, t.warned_days, s.organization_id, s.uuid, s.name FROM server_token t"
        " JOIN service s ON s.id = t.service_id WHERE t.revoked_at IS NULL AND t.replaced_at IS NULL"
        " AND t.expires_at > $1 AND t.expires_at <= $2 ORDER BY s.organization_id, t.id",
        *(now, warning_steps.horizon(WARNING_DAYS, now)),
    )
    found = []
    for id, expires_at, warned, organization_id, uuid, name in rows:
        days = warning_steps.due(WARNING_DAYS, expires_at - now, warned)
        if days is None:
            continue
        taken = tx.execute(
            "UPDATE server_token SET warned_days = $1 WHERE id = $2 AND (warned_days IS NULL OR warned_days > $1)",
            *(days, id),
        )
        if taken:
            found.append(Warning(organization_id, uuid, name, days, expires_at))
            _record(tx, found[-1], now)
    return found


def _record(tx: Tx, warning: Warning, now: int) -> None:
    subject = audit.Subject("SERVICE", warning.service_uuid, warning.service_name)
    after = {"days": warning.days, "expires_at": warning.expires_at}
    audit.record(tx, warning.organization_id, "SERVICE_TOKEN_EXPIRING", SYSTEM, subject, now=now, after=after)
