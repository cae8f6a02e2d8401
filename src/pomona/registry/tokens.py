"""Server tokens: the credentials that a device management service opens its sessions with.

A service has one live token. Issuing another replaces it (at once, or after an overlap in which both work) and keeps the
consumer key, because clients take a changed one for another service's token.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from pomona.formats.times import iso_seconds
from pomona.keys.keyring import KeyRing
from pomona.keys.randomness import Rng, hex_token
from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.registry.errors import Invalid, NotFound
from pomona.registry.services import Service
from pomona.store import Row, Tx

LIFE = 365 * 86_400_000
"""Milliseconds a token is valid for."""

WARNING_DAYS = (60, 30, 14, 7, 1)
"""How many days before its expiry people are warned of a token."""

_DAY = 86_400_000
_PURPOSE = "server-token"
_COLUMNS = (
    "id, service_id, consumer_key, access_token, issued_at, issued_by, expires_at, replaced_at, revoked_at"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secrets. From `replaced_at` on (it may lie ahead) a newer one is the only one. Times in ms."""

    id: int
    service_id: int
    consumer_key: str
    access_token: str
    issued_at: int
    issued_by: str
    expires_at: int
    replaced_at: int | None
    revoked_at: int | None

    def state(self, now: int) -> str:
        """`revoked`, `replaced`, `expired` or `live`, whichever comes first."""
        if self.revoked_at is not None:
            return "revoked"
        if self.replaced_at is not None and self.replaced_at <= now:
            return "replaced"
        return "expired" if self.expires_at <= now else "live"

    def days_left(self, now: int) -> int:
        """Whole days until it expires; negative afterwards."""
        return (self.expires_at - now) // _DAY

    def warning(self, now: int) -> int | None:
        """The smallest of `WARNING_DAYS` that has begun for a live token, or None when there is time."""
        begun = [days for days in WARNING_DAYS if self.expires_at - now <= days * _DAY]
        return begun[-1] if begun and self.state(now) == "live" else None


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token with its secrets: they are given out this once."""

    token: Token
    consumer_secret: str = field(repr=False)
    access_secret: str = field(repr=False)

    def file_name(self, service: Service) -> str:
        """The name under which the token is downloaded, such as `Main_Token_2026-07-01T22-18-53Z_smime.p7m`."""
        moment = datetime.fromtimestamp(self.token.issued_at / 1000, UTC)
        name = "".join(
            letter if letter.isalnum() or letter in " ._-" else "_" for letter in service.name
        ).strip(" .")
        return f"{name or 'Service'}_Token_{moment:%Y-%m-%dT%H-%M-%SZ}_smime.p7m"

    def file(self, service: Service) -> bytes:
        """The `.p7m` file that links the service: only the private key of its certificate opens it."""
        # Not at the top: sessions are checked with this module, and no start should wait for the encryption of files.
        from pomona.formats.server_token import ServerToken, build

        assert service.certificate is not None
        plain = ServerToken(
            self.token.consumer_key,
            self.consumer_secret,
            self.token.access_token,
            self.access_secret,
            iso_seconds(self.token.expires_at),
        )
        return build(plain, service.certificate)


def issue(
    tx: Tx, service: Service, keys: KeyRing, *, actor: Actor, now: int, rng: Rng, overlap: int = 0
) -> Issued:
    """Makes the service's token, valid for a year; the one before works `overlap` milliseconds more.

    Raises `Invalid` when the service has no certificate to encrypt a token to: it is built in.
    """
    tx.lock(service.organization_id)
    if service.certificate is None:
        raise Invalid(f"'{service.name}' is built in and needs no token.", field="service")
    before = newest(tx, service.id)
    consumer_key = before.consumer_key if before else f"CK_{hex_token(rng, 32)}"
    access_token = f"AT_O{service.id}O{hex_token(rng, 20)}O{now}"
    secrets = (f"CS_{hex_token(rng, 20)}", f"AS_{hex_token(rng, 20)}")
    tx.execute(
        "UPDATE server_token SET replaced_at = $1 WHERE service_id = $2"
        " AND (replaced_at IS NULL OR replaced_at > $1)",
        *(now + overlap, service.id),
    )
    row = tx.row(
        "INSERT INTO server_token (service_id, consumer_key, access_token, secrets, issued_at, issued_by, expires_at)"
        f" VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}",
        *(service.id, consumer_key, access_token, _sealed(keys, secrets, access_token, rng), now),
        *(actor.name, now + LIFE),
    )
    assert row is not None
    after = {"expires_at": now + LIFE, "overlap_ms": overlap}
    type = "SERVICE_TOKEN_RENEWED" if before else "SERVICE_TOKEN_ISSUED"
    audit.record(tx, service.organization_id, type, actor, service.subject, now=now, after=after)
    return Issued(Token(*row), *secrets)


def revoke(tx: Tx, service: Service, *, actor: Actor, now: int) -> int:
    """Kills every token of the service that still works, and with them its sessions; gives how many there were."""
    tx.lock(service.organization_id)
    revoked = tx.execute(
        "UPDATE server_token SET revoked_at = $1 WHERE service_id = $2 AND revoked_at IS NULL"
        " AND (replaced_at IS NULL OR replaced_at > $1)",
        *(now, service.id),
    )
    if revoked:
        audit.record(tx, service.organization_id, "SERVICE_TOKEN_REVOKED", actor, service.subject, now=now)
    return revoked


def newest(tx: Tx, service_id: int) -> Token | None:
    """The service's latest token, in whatever state."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM server_token WHERE service_id = $1 ORDER BY id DESC LIMIT 1", service_id
    )
    return None if row is None else Token(*row)


