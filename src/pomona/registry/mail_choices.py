"""What each person wants to be told of by mail, and where that goes."""

from collections.abc import Mapping
from dataclasses import dataclass

from pomona.registry import audit, domains
from pomona.registry.actors import Actor
from pomona.registry.errors import Invalid
from pomona.registry.mail_topics import TOPICS, checked
from pomona.registry.people import Person, Role, Status
from pomona.store import Tx


@dataclass(frozen=True, slots=True)
class Choices:
    """`wanted` has every topic; `chosen` are those that the person decided. `address` is where mails go.

    An address in a reserved domain is nobody's mailbox: `deliverable` is False, and nothing is sent there.
    """

    wanted: Mapping[str, bool]
    chosen: frozenset[str]
    address: str

    @property
    def deliverable(self) -> bool:
        """Whether mails can arrive there."""
        return not self.address.endswith(f".{domains.RESERVED_SUFFIX}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may be told of something."""

    uuid: str
    name: str
    choices: Choices


def of_person(tx: Tx, person: Person) -> Choices:
    """A person's choices, with what their role gets where they made none."""
    rows = tx.rows(
        "SELECT topic, wanted FROM mail_choice WHERE organization_id = $1 AND account_id = $2",
        *(person.organization_id, person.id),
    )
    address = tx.value("SELECT address FROM mail_address WHERE account_id = $1", person.id)
    return _choices(person.role, {topic: bool(wanted) for topic, wanted in rows}, address or person.email)


def choose(
    tx: Tx,
    person: Person,
    wanted: Mapping[str, bool | None],
    *,
    address: str | None = None,
    actor: Actor,
    now: int,
) -> Choices:
    """Sets topics on or off, or with None back to what the role gets; an empty `address` is the account's own.

    Raises `Invalid` for an unknown topic or what is no mail address.
    """
    tx.lock(person.organization_id)
    before = of_person(tx, person)
    for name, want in wanted.items():
        key = (person.organization_id, person.id, checked(name).name)
        tx.execute(
            "DELETE FROM mail_choice WHERE organization_id = $1 AND account_id = $2 AND topic = $3", *key
        )
        if want is not None:
            tx.execute(
                "INSERT INTO mail_choice (organization_id, account_id, topic, wanted) VALUES ($1, $2, $3, $4)",
                *(*key, int(want)),
            )
    if address is not None:
        _set_address(tx, person, address)
    after = of_person(tx, person)
    if after != before:
        audit.record(tx, person.organization_id, "MAIL_CHOICES_CHANGED", actor, person.subject, now=now,
                     before=_shown(before), after=_shown(after))  # fmt: skip
    return after


def readers(tx: Tx, organization_id: int) -> list[Reader]:
    """Everybody active who wants anything by mail and whose mails can arrive."""
    chosen: dict[int, dict[str, bool]] = {}
    for account_id, topic, wanted in tx.rows(
        "SELECT account_id, topic, wanted FROM mail_choice WHERE organization_id = $1", organization_id
    ):
        chosen.setdefault(account_id, {})[topic] = bool(wanted)
    rows = tx.rows(
        "SELECT a.id, a.uuid, a.email, a.first_name, a.last_name, a.role, m.address FROM account a"
        " LEFT JOIN mail_address m ON m.account_id = a.id"
        " WHERE a.organization_id = $1 AND a.status = $2 ORDER BY a.id",
        *(organization_id, Status.ACTIVE.value),
    )
    found = []
    for id, uuid, email, first_name, last_name, role, address in rows:
        choices = _choices(Role(role), chosen.get(id, {}), address or email)
        if choices.deliverable and any(choices.wanted.values()):
            found.append(Reader(uuid, f"{first_name} {last_name}".strip(), choices))
    return found


def checked_address(text: str) -> str:
    """A mail address as it is kept. Raises `Invalid`."""
    address = text.strip()
    local, domain = domains.of_identifier(address)
    if (
        not local.isascii()
        or not local.isprintable()
        or set(' "(),:;<>@[\\]') & set(local)
        or len(address) > 254
    ):
        raise Invalid(
            f"'{address[:100]}' is no mail address; expected one like name@example.com.", field="address"
        )
    return f"{local}@{domain}"


def _set_address(tx: Tx, person: Person, text: str) -> None:
    tx.execute("DELETE FROM mail_address WHERE account_id = $1", person.id)
    if text.strip() and text.strip().lower() != person.email:
        tx.execute(
            "INSERT INTO mail_address (account_id, organization_id, address) VALUES ($1, $2, $3)",
            *(person.id, person.organization_id, checked_address(text)),
        )


def _choices(role: Role, chosen: Mapping[str, bool], address: str) -> Choices:
    wanted = {name: chosen.get(name, role in topic.roles) for name, topic in TOPICS.items()}
    return Choices(wanted, frozenset(chosen), address)


def _shown(choices: Choices) -> dict[str, object]:
    return {"address": choices.address, "topics": [name for name, wanted in choices.wanted.items() if wanted]}
