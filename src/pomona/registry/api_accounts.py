"""Programs' accounts in the Business and the School API: who they are, what they may do, and their keys."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.registry.api_keys import checked_public_key
from pomona.registry.errors import Invalid, LimitExceeded, NotFound
from pomona.store import Row, Tx

ApiKind = Literal["BUSINESS", "SCHOOL"]
Permission = Literal["read", "assign", "release", "services", "devices", "blueprints", "webhooks"]

KINDS: tuple[ApiKind, ...] = get_args(ApiKind)
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
"""Reading everything; assigning and unassigning; releasing; linking, changing and unlinking services, and their tokens;
adding devices by hand and the rules for arriving ones; blueprints and configurations; webhooks. Every account may read."""

MAX_ACCOUNTS = 50
MAX_KEYS = 10
"""Keys that an account may have at a time: a few, so that they can be changed without an interruption."""

_COLUMNS = "a.id, a.organization_id, a.client_id, a.kind, a.name, a.permissions, a.created_at"
_KEY_COLUMNS = "key_id, api_account_id, public_key, created_at, used_at, revoked_at"
_HOUR = 3_600_000


class ApiAccount(NamedTuple):
    """`client_id` is BUSINESSAPI or SCHOOLAPI, a dot and a UUID; `permissions` always has `read`."""

    id: int
    organization_id: int
    client_id: str
    kind: ApiKind
    name: str
    permissions: frozenset[str]
    created_at: int

    @property
    def actor(self) -> Actor:
        """How the audit log and the devices it assigns name it."""
        return Actor("API_USER", self.client_id, self.name)

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it when something is done to it."""
        return audit.Subject("API_USER", self.client_id, self.name)


class ApiKey(NamedTuple):
    """`public_key` is PEM; `used_at` is when a token was last made with it, to the hour."""

    key_id: str
    account_id: int
    public_key: str
    created_at: int
    used_at: int | None
    revoked_at: int | None


def create(
    tx: Tx,
    organization_id: int,
    name: str,
    *,
    kind: ApiKind = "BUSINESS",
    permissions: Collection[str] = PERMISSIONS,
    public_key: str | None = None,
    actor: Actor,
    now: int,
    rng: Rng,
) -> tuple[ApiAccount, ApiKey | None]:
    """Makes an account, with its first key where `public_key` (PEM) is given.

    Raises `Invalid` for an unusable name, kind, permission or key, `LimitExceeded` beyond 50 accounts.
    """
    tx.lock(organization_id)
    name = _checked_name(name)
    if kind not in KINDS:
        raise Invalid(f"'{kind}' is no kind of account; expected BUSINESS or SCHOOL.", field="kind")
    count = tx.value(
        "SELECT count(*) FROM api_account WHERE organization_id = $1 AND deleted_at IS NULL", organization_id
    )
    if int(count) >= MAX_ACCOUNTS:
        raise LimitExceeded(
            f"An organisation may have {MAX_ACCOUNTS} API accounts; delete one that is not used."
        )
    client_id = f"{kind}API.{uuid4(rng)}"
    id = tx.value(
        "INSERT INTO api_account (organization_id, client_id, kind, name, permissions, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        *(organization_id, client_id, kind, name, _packed(permissions), now),
    )
    account = get(tx, organization_id, client_id)
    key = None if public_key is None else _insert_key(tx, int(id), checked_public_key(public_key), now, rng)
    after = {"kind": kind, "permissions": sorted(account.permissions)}
    if key is None:
        _record(tx, account, "API_ACCOUNT_CREATED_WITHOUT_KEY", actor, now, after)
    else:
        _record(tx, account, "API_ACCOUNT_CREATED_WITH_KEY", actor, now, after | {"keyId": key.key_id})
    return account, key


def get(tx: Tx, organization_id: int, client_id: str) -> ApiAccount:
    """By client id, with or without its prefix. Raises `NotFound`."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM api_account a WHERE a.organization_id = $1"
        " AND a.client_id IN ($2, 'BUSINESSAPI.' || CAST($3 AS TEXT), 'SCHOOLAPI.' || CAST($3 AS TEXT)) AND a.deleted_at IS NULL",
        *(organization_id, client_id, client_id.lower()),
    )
    if row is None:
        raise NotFound("API account", client_id)
    return _account(row)


def by_client_id(tx: Tx, client_id: str) -> ApiAccount | None:
    """Whichever organisation's account has this client id; for the token endpoint, which knows no more."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM api_account a WHERE a.client_id = $1 AND a.deleted_at IS NULL", client_id
    )
    return None if row is None else _account(row)


def authorised(tx: Tx, account_id: int, key_id: str) -> ApiAccount | None:
    """The account, unless it was deleted or the key was revoked: what every request asks."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM api_key k JOIN api_account a ON a.id = k.api_account_id"
        " WHERE k.key_id = $1 AND k.revoked_at IS NULL AND a.id = $2 AND a.deleted_at IS NULL",
        *(key_id, account_id),
    )
    return None if row is None else _account(row)


def of_organization(tx: Tx, organization_id: int) -> list[ApiAccount]:
    """All accounts, oldest first; there are 50 at most."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM api_account a WHERE a.organization_id = $1 AND a.deleted_at IS NULL"
        " ORDER BY a.id",
        organization_id,
    )
    return [_account(row) for row in rows]


