"""Who is calling: one keyed read that says all a device's poll is judged by."""

from typing import NamedTuple

from pomona.registry.challenges import shows_token
from pomona.registry.people import Status
from pomona.store import Tx

_SQL = (
    "SELECT e.organization_id, o.number, e.id, e.enrollment_key, e.kind, e.status, e.product_type, e.account_id, e.last_seen,"
    " CASE WHEN EXISTS (SELECT 1 FROM command c WHERE c.enrollment_id = e.id"
    " AND c.state IN ('queued', 'sent', 'notnow')) THEN 1 ELSE 0 END, t.account_id, t.enrollment_id"
    " FROM device_certificate d JOIN enrollment e ON e.id = d.enrollment_id"
    " JOIN organization o ON o.id = d.organization_id"
    " LEFT JOIN account_token t ON t.token_hash = $1 AND t.organization_id = d.organization_id"
    " AND t.expires_at > $2 AND EXISTS (SELECT 1 FROM account a WHERE a.id = t.account_id AND a.status = $3)"
    " WHERE d.certificate_hash = $4 AND d.revoked_at IS NULL AND o.slug = $5"
)
_EVERY = 60_000


class Contact(NamedTuple):
    """The enrolment that a certificate speaks for, and whose live token came with it (None without one)."""

    organization_id: int
    organization_number: str
    enrollment_id: int
    key: str
    kind: str
    status: str
    product_type: str
    account_id: int | None
    last_seen: int
    has_commands: int
    token_account_id: int | None
    token_enrollment_id: int | None

    @property
    def needs_token(self) -> bool:
        """Whether each of its requests must show its user's sign-in."""
        return shows_token(self.kind, self.product_type)

    def due(self, now: int) -> bool:
        """Whether it is worth a write to note that the device was seen: at most one a minute."""
        return now - self.last_seen >= _EVERY


def find(tx: Tx, slug: str, certificate_hash: bytes, token_hash: bytes | None, now: int) -> Contact | None:
    """The device that holds this certificate of the organisation, or None."""
    row = tx.row(_SQL, token_hash, now, Status.ACTIVE.value, certificate_hash, slug)
    return None if row is None else Contact(*row)
