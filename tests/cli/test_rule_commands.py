"""Rules for arriving devices on the command line."""

import json
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pomona.catalogue.kinds import Kind
from pomona.cli import rule, supplier
from pomona.registry import devices, organizational_units, services, supplier_links
from pomona.runtime import Settings
from pomona.server.installation import installation
from tests.support.worlds import ADMIN, NOW, World, serials

MACS, PHONES = serials(2), serials(2, seed=2)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation with two services and some devices."""
    with installation(Settings(data=tmp_path)) as runtime:
        world = World(runtime.store)
        world.service("Main")
        world.activity("ASSIGN_DEVICES", world.stock(1), world.service("Other"))
        world.arrive(MACS, Kind.MAC)
        world.arrive(PHONES)
    return tmp_path


def run(data: Path, *words: str) -> Result:
    env = {"POMONA_DATA": str(data), "COLUMNS": "200"}
    return CliRunner().invoke(rule.app, list(words), env=env, catch_exceptions=False)


def test_rules_are_added_ordered_switched_and_removed(data: Path) -> None:
    added = run(data, "add", "Macs", "--to", "Main", "--kind", "mac", "--supplier", "16fce4a0", "--json")
    assert json.loads(added.stdout)["conditions"] == "supplier 16FCE4A0, Mac"
    run(
        data,
        "add",
        "Sales",
        "--unassigned",
        "--order",
        "SALES-",
        "--source",
        "reseller",
        "--place",
        "1",
        "--disabled",
    )
    listed = json.loads(run(data, "list", "--json").stdout)
    assert [(each["place"], each["name"], each["enabled"], each["to"]) for each in listed] == [
        (1, "Sales", False, "unassigned"), (2, "Macs", True, "Main"),
    ]  # fmt: skip
    assert listed[0]["conditions"] == "from a reseller, order SALES-…"
    assert "place 2" in run(data, "move", "Sales", "2").stdout
    assert "enabled" in run(data, "enable", "Sales").stdout
    assert "disabled" in run(data, "disable", "Macs").stdout
    assert json.loads(run(data, "show", "Macs", "--json").stdout)["place"] == 1
    assert run(data, "remove", "Macs").exit_code == 0
    assert [each["name"] for each in json.loads(run(data, "list", "--json").stdout)] == ["Sales"]


def test_a_rule_is_tried_and_applied_to_what_is_here(data: Path) -> None:
    run(data, "add", "Macs", "--to", "Main", "--kind", "Mac")
    run(data, "add", "Phones", "--to", "Main", "--product", "iPhone", "--supplier", "NOBODY")
    tried = json.loads(run(data, "preview", "--json").stdout)
    assert [(each["rule"], each["there"]) for each in tried] == [
        ("Macs", 0),
        ("Phones", 0),
        ("no rule", None),
    ]
    assert sum(each["devices"] for each in tried) == 5
    seen = json.loads(run(data, "apply", "Macs", "--preview", "--json").stdout)
    assert seen["changing"] == seen["total"] == tried[0]["devices"]
    done = run(data, "apply", "Macs", "--waiting", "--json")
    assert json.loads(done.stdout)["succeeded"] == 2
    assert "no device" in run(data, "apply", "Phones").stderr
    with installation(Settings(data=data)) as runtime:
        held = [
            runtime.store.read_sync(partial(devices.get, organization_id=1, serial=serial)).service_id
            for serial in (*MACS, *PHONES)
        ]
        main = runtime.store.read_sync(lambda tx: services.find(tx, 1, "Main"))
    assert held == [main.id, main.id, None, None]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("add", "x"), "say where the devices go"),
        (("add", "x", "--to", "Main", "--unassigned"), "say where the devices go"),
        (("add", "x", "--to", "Nowhere"), "There is no device management service"),
        (("add", "x", "--to", "Main", "--kind", "toaster"), "is not a kind of device"),
        (("add", "x", "--to", "Main", "--source", "theft"), "is no source"),
        (("add", "x", "--to", "Main", "--unit", "Berlin"), "Berlin"),
        (("show", "x"), "There is no rule 'x'"),
        (("remove", "x"), "There is no rule 'x'"),
    ],
)
def test_mistakes_are_one_sentence(data: Path, words: tuple[str, ...], complaint: str) -> None:
    refused = run(data, *words)
    assert (refused.exit_code, complaint in refused.stderr) == (1, True)


def test_a_rule_may_ask_for_the_unit_that_a_supplier_delivers_to(data: Path) -> None:
    with installation(Settings(data=data)) as runtime:
        runtime.store.write_sync(
            lambda tx: organizational_units.create(tx, 1, "Berlin", actor=ADMIN, now=NOW, rng=runtime.rng)
        )
        runtime.store.write_sync(
            lambda tx: supplier_links.link(tx, 1, "RESELLER", "16FCE4A0", actor=ADMIN, now=NOW)
        )
    env = {"POMONA_DATA": str(data)}
    said = CliRunner().invoke(supplier.app, ["unit", "reseller", "16fce4a0", "Berlin"], env=env)
    assert "delivers for Berlin" in said.stdout
    run(data, "add", "Berlin", "--to", "Main", "--unit", "Berlin")
    tried = json.loads(run(data, "preview", "--json").stdout)
    assert tried[0]["devices"] == 5
    assert json.loads(run(data, "show", "Berlin", "--json").stdout)["conditions"] == "for the unit Berlin"
    CliRunner().invoke(supplier.app, ["unit", "RESELLER", "16FCE4A0"], env=env)
    assert json.loads(run(data, "preview", "--json").stdout)[0]["devices"] == 0
    assert CliRunner().invoke(supplier.app, ["unit", "x", "16FCE4A0"], env=env).exit_code == 1
