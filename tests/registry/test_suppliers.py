"""Suppliers' accounts: what is registered, by what they prove themselves, and what stays secret."""

import pytest

from pomona.keys.keyring import token_hash
from pomona.keys.randomness import seeded
from pomona.registry import audit, supplier_credentials, suppliers
from pomona.registry.errors import Duplicate, Invalid, NotFound
from pomona.registry.suppliers import ACTIONS, INSTALLATION, Supplier, SupplierKind
from pomona.store import Store
from tests.support.worlds import ADMIN, NOW

RNG = seeded("suppliers")


def register(
    store: Store, number: str = "16fce4a0", kind: SupplierKind = "RESELLER", ship_to: tuple[str, ...] = ()
) -> Supplier:
    return store.write_sync(
        lambda tx: suppliers.register(tx, kind, number, "Grove", ship_to=ship_to, actor=ADMIN, now=NOW)
    )


def holders(store: Store, token: str, now: int = NOW) -> list[str]:
    found = store.read_sync(lambda tx: supplier_credentials.holders(tx, token_hash(token), now))
    return [supplier.number for supplier in found]


def issue(store: Store, *of: Supplier, expires_at: int | None = None, replace: bool = False) -> str:
    return store.write_sync(
        lambda tx: supplier_credentials.issue_token(
            tx, of, expires_at=expires_at, replace=replace, actor=ADMIN, now=NOW, rng=RNG
        )
    )


def test_an_account_with_its_ship_to_numbers(any_store: Store) -> None:
    made = register(any_store, ship_to=("52010", "0000000007"))
    assert (made.number, made.name, made.active) == ("16FCE4A0", "Grove", True)
    assert [(each.number, each.active, each.actions) for each in made.ship_tos] == [
        ("0000000007", True, ACTIONS),
        ("0000052010", True, ACTIONS),
    ]
    any_store.write_sync(lambda tx: suppliers.set_ship_to(tx, made.id, "7", active=False, actions=["STATUS"]))
    found = any_store.read_sync(lambda tx: suppliers.find(tx, " 16fce4a0 "))
    assert (found.ship_tos[0].active, found.ship_tos[0].actions) == (False, ("STATUS",))
    with pytest.raises(Invalid, match="no action"):
        any_store.write_sync(lambda tx: suppliers.set_ship_to(tx, made.id, "8", actions=["PAINT"]))


def test_numbers_are_one_of_a_kind(any_store: Store) -> None:
    reseller = register(any_store)
    with pytest.raises(Duplicate, match="registered already"):
        register(any_store, " 16FCE4A0")
    maker = register(any_store, "16FCE4A0", "APPLE")
    assert any_store.read_sync(lambda tx: suppliers.find(tx, "16FCE4A0")).id == reseller.id
    assert [each.id for each in any_store.read_sync(suppliers.all_of_them)] == [reseller.id, maker.id]
    assert any_store.read_sync(lambda tx: suppliers.all_of_them(tx, after=reseller.id))[0].kind == "APPLE"
    for wrong in ("", "12 34", "ß", "X" * 33):
        with pytest.raises(Invalid, match="letters and digits"):
            register(any_store, wrong)
    with pytest.raises(Invalid, match="ten digits"):
        register(any_store, "AB", ship_to=("12345678901",))
    with pytest.raises(NotFound):
        any_store.read_sync(lambda tx: suppliers.find(tx, "AB"))
    with pytest.raises(NotFound):
        any_store.read_sync(lambda tx: suppliers.get(tx, 77))


def test_a_token_is_good_until_it_is_replaced_or_expires(any_store: Store) -> None:
    supplier = register(any_store)
    first, short = issue(any_store, supplier), issue(any_store, supplier, expires_at=NOW + 1000)
    assert (holders(any_store, first), holders(any_store, short)) == (["16FCE4A0"], ["16FCE4A0"])
    assert holders(any_store, short, NOW + 1000) == []
    assert holders(any_store, first[:-1]) == []
    second = issue(any_store, supplier, replace=True)
    assert (holders(any_store, first), holders(any_store, second)) == ([], ["16FCE4A0"])
    kept = any_store.read_sync(lambda tx: supplier_credentials.of_supplier(tx, supplier.id))
    assert [each.revoked_at for each in kept].count(None) == 1


def test_one_credential_for_several_suppliers(any_store: Store) -> None:
    one, two = register(any_store), register(any_store, "0A0B0C0D")
    token = issue(any_store, one, two)
    assert holders(any_store, token) == ["16FCE4A0", "0A0B0C0D"]
    ended = any_store.write_sync(
        lambda tx: supplier_credentials.revoke(tx, one, "TOKEN", actor=ADMIN, now=NOW)
    )
    assert (ended, holders(any_store, token)) == (1, ["0A0B0C0D"])
    none = any_store.write_sync(
        lambda tx: supplier_credentials.revoke(tx, one, "CERTIFICATE", actor=ADMIN, now=NOW)
    )
    assert none == 0


def test_the_log_tells_everything_but_the_token(any_store: Store) -> None:
    supplier = register(any_store)
    token = issue(any_store, supplier)
    changed = any_store.write_sync(lambda tx: suppliers.set_active(tx, supplier, False, actor=ADMIN, now=NOW))
    assert not changed.active
    events = any_store.read_sync(lambda tx: audit.newest(tx, INSTALLATION))
    assert [event.type for event in events] == [
        "SUPPLIER_DEACTIVATED",
        "SUPPLIER_CREDENTIAL_ADDED",
        "SUPPLIER_REGISTERED",
    ]
    assert token not in str(events)
    rows = any_store.read_sync(lambda tx: tx.rows("SELECT * FROM supplier_credential"))
    assert token not in str(rows)
