"""API accounts and their keys, on both engines."""

import base64
import re

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pomona.keys.randomness import seeded
from pomona.registry import api_accounts, api_keys, audit
from pomona.registry.api_accounts import ApiAccount, ApiKey
from pomona.registry.api_keys import KEY_FORMS, KeyForm
from pomona.registry.errors import Invalid, LimitExceeded, NotFound
from pomona.store import Store
from tests.support.worlds import ADMIN, World

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
PUBLIC = api_keys.generate("sec1", seeded("key")).public


def create(world: World, name: str = "Inventory", **more: object) -> tuple[ApiAccount, ApiKey | None]:
    return world.store.write_sync(
        lambda tx: api_accounts.create(
            tx,
            world.id,
            name,
            actor=ADMIN,
            now=world.now,
            rng=world.rng,
            **more,  # type: ignore[arg-type]
        )
    )


def created_with_key(world: World) -> tuple[ApiAccount, ApiKey]:
    account, key = create(world, public_key=PUBLIC)
    assert key is not None
    return account, key


def events(world: World) -> list[tuple[str, object]]:
    found = world.store.read_sync(lambda tx: audit.newest(tx, world.id))
    return [(event.type, event.after) for event in reversed(found) if event.type.startswith("API_")]


def test_an_account_with_its_key(any_store: Store) -> None:
    world = World(any_store)
    account, key = created_with_key(world)
    assert re.fullmatch(rf"BUSINESSAPI\.{UUID}", account.client_id)
    assert re.fullmatch(UUID, key.key_id)
    assert account.permissions == set(api_accounts.PERMISSIONS)
    assert any_store.read_sync(lambda tx: api_accounts.authorised(tx, account.id, key.key_id)) == account
    assert any_store.read_sync(lambda tx: api_accounts.by_client_id(tx, account.client_id)) == account
    assert any_store.read_sync(lambda tx: api_accounts.of_organization(tx, world.id)) == [account]
    assert [type for type, _ in events(world)] == ["API_ACCOUNT_CREATED_WITH_KEY"]


