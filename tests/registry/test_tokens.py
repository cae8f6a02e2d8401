"""Server tokens: issue, renewal with and without overlap, revocation, expiry and what is told of it."""

import pytest

from pomona.keys.keyring import BadSeal, KeyRing
from pomona.registry import audit, services, tokens
from pomona.registry.errors import Invalid, NotFound
from pomona.registry.services import Service
from pomona.registry.tokens import Issued
from pomona.store import Store
from tests.support.worlds import ADMIN, NOW, World

KEYS = KeyRing(bytes(range(32)))
DAY = 86_400_000


def issue(world: World, service: Service, overlap: int = 0) -> Issued:
    return world.store.write_sync(
        lambda tx: tokens.issue(tx, service, KEYS, actor=ADMIN, now=world.now, rng=world.rng, overlap=overlap)
    )


def states(world: World, service: Service) -> list[str]:
    return [
        token.state(world.now)
        for token in world.store.read_sync(lambda tx: tokens.of_service(tx, service.id))
    ]


def test_a_token_is_valid_for_a_year_and_looks_as_clients_know_it(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("Main / MDM")
    issued = issue(world, service)
    token = issued.token
    assert token.expires_at == NOW + 365 * DAY
    assert (token.issued_by, token.state(world.now)) == ("admin@example.com", "live")
    assert token.consumer_key.startswith("CK_")
    assert token.access_token.startswith(f"AT_O{service.id}O")
    assert max(len(token.consumer_key), len(token.access_token)) <= 128
    assert (issued.consumer_secret[:3], issued.access_secret[:3]) == ("CS_", "AS_")
    assert issued.file_name(service) == "Main _ MDM_Token_2023-11-14T22-13-20Z_smime.p7m"
    assert issued.consumer_secret not in repr(issued)
    world.tick(365 * DAY)
    assert states(world, service) == ["expired"]


def test_renewal_keeps_the_consumer_key_and_ends_the_old_token_at_once(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("Main")
    old = issue(world, service)
    world.tick()
    new = issue(world, service)
    assert new.token.consumer_key == old.token.consumer_key
    assert new.token.access_token != old.token.access_token
    assert new.consumer_secret != old.consumer_secret
    assert states(world, service) == ["live", "replaced"]


def test_with_an_overlap_both_work_until_its_end(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("Main")
    issue(world, service)
    issue(world, service, overlap=DAY)
    assert states(world, service) == ["live", "live"]
    issue(world, service)
    assert states(world, service) == ["live", "replaced", "replaced"], (
        "a renewal without overlap ends all others"
    )
    issue(world, service, overlap=DAY)
    world.tick(DAY)
    assert states(world, service) == ["live", "replaced", "replaced", "replaced"]


def test_revoking_ends_every_token_that_still_worked(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("Main")
    issue(world, service)
    issue(world, service, overlap=DAY)
    revoked = world.store.write_sync(lambda tx: tokens.revoke(tx, service, actor=ADMIN, now=world.now))
    assert (revoked, states(world, service)) == (2, ["revoked", "revoked"])
    again = world.store.write_sync(lambda tx: tokens.revoke(tx, service, actor=ADMIN, now=world.now))
    assert again == 0
    consumer = issue(world, service).token.consumer_key
    assert {
        token.consumer_key for token in world.store.read_sync(lambda tx: tokens.of_service(tx, service.id))
    } == {consumer}
    types = [event.type for event in world.store.read_sync(lambda tx: audit.newest(tx, world.id))]
    assert types[:4] == [
        "SERVICE_TOKEN_RENEWED", "SERVICE_TOKEN_REVOKED", "SERVICE_TOKEN_RENEWED", "SERVICE_TOKEN_ISSUED",
    ]  # fmt: skip


def test_secrets_are_found_by_the_access_token_and_sealed_to_it(any_store: Store) -> None:
    world = World(any_store)
    service = world.service("Main")
    issued = issue(world, service)
    found = world.store.read_sync(lambda tx: tokens.credentials(tx, issued.token.access_token, KEYS))
    assert (found.consumer_secret, found.access_secret) == (issued.consumer_secret, issued.access_secret)
    assert (found.token, found.organization_id) == (issued.token, world.id)
    with pytest.raises(NotFound):
        world.store.read_sync(lambda tx: tokens.credentials(tx, "AT_O1O00O0", KEYS))
    with pytest.raises(BadSeal):
        world.store.read_sync(
            lambda tx: tokens.credentials(tx, issued.token.access_token, KeyRing(bytes(32)))
        )
    stored = world.store.read_sync(lambda tx: tx.value("SELECT secrets FROM server_token"))
    assert issued.consumer_secret.encode() not in stored
    assert world.store.read_sync(lambda tx: tokens.knows_consumer(tx, issued.token.consumer_key))
    assert not world.store.read_sync(lambda tx: tokens.knows_consumer(tx, "CK_00"))


def test_a_built_in_service_gets_no_token(any_store: Store) -> None:
    world = World(any_store)
    own = world.store.read_sync(lambda tx: services.built_in(tx, world.id))
    with pytest.raises(Invalid, match="needs no token"):
        issue(world, own)


@pytest.mark.parametrize(
    ("days_left", "warning"),
    [(365, None), (61, None), (60, 60), (31, 60), (30, 30), (14, 14), (8, 14), (7, 7), (2, 7), (1, 1), (0.5, 1), (0, None)],
)  # fmt: skip
def test_people_are_warned_before_the_end(store: Store, days_left: float, warning: int | None) -> None:
    world = World(store)
    token = issue(world, world.service("Main")).token
    assert token.warning(token.expires_at - int(days_left * DAY)) == warning


def test_the_newest_token_of_many_services(any_store: Store) -> None:
    world = World(any_store)
    first, second, third = world.service("A"), world.service("B"), world.service("C")
    issue(world, first)
    newest = {first.id: issue(world, first).token, second.id: issue(world, second).token}
    asked = [first.id, second.id, third.id]
    assert world.store.read_sync(lambda tx: tokens.newest_of(tx, asked)) == newest
    assert world.store.read_sync(lambda tx: tokens.newest_of(tx, [])) == {}
