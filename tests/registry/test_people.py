"""People and their domains: names are unique, domains are proved, and what a new password or a lock ends."""

from functools import partial

import pytest

from pomona.registry import account_tokens, audit, domains, people
from pomona.registry.domains import Domain
from pomona.registry.errors import Duplicate, Forbidden, InUse, Invalid, NotFound
from pomona.registry.people import Person, Role, Status
from pomona.store import Store
from tests.support.worlds import ADMIN, World


def add(world: World, email: str, *, managed: bool = True, role: str = "STAFF") -> Person:
    return world.store.write_sync(
        lambda tx: people.add(
            tx, world.id, email, first_name="Pat", last_name="Doe", role=role, password_hash="hash",
            managed=managed, actor=ADMIN, now=world.now, rng=world.rng,
        )
    )  # fmt: skip


def own(world: World, name: str) -> Domain:
    return world.store.write_sync(
        lambda tx: domains.add(tx, world.id, name, actor=ADMIN, now=world.now, rng=world.rng)
    )


def verify(world: World, name: str, *records: str) -> Domain:
    return world.store.write_sync(
        lambda tx: domains.verify(tx, world.id, name, records, actor=ADMIN, now=world.now)
    )


def test_a_new_organisation_has_its_reserved_domain(any_store: Store) -> None:
    world = World(any_store)
    (reserved,) = any_store.read_sync(lambda tx: domains.of_organization(tx, world.id))
    assert (reserved.name, reserved.reserved, reserved.verified_by) == (
        "example.pomona.test",
        True,
        "reserved",
    )
    with pytest.raises(Forbidden, match="stays"):
        any_store.write_sync(
            lambda tx: domains.remove(tx, world.id, reserved.name, actor=ADMIN, now=world.now)
        )


def test_a_person_is_found_by_name_and_id(any_store: Store) -> None:
    world = World(any_store)
    made = add(world, " Pat@Example.POMONA.test ", role="it administrator")
    assert (made.email, made.role, made.status) == (
        "pat@example.pomona.test",
        Role.IT_ADMINISTRATOR,
        Status.ACTIVE,
    )
    assert (made.name, made.has_password, made.managed) == ("Pat Doe", True, True)
    for said in ("PAT@example.pomona.test", made.uuid):
        assert any_store.read_sync(partial(people.find, organization_id=world.id, text=said)) == made
    assert any_store.read_sync(lambda tx: people.by_email(tx, made.email)) == made
    assert any_store.read_sync(lambda tx: people.by_id(tx, made.id)) == made
    assert any_store.read_sync(lambda tx: people.of_organization(tx, world.id)) == [made]
    assert "hash" not in repr(made)


def test_names_are_unique_over_all_organisations(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    add(world, "boss@elsewhere.example", managed=False)
    with pytest.raises(Duplicate, match="taken"):
        add(other, "BOSS@elsewhere.example", managed=False)
    with pytest.raises(NotFound):
        any_store.read_sync(lambda tx: people.find(tx, other.id, "boss@elsewhere.example"))


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("pat", "no account name"),
        ("@example.com", "no account name"),
        ("pat@", "no domain"),
        ("pat@nodots", "no domain"),
        ("p at@example.pomona.test", "no account name"),
        ("p\0t@example.pomona.test", "no account name"),
        ("pat@elsewhere.example", "no verified domain"),
    ],
)
def test_what_is_no_managed_account_is_refused(store: Store, email: str, said: str) -> None:
    world = World(store)
    with pytest.raises(Invalid, match=said):
        add(world, email)
    assert store.read_sync(lambda tx: people.of_organization(tx, world.id)) == []


def test_roles_and_passwords_have_rules(store: Store) -> None:
    with pytest.raises(Invalid, match="expected one of ADMINISTRATOR"):
        add(World(store), "pat@example.pomona.test", role="king")
    for password in ("short", "x" * 2000):
        with pytest.raises(Invalid, match="8 to 1024"):
            people.checked_password(password)
    assert people.checked_password("long enough") == "long enough"


@pytest.mark.parametrize("how", ["password", "lock"])
def test_a_new_password_or_a_lock_signs_out_everywhere(any_store: Store, how: str) -> None:
    world = World(any_store)
    person = add(world, "pat@example.pomona.test")
    token = any_store.write_sync(lambda tx: account_tokens.issue(tx, person, now=world.now, rng=world.rng))
    any_store.write_sync(
        lambda tx: tx.execute(
            "INSERT INTO portal_session (token_hash, account_id, created_at, expires_at, address)"
            " VALUES ($1, $2, 0, $3, '')",
            *(b"t", person.id, world.now + 1000),
        )
    )
    if how == "password":
        any_store.write_sync(lambda tx: people.set_password(tx, person, "new", actor=ADMIN, now=world.now))
    else:
        changed = any_store.write_sync(
            lambda tx: people.set_status(tx, person, Status.LOCKED, actor=ADMIN, now=world.now)
        )
        assert changed.status is Status.LOCKED
    assert any_store.read_sync(lambda tx: account_tokens.find(tx, world.id, token, world.now)) is None
    assert any_store.read_sync(lambda tx: tx.value("SELECT count(*) FROM portal_session")) == 0
    events = any_store.read_sync(lambda tx: audit.about(tx, world.id, "USER", person.uuid))
    assert [event.type for event in events] == [
        "ACCOUNT_PASSWORD_SET" if how == "password" else "ACCOUNT_STATUS_CHANGED",
        "ACCOUNT_CREATED",
    ]


