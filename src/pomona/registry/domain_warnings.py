"""Warnings before the proof of a domain runs out that nobody verified: 7 days and 1 day ahead, each once."""

from dataclasses import dataclass

from pomona.registry import audit, warning_steps
from pomona.registry.actors import SYSTEM
from pomona.store import Tx

WARNING_DAYS = (7, 1)
"""How many days ahead. A proof lives 14 days, so the earlier steps of other warnings would come with the proof itself."""


@dataclass(frozen=True, slots=True)
class Warning:
    """A domain whose proof ends within `days`; `expires_at` in ms."""

    organization_id: int
    name: str
    days: int
    expires_at: int


def warn(tx: Tx, now: int) -> list[Warning]:
    """Records what is due and was not recorded before, by whichever process; gives it."""
    rows = tx.rows(
        "SELECT organization_id, name, proof_expires_at, warned_days FROM domain WHERE verified_at IS NULL"
        " AND proof_expires_at > $1 AND proof_expires_at <= $2 ORDER BY organization_id, name",
        *(now, warning_steps.horizon(WARNING_DAYS, now)),
    )
    found = []
    for organization_id, name, expires_at, warned in rows:
        days = warning_steps.due(WARNING_DAYS, expires_at - now, warned)
        if days is None:
            continue
        tx.lock(organization_id)
        taken = tx.execute(
            "UPDATE domain SET warned_days = $1 WHERE organization_id = $2 AND name = $3"
            " AND (warned_days IS NULL OR warned_days > $1)",
            *(days, organization_id, name),
        )
        if taken:
            found.append(Warning(organization_id, name, days, expires_at))
            after = {"days": days, "expires_at": expires_at}
            subject = audit.Subject("DOMAIN", name, name)
            audit.record(tx, organization_id, "DOMAIN_PROOF_EXPIRING", SYSTEM, subject, now=now, after=after)
    return found