def test_an_account_is_found_with_or_without_its_prefix(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    account, _ = create(world, kind="SCHOOL", permissions=["assign"])
    assert account.client_id.startswith("SCHOOLAPI.")
    assert account.permissions == {"read", "assign"}
    for name in (account.client_id, account.client_id.removeprefix("SCHOOLAPI.")):
        assert any_store.read_sync(lambda tx: api_accounts.get(tx, world.id, name)) == account  # noqa: B023
        with pytest.raises(NotFound):
            any_store.read_sync(lambda tx: api_accounts.get(tx, other.id, name))  # noqa: B023
    assert events(world)[0][0] == "API_ACCOUNT_CREATED_WITHOUT_KEY"


def test_a_revoked_key_authorises_nothing(any_store: Store) -> None:
    world, other = World(any_store), World(any_store, "Other")
    account, key = created_with_key(world)
    foreign, _ = created_with_key(other)
    second = any_store.write_sync(
        lambda tx: api_accounts.add_key(tx, account, PUBLIC, actor=ADMIN, now=world.now, rng=world.rng)
    )
    with pytest.raises(NotFound):
        any_store.write_sync(
            lambda tx: api_accounts.revoke_key(tx, foreign, key.key_id, actor=ADMIN, now=world.now)
        )
    any_store.write_sync(
        lambda tx: api_accounts.revoke_key(tx, account, key.key_id.upper(), actor=ADMIN, now=world.now)
    )
    assert any_store.read_sync(lambda tx: api_accounts.authorised(tx, account.id, key.key_id)) is None
    assert any_store.read_sync(lambda tx: api_accounts.authorised(tx, account.id, second.key_id)) == account
    assert any_store.read_sync(lambda tx: api_accounts.authorised(tx, foreign.id, second.key_id)) is None
    assert any_store.read_sync(lambda tx: api_accounts.keys(tx, account.id)) == [second]
    every = any_store.read_sync(lambda tx: api_accounts.keys(tx, account.id, revoked=True))
    assert {kept.key_id: kept.revoked_at for kept in every} == {key.key_id: world.now, second.key_id: None}
    with pytest.raises(NotFound):
        any_store.write_sync(
            lambda tx: api_accounts.revoke_key(tx, account, key.key_id, actor=ADMIN, now=world.now)
        )
    assert events(world)[1:] == [
        ("API_ACCOUNT_KEY_GENERATED", {"keyId": second.key_id}),
        ("API_ACCOUNT_KEY_REVOKED", {"keyId": key.key_id}),
    ]


def test_a_deleted_account_is_gone_with_its_keys(any_store: Store) -> None:
    world = World(any_store)
    account, key = created_with_key(world)
    any_store.write_sync(lambda tx: api_accounts.delete(tx, account, actor=ADMIN, now=world.now))
    assert any_store.read_sync(lambda tx: api_accounts.authorised(tx, account.id, key.key_id)) is None
    assert any_store.read_sync(lambda tx: api_accounts.by_client_id(tx, account.client_id)) is None
    assert any_store.read_sync(lambda tx: api_accounts.of_organization(tx, world.id)) == []
    assert events(world)[-1][0] == "API_ACCOUNT_DELETED"


def test_name_and_permissions_change(any_store: Store) -> None:
    world = World(any_store)
    account, _ = create(world)
    changed = any_store.write_sync(
        lambda tx: api_accounts.change(
            tx, account, name=" Stock ", permissions={"release"}, actor=ADMIN, now=world.now
        )
    )
    assert (changed.name, changed.permissions) == ("Stock", frozenset({"read", "release"}))
    assert events(world)[1:] == [
        ("API_ACCOUNT_NAME_CHANGED", {"newName": "Stock"}),
        ("API_ACCOUNT_ROLE_LOCATION_CHANGED", {"permissions": ["read", "release"]}),
    ]
    any_store.write_sync(
        lambda tx: api_accounts.change(tx, changed, name="Stock", actor=ADMIN, now=world.now)
    )
    assert len(events(world)) == 3


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b", "a\nb"])
def test_a_name_that_cannot_be(store: Store, name: str) -> None:
    world = World(store)
    with pytest.raises(Invalid, match="printable"):
        create(world, name)
    assert store.read_sync(lambda tx: api_accounts.of_organization(tx, world.id)) == []


def test_what_else_cannot_be(store: Store) -> None:
    world = World(store)
    with pytest.raises(Invalid, match="no permission"):
        create(world, permissions=["paint"])
    with pytest.raises(Invalid, match="no kind"):
        create(world, kind="HOME")


def test_fifty_accounts_and_ten_keys(any_store: Store) -> None:
    world = World(any_store)
    account, _ = create(world, public_key=PUBLIC)
    for n in range(49):
        last, _ = create(world, f"Account {n}")
    with pytest.raises(LimitExceeded, match="50"):
        create(world)
    any_store.write_sync(lambda tx: api_accounts.delete(tx, last, actor=ADMIN, now=world.now))
    create(world)
    for n in range(10):
        if n == 9:
            with pytest.raises(LimitExceeded, match="10 keys"):
                any_store.write_sync(
                    lambda tx: api_accounts.add_key(
                        tx, account, PUBLIC, actor=ADMIN, now=world.now, rng=world.rng
                    )
                )
        else:
            any_store.write_sync(
                lambda tx: api_accounts.add_key(
                    tx, account, PUBLIC, actor=ADMIN, now=world.now, rng=world.rng
                )
            )


def test_use_is_noted_once_an_hour(any_store: Store) -> None:
    world = World(any_store)
    _, key = created_with_key(world)
    assert api_accounts.needs_use_noted(key, world.now)
    any_store.write_sync(lambda tx: api_accounts.note_use(tx, key.key_id, world.now))
    [noted] = any_store.read_sync(lambda tx: api_accounts.keys(tx, key.account_id))
    assert noted.used_at == world.now
    assert not api_accounts.needs_use_noted(noted, world.now + 3_599_999)
    assert api_accounts.needs_use_noted(noted, world.now + 3_600_000)


@pytest.mark.parametrize("form", KEY_FORMS)
def test_a_generated_key_signs_in_each_form(form: KeyForm) -> None:
    pair = api_keys.generate(form, seeded(form))
    label = "PRIVATE KEY" if form == "pkcs8" else "EC PRIVATE KEY"
    assert pair.private.startswith(f"-----BEGIN {label}-----\n")
    body = base64.b64decode("".join(pair.private.splitlines()[1:-1]))
    key = serialization.load_der_private_key(body, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(b"text", ec.ECDSA(hashes.SHA256()))
    api_keys.load_public_key(pair.public).verify(signature, b"text", ec.ECDSA(hashes.SHA256()))
    # SEC1 begins with version 1, PKCS#8 with version 0.
    assert body[body.index(b"\x02\x01") + 2] == (1 if form == "sec1" else 0)
    assert pair.private not in repr(pair)


def test_keys_are_random() -> None:
    rng = seeded("several")
    assert len({api_keys.generate("sec1", rng).public for _ in range(5)}) == 5


def _pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def test_an_uploaded_key_is_kept_in_one_spelling() -> None:
    assert api_keys.checked_public_key(PUBLIC.replace("\n", "\r\n")) == PUBLIC


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (api_keys.generate("pkcs8", seeded(1)).private, "private key"),
        ("nothing", "no public key"),
        ("", "no public key"),
        (_pem(ec.generate_private_key(ec.SECP384R1()).public_key()), "P-256"),
        (_pem(rsa.generate_private_key(65537, 2048).public_key()), "P-256"),
    ],
)
def test_an_uploaded_key_that_cannot_be_used(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        api_keys.checked_public_key(text)