def test_a_token_lives_thirty_days_and_belongs_to_one_enrolment(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    person = add(world, "pat@example.pomona.test")
    token = any_store.write_sync(lambda tx: account_tokens.issue(tx, person, now=world.now, rng=world.rng))
    found = any_store.read_sync(lambda tx: account_tokens.find(tx, world.id, token, world.now))
    assert found is not None
    assert (found.email, found.enrollment_id) == (person.email, None)
    assert any_store.read_sync(lambda tx: account_tokens.find(tx, other.id, token, world.now)) is None
    end = world.now + account_tokens.LIFE
    assert any_store.read_sync(lambda tx: account_tokens.find(tx, world.id, token, end)) is None
    assert any_store.write_sync(lambda tx: account_tokens.bind(tx, found, 7))
    assert not any_store.write_sync(lambda tx: account_tokens.bind(tx, found, 8))
    again = any_store.read_sync(lambda tx: account_tokens.find(tx, world.id, token, world.now))
    assert again is not None
    assert any_store.write_sync(lambda tx: account_tokens.bind(tx, again, 7))


def test_a_domain_is_verified_by_its_record(any_store: Store) -> None:
    world = World(any_store)
    domain = own(world, "Corp.Example.")
    assert domain.name == "corp.example"
    assert domain.txt.startswith("apple-domain-verification=")
    assert own(world, "corp.example") == domain
    with pytest.raises(Invalid, match="No TXT record") as refused:
        verify(world, "corp.example", "v=spf1 -all", domain.txt + "x")
    assert refused.value.code == "PROOF_NOT_FOUND"
    done = verify(world, "corp.example", "v=spf1 -all", f" {domain.txt} ")
    assert (done.verified_at, done.verified_by) == (world.now, "dns")
    assert verify(world, "corp.example") == done
    with pytest.raises(Duplicate, match="verified already"):
        own(world, "corp.example")
    add(world, "pat@corp.example")
    with pytest.raises(InUse, match=r"pat@corp\.example"):
        any_store.write_sync(
            lambda tx: domains.remove(tx, world.id, "corp.example", actor=ADMIN, now=world.now)
        )


def test_a_proof_runs_out_after_fourteen_days(any_store: Store) -> None:
    world = World(any_store)
    domain = own(world, "corp.example")
    world.tick(domains.PROOF_LIFE)
    with pytest.raises(Invalid, match="ran out") as refused:
        verify(world, "corp.example", domain.txt)
    assert refused.value.code == "PROOF_EXPIRED"
    fresh = own(world, "corp.example")
    assert fresh.proof != domain.proof
    assert verify(world, "corp.example", fresh.txt).verified_by == "dns"


def test_an_operators_word_is_recorded_as_such(any_store: Store) -> None:
    world = World(any_store)
    own(world, "corp.example")
    done = any_store.write_sync(
        lambda tx: domains.vouch(tx, world.id, "corp.example", actor=ADMIN, now=world.now)
    )
    assert done.verified_by == "operator"
    events = any_store.read_sync(lambda tx: audit.about(tx, world.id, "DOMAIN", "corp.example"))
    assert [(event.type, event.after) for event in events] == [
        ("DOMAIN_VERIFIED", {"verified_by": "operator"}),
        ("DOMAIN_ADDED", None),
    ]


def test_several_organisations_may_verify_one_domain(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    for each in (other, world):
        verify(each, "corp.example", own(each, "corp.example").txt)
        world.tick()
    assert any_store.read_sync(lambda tx: domains.holders(tx, "corp.example")) == [other.id, world.id]
    any_store.write_sync(lambda tx: domains.remove(tx, other.id, "corp.example", actor=ADMIN, now=world.now))
    assert any_store.read_sync(lambda tx: domains.holders(tx, "corp.example")) == [world.id]
    with pytest.raises(NotFound):
        any_store.read_sync(lambda tx: domains.get(tx, other.id, "corp.example"))


@pytest.mark.parametrize(
    "name", ["", "com", "-a.example", "a..example", "a b.example", "x" * 64 + ".example"]
)
def test_what_is_no_domain_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(Invalid, match="no domain name"):
        own(World(store), name)


def test_international_names_have_one_spelling(store: Store) -> None:
    world = World(store)
    assert own(world, "Bücher.example").name == "xn--bcher-kva.example"
    assert own(world, "xn--bcher-kva.example").name == "xn--bcher-kva.example"
    assert domains.of_identifier("a@b@Bücher.example") == ("a@b", "xn--bcher-kva.example")