def of_service(tx: Tx, service_id: int, *, limit: int = 20) -> list[Token]:
    """The service's tokens, newest first."""
    sql = f"SELECT {_COLUMNS} FROM server_token WHERE service_id = $1 ORDER BY id DESC LIMIT $2"
    return [Token(*row) for row in tx.rows(sql, service_id, limit)]


def newest_of(tx: Tx, service_ids: Sequence[int]) -> dict[int, Token]:
    """The latest token of each service that has one."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM server_token WHERE id IN (SELECT max(t.id) FROM {tx.each('$1', 'bigint')} e"
        " JOIN server_token t ON t.service_id = e.c0 GROUP BY t.service_id)",
        tx.pack([(id,) for id in service_ids]),
    )
    return {token.service_id: token for token in (Token(*row) for row in rows)}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token as a client presents it, with the secrets to check its signature by."""

    token: Token
    organization_id: int
    consumer_secret: str = field(repr=False)
    access_secret: str = field(repr=False)


def credentials(tx: Tx, access_token: str, keys: KeyRing) -> Credentials:
    """The token with this text, in whatever state, and its secrets. Raises `NotFound`."""
    columns = ", ".join(f"t.{name}" for name in _COLUMNS.split(", "))
    row = tx.row(
        f"SELECT {columns}, t.secrets, s.organization_id FROM server_token t"
        " JOIN service s ON s.id = t.service_id WHERE t.access_token = $1",
        access_token,
    )
    if row is None:
        raise NotFound("server token", "presented")
    return Credentials(Token(*row[:9]), row[10], *_opened(keys, row))


def knows_consumer(tx: Tx, consumer_key: str) -> bool:
    """Whether any service has or had this consumer key."""
    return tx.value("SELECT id FROM server_token WHERE consumer_key = $1 LIMIT 1", consumer_key) is not None


def _sealed(keys: KeyRing, secrets: tuple[str, str], access_token: str, rng: Rng) -> bytes:
    return keys.seal(_PURPOSE, msgspec.json.encode(secrets), rng, bound_to=access_token.encode())


def _opened(keys: KeyRing, row: Row) -> tuple[str, str]:
    plain = keys.open(_PURPOSE, bytes(row[9]), bound_to=str(row[3]).encode())
    return msgspec.json.decode(plain, type=tuple[str, str])
