"""Enrolment profiles: what a device management service wants its devices to do when they are set up.

A profile never changes; a service that wants something else defines another. Each belongs to one service, and no other
one can see or assign it.
"""

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.registry.errors import Forbidden, NotFound
from pomona.store import Tx

_COLUMNS = "id, service_id, uuid, name, body, created_at"
_UUID = re.compile(r"[0-9A-F]{32}")


@dataclass(frozen=True, slots=True)
class Profile:
    """`uuid` is 32 upper-case hex digits, `body` a JSON object with the keys that the service gave."""

    id: int
    service_id: int
    uuid: str
    name: str
    body: bytes
    created_at: int

    @property
    def document(self) -> dict[str, Any]:
        """The keys of the profile as its service gave them."""
        return msgspec.json.decode(self.body, type=dict[str, Any])


def define(
    tx: Tx,
    organization_id: int,
    service_id: int,
    name: str,
    body: bytes,
    *,
    actor: Actor,
    now: int,
    rng: Rng,
) -> Profile:
    """Keeps a new profile of a service; its face has checked `body`, a JSON object.

    Raises `Forbidden` for the placeholder for devices added by hand, which can hold none.
    """
    if tx.value("SELECT kind FROM service WHERE id = $1", service_id) == "APPLE_CONFIGURATOR":
        raise Forbidden("The service is a placeholder for devices added by hand and cannot hold a profile.")
    row = tx.row(
        "INSERT INTO profile (service_id, uuid, name, body, created_at) VALUES ($1, $2, $3, $4, $5)"
        f" RETURNING {_COLUMNS}",
        *(service_id, uuid4(rng).replace("-", "").upper(), name, body, now),
    )
    assert row is not None
    profile = Profile(*row)
    subject = audit.Subject("PROFILE", profile.uuid, name)
    audit.record(tx, organization_id, "PROFILE_DEFINED", actor, subject, now=now)
    return profile


def get(tx: Tx, service_id: int, uuid: str) -> Profile:
    """A profile of this service by public id, in any case and with or without dashes. Raises `NotFound`."""
    wanted = uuid.strip().replace("-", "").upper()
    if not _UUID.fullmatch(wanted):
        raise NotFound("profile", uuid)
    row = tx.row(f"SELECT {_COLUMNS} FROM profile WHERE uuid = $1 AND service_id = $2", wanted, service_id)
    if row is None:
        raise NotFound("profile", uuid)
    return Profile(*row)


def by_id(tx: Tx, id: int) -> Profile:
    """By internal id. Raises `NotFound`."""
    row = tx.row(f"SELECT {_COLUMNS} FROM profile WHERE id = $1", id)
    if row is None:
        raise NotFound("profile", id)
    return Profile(*row)


def of_service(tx: Tx, service_id: int, *, before: int | None = None, limit: int = 50) -> list[Profile]:
    """The service's profiles newest first; `before` is the internal id of the last one of the page before."""
    sql = f"SELECT {_COLUMNS} FROM profile WHERE service_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    rows = tx.rows(sql, service_id, before or 1 << 62, limit)
    return [Profile(*row) for row in rows]