def change(
    tx: Tx,
    account: ApiAccount,
    *,
    name: str | None = None,
    permissions: Collection[str] | None = None,
    actor: Actor,
    now: int,
) -> ApiAccount:
    """Changes what is given; it holds for tokens that are out already. Raises `Invalid`."""
    tx.lock(account.organization_id)
    if name is not None and (name := _checked_name(name)) != account.name:
        tx.execute("UPDATE api_account SET name = $1 WHERE id = $2", name, account.id)
        _record(tx, account, "API_ACCOUNT_NAME_CHANGED", actor, now, {"newName": name})
    if permissions is not None and (packed := _packed(permissions)) != _packed(account.permissions):
        tx.execute("UPDATE api_account SET permissions = $1 WHERE id = $2", packed, account.id)
        after = {"permissions": packed.split(",")}
        _record(tx, account, "API_ACCOUNT_ROLE_LOCATION_CHANGED", actor, now, after)
    return get(tx, account.organization_id, account.client_id)


def delete(tx: Tx, account: ApiAccount, *, actor: Actor, now: int) -> None:
    """Ends an account: its tokens are refused from the next request on."""
    tx.lock(account.organization_id)
    tx.execute("UPDATE api_account SET deleted_at = $1 WHERE id = $2", now, account.id)
    tx.execute(
        "UPDATE api_key SET revoked_at = $1 WHERE api_account_id = $2 AND revoked_at IS NULL", now, account.id
    )
    _record(tx, account, "API_ACCOUNT_DELETED", actor, now)


def keys(tx: Tx, account_id: int, *, revoked: bool = False) -> list[ApiKey]:
    """An account's keys, oldest first; those that were revoked only when asked for."""
    only = "" if revoked else " AND revoked_at IS NULL"
    rows = tx.rows(
        f"SELECT {_KEY_COLUMNS} FROM api_key WHERE api_account_id = $1{only} ORDER BY created_at, key_id",
        account_id,
    )
    return [ApiKey(*row) for row in rows]


def add_key(tx: Tx, account: ApiAccount, public_key: str, *, actor: Actor, now: int, rng: Rng) -> ApiKey:
    """Adds a key (PEM, public); the others go on working. Raises `Invalid`, `LimitExceeded` beyond ten."""
    tx.lock(account.organization_id)
    checked = checked_public_key(public_key)
    if len(keys(tx, account.id)) >= MAX_KEYS:
        raise LimitExceeded(f"An API account may have {MAX_KEYS} keys; revoke one that is not used.")
    key = _insert_key(tx, account.id, checked, now, rng)
    _record(tx, account, "API_ACCOUNT_KEY_GENERATED", actor, now, {"keyId": key.key_id})
    return key


def revoke_key(tx: Tx, account: ApiAccount, key_id: str, *, actor: Actor, now: int) -> None:
    """Ends a key; tokens made with it are refused from the next request on. Raises `NotFound`."""
    tx.lock(account.organization_id)
    changed = tx.execute(
        "UPDATE api_key SET revoked_at = $1 WHERE key_id = $2 AND api_account_id = $3 AND revoked_at IS NULL",
        *(now, key_id.lower(), account.id),
    )
    if not changed:
        raise NotFound("key", key_id)
    _record(tx, account, "API_ACCOUNT_KEY_REVOKED", actor, now, {"keyId": key_id.lower()})


def needs_use_noted(key: ApiKey, now: int) -> bool:
    """Whether `note_use` is due: once an hour, so that making tokens is no stream of writes."""
    return key.used_at is None or abs(now - key.used_at) >= _HOUR


def note_use(tx: Tx, key_id: str, now: int) -> None:
    """Remembers that a token was made with a key."""
    tx.execute("UPDATE api_key SET used_at = $1 WHERE key_id = $2", now, key_id)


def _insert_key(tx: Tx, account_id: int, public_key: str, now: int, rng: Rng) -> ApiKey:
    key = ApiKey(uuid4(rng), account_id, public_key, now, None, None)
    tx.execute(
        "INSERT INTO api_key (key_id, api_account_id, public_key, created_at) VALUES ($1, $2, $3, $4)",
        *(key.key_id, account_id, public_key, now),
    )
    return key


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise Invalid("An API account needs a name of 1 to 100 printable characters.", field="name")
    return name


def _packed(permissions: Collection[str]) -> str:
    for permission in permissions:
        if permission not in PERMISSIONS:
            raise Invalid(
                f"'{permission}' is no permission; expected some of {', '.join(PERMISSIONS)}.",
                field="permissions",
            )
    return ",".join(known for known in PERMISSIONS if known == "read" or known in permissions)


def _record(
    tx: Tx, account: ApiAccount, type: str, actor: Actor, now: int, after: Mapping[str, object] | None = None
) -> None:
    audit.record(tx, account.organization_id, type, actor, account.subject, now=now, after=after)


def _account(row: Row) -> ApiAccount:
    id, organization_id, client_id, kind, name, permissions, created_at = row
    return ApiAccount(id, organization_id, client_id, kind, name, _unpacked(permissions), created_at)


@lru_cache(maxsize=16)
def _unpacked(permissions: str) -> frozenset[str]:
    return frozenset(permissions.split(","))
