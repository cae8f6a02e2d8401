"""People: Managed Apple Accounts of an organisation, and those who only sign in to the portal.

An account's name is a mail address and unique over all organisations. Whether it is a *managed* account, which may sign
in on a device, depends on its domain: the organisation must have verified it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pomona.keys.randomness import Rng, uuid4
from pomona.registry import audit, domains, smart_groups
from pomona.registry.actors import Actor
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.store import Row, Tx

MIN_PASSWORD = 8
"""Characters that a password has at least; argon2 makes the rest of a guesser's life hard."""

MAX_PASSWORD = 1024

_COLUMNS = (
    "id, organization_id, uuid, email, first_name, last_name, role, status, managed,"
    " password_hash IS NOT NULL, created_at, updated_at"
)


class Role(StrEnum):
    """What a person may do, by the name of their role."""

    ADMINISTRATOR = "ADMINISTRATOR"
    IT_ADMINISTRATOR = "IT_ADMINISTRATOR"
    DEVICE_ENROLLMENT_MANAGER = "DEVICE_ENROLLMENT_MANAGER"
    PEOPLE_MANAGER = "PEOPLE_MANAGER"
    CONTENT_MANAGER = "CONTENT_MANAGER"
    STAFF = "STAFF"


class Status(StrEnum):
    """Only an ACTIVE person may sign in; a LOCKED one is locked by somebody, an INACTIVE one left."""

    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"
    INACTIVE = "INACTIVE"


@dataclass(frozen=True, slots=True)
class Person:
    """`uuid` is the public id; `email` lower case. `has_password` is all that is told of the password."""

    id: int
    organization_id: int
    uuid: str
    email: str
    first_name: str
    last_name: str
    role: Role
    status: Status
    managed: bool
    has_password: bool
    created_at: int
    updated_at: int

    @property
    def name(self) -> str:
        """First and last name, or the mail address."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def actor(self) -> Actor:
        """The person, as the audit log names them."""
        return Actor("USER", self.uuid, self.email)

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names an account that something happens to."""
        return audit.Subject("USER", self.uuid, self.email)


def add(
    tx: Tx,
    organization_id: int,
    email: str,
    *,
    first_name: str,
    last_name: str,
    role: str,
    password_hash: str | None,
    managed: bool = True,
    actor: Actor,
    now: int,
    rng: Rng,
) -> Person:
    """Makes an account. `password_hash` is of `pomona.keys.passwords`; None leaves it without a password.

    Raises `Invalid` for what is no mail address, an unknown role, or a managed account outside the organisation's verified
    domains, and `Duplicate` when somebody, anywhere, has the name.
    """
    tx.lock(0)
    local, domain = domains.of_identifier(email)
    name = f"{local.lower()}@{domain}"
    if not local.isprintable() or " " in local or len(name) > 254:
        raise Invalid(
            f"'{email[:100]}' is no account name; expected one like name@example.com.", field="email"
        )
    if managed and not domains.is_verified(tx, organization_id, domain):
        raise Invalid(
            f"{domain} is no verified domain of this organisation; verify it, or use its reserved domain.",
            field="email",
        )
    if tx.value("SELECT id FROM account WHERE email = $1", name) is not None:
        raise Duplicate(f"The account name {name} is taken; choose another.", field="email")
    uuid = uuid4(rng)
    tx.execute(
        "INSERT INTO account (organization_id, uuid, email, first_name, last_name, role, status, managed,"
        " password_hash, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 'ACTIVE', $7, $8, $9, $9)",
        *(organization_id, uuid, name, first_name.strip()[:100], last_name.strip()[:100], checked_role(role)),
        *(int(managed), password_hash, now),
    )
    person = get(tx, organization_id, uuid)
    smart_groups.refresh(tx, organization_id, [person.id], now)
    after = {"role": person.role, "managed": managed}
    audit.record(tx, organization_id, "ACCOUNT_CREATED", actor, person.subject, now=now, after=after)
    return person


def checked_role(role: str) -> Role:
    """The role of that name. Raises `Invalid`."""
    try:
        return Role(role.strip().upper().replace(" ", "_").replace("-", "_"))
    except ValueError:
        raise Invalid(f"'{role}' is no role; expected one of {', '.join(Role)}.", field="role") from None


