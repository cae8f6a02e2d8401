"""What a device management service's session stands on: its token, the organisation's terms, its last contact.

The session itself is a sealed text that its face makes; nothing is stored for it. Each request reads the row of the
token that it names, so that revocation and terms hold at once on every node.
"""

from dataclasses import dataclass

from pomona.registry.actors import Actor
from pomona.registry.switches import Switches, decode
from pomona.store import Tx

NONCE_KEPT = 15 * 60_000
"""Milliseconds a nonce is remembered; longer than any timestamp is accepted, before or after the present."""


@dataclass(frozen=True, slots=True)
class Party:
    """The service that a session speaks for, as it is now.

    `token_state` is `live`, or why it is not; `issued_at` (ms) is the token's.
    """

    service_id: int
    organization_id: int
    uuid: str
    name: str
    last_operation: int
    may_release: bool
    terms_pending: bool
    switches: Switches
    token_state: str
    issued_at: int

    @property
    def admitted(self) -> bool:
        """Whether a session may be opened, and go on."""
        return self.token_state == "live" and not self.terms_pending and not self.switches.deny_access

    def actor(self, address: str | None) -> Actor:
        """The service as the one who does something."""
        return Actor("MDM", self.uuid, self.name, address)


_PARTY = (
    "SELECT t.issued_at, t.expires_at, t.replaced_at, t.revoked_at, s.id, s.organization_id, s.uuid, s.name, s.last_operation,"
    " s.may_release, o.terms_pending, s.switches FROM server_token t JOIN service s ON s.id = t.service_id"
    " JOIN organization o ON o.id = s.organization_id WHERE t.id = $1"
)


def party(tx: Tx, token_id: int, now: int) -> Party | None:
    """Whom a token belongs to; None when it is gone with its service."""
    row = tx.row(_PARTY, token_id)
    if row is None:
        return None
    issued_at, expires_at, replaced_at, revoked_at, *service, may_release, terms_pending, switches = row
    if revoked_at is not None:
        state = "revoked"
    elif replaced_at is not None and replaced_at <= now:
        state = "replaced"
    else:
        state = "live" if now < expires_at else "expired"
    values = (*service, bool(may_release), bool(terms_pending), decode(switches), state, issued_at)
    return Party(*values)


def use_nonce(tx: Tx, token_id: int, nonce: str, at: int, *, wall: int) -> bool:
    """Takes a nonce; False when it was used with this token and time before. `at` is what was signed, both in ms."""
    tx.execute("DELETE FROM nonce WHERE at < $1", wall - NONCE_KEPT)
    return (
        tx.execute(
            "INSERT INTO nonce (token_id, nonce, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            *(token_id, nonce, at),
        )
        > 0
    )


def record_contact(tx: Tx, service_id: int, *, at: int, address: str | None) -> None:
    """Notes when and from where a service was last seen. Its face calls this once a minute at most."""
    tx.execute(
        "UPDATE service SET connected_at = $1, connected_from = $2 WHERE id = $3", at, address, service_id
    )


def record_refusal(tx: Tx, service_id: int, because: str, *, at: int, address: str | None) -> None:
    """Notes why a service was refused a session, for its administrator to read. Once a minute at most."""
    tx.execute(
        "UPDATE service SET refused_at = $1, refused_from = $2, refused_because = $3 WHERE id = $4",
        *(at, address, because, service_id),
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a service was last refused a session, when and from where."""

    at: int
    address: str | None
    because: str


def last_refusal(tx: Tx, service_id: int) -> Refusal | None:
    """The last refusal of a service that showed its own token; None when there was none since its last contact."""
    row = tx.row(
        "SELECT refused_at, refused_from, refused_because FROM service WHERE id = $1 AND refused_at IS NOT NULL"
        " AND (connected_at IS NULL OR refused_at > connected_at)",
        service_id,
    )
    return None if row is None else Refusal(*row)