def checked_password(password: str) -> str:
    """The password if it may be one. Raises `Invalid`."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise Invalid(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.", field="password")
    return password


def set_password(tx: Tx, person: Person, password_hash: str, *, actor: Actor, now: int) -> None:
    """Gives a person a new password. Portal sessions end, and devices ask for it before they go on."""
    sql = "UPDATE account SET password_hash = $1, updated_at = $2 WHERE id = $3"
    tx.execute(sql, password_hash, now, person.id)
    sign_out(tx, person)
    audit.record(tx, person.organization_id, "ACCOUNT_PASSWORD_SET", actor, person.subject, now=now)


def set_status(tx: Tx, person: Person, status: Status, *, actor: Actor, now: int) -> Person:
    """Locks, unlocks or retires a person; unless they stay active, they are signed out everywhere."""
    tx.execute("UPDATE account SET status = $1, updated_at = $2 WHERE id = $3", status.value, now, person.id)
    if status is not Status.ACTIVE:
        sign_out(tx, person)
    smart_groups.refresh(tx, person.organization_id, [person.id], now)
    before, after = {"status": person.status}, {"status": status}
    audit.record(tx, person.organization_id, "ACCOUNT_STATUS_CHANGED", actor, person.subject, now=now,
                 before=before, after=after)  # fmt: skip
    return get(tx, person.organization_id, person.uuid)


def set_role(tx: Tx, person: Person, role: str, *, actor: Actor, now: int) -> Person:
    """Gives a person another role, from their next request on. Raises `Invalid` for what is no role."""
    wanted = checked_role(role)
    if wanted is person.role:
        return person
    sql = "UPDATE account SET role = $1, updated_at = $2 WHERE id = $3"
    tx.execute(sql, wanted.value, now, person.id)
    before, after = {"role": person.role}, {"role": wanted}
    audit.record(tx, person.organization_id, "ACCOUNT_ROLE_LOCATION_CHANGED", actor, person.subject, now=now,
                 before=before, after=after)  # fmt: skip
    return get(tx, person.organization_id, person.uuid)


def sign_out(tx: Tx, person: Person) -> None:
    """Ends a person's portal sessions and takes back what their devices sign in with."""
    tx.execute("DELETE FROM portal_session WHERE account_id = $1", person.id)
    tx.execute("DELETE FROM account_token WHERE account_id = $1", person.id)


def get(tx: Tx, organization_id: int, uuid: str) -> Person:
    """By public id. Raises `NotFound`."""
    return _one(tx, organization_id, "uuid", uuid.lower(), uuid)


def find(tx: Tx, organization_id: int, text: str) -> Person:
    """By mail address or public id, as a person would say it. Raises `NotFound`."""
    column = "email" if "@" in text else "uuid"
    return _one(tx, organization_id, column, text.strip().lower(), text)


def by_id(tx: Tx, id: int) -> Person | None:
    """By internal id."""
    row = tx.row(f"SELECT {_COLUMNS} FROM account WHERE id = $1", id)
    return None if row is None else _person(row)


def by_email(tx: Tx, email: str) -> Person | None:
    """Of whatever organisation: names are unique over all of them."""
    row = tx.row(f"SELECT {_COLUMNS} FROM account WHERE email = $1", email.strip().lower())
    return None if row is None else _person(row)


def of_organization(tx: Tx, organization_id: int, *, after: int = 0, limit: int = 1000) -> list[Person]:
    """People in the order they were added, a page at a time; `after` is an internal id."""
    sql = f"SELECT {_COLUMNS} FROM account WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    return [_person(row) for row in tx.rows(sql, organization_id, after, limit)]


def by_ids(tx: Tx, ids: Sequence[int]) -> list[Person]:
    """Those with some internal ids, in their order."""
    sql = (
        f"SELECT {_COLUMNS} FROM account WHERE id IN (SELECT c0 FROM {tx.each('$1', 'bigint')} e) ORDER BY id"
    )
    return [_person(row) for row in tx.rows(sql, tx.pack([(id,) for id in ids]))]


def _one(tx: Tx, organization_id: int, column: str, value: str, said: str) -> Person:
    row = tx.row(
        f"SELECT {_COLUMNS} FROM account WHERE organization_id = $1 AND {column} = $2", organization_id, value
    )
    if row is None:
        raise NotFound("person", said)
    return _person(row)


def _person(row: Row) -> Person:
    values = (*row[:6], Role(row[6]), Status(row[7]), bool(row[8]), bool(row[9]), *row[10:])
    return Person(*values)
