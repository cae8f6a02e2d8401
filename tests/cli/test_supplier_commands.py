"""Suppliers and orders on the command line: an installation that is served, and the supplier's software beside it."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import Result

from pomona.cli import device, order, supplier
from pomona.enroll_service import routes
from pomona.runtime import Settings
from pomona.server.installation import installation
from pomona.work import worker
from pomona.work.orders import OrderWorker
from tests.cli.command_lines import CommandLine
from tests.support.serving import Serve
from tests.support.supply import flow
from tests.support.worlds import World


class Line(CommandLine):
    """The command line over one data folder, and the order service over the same."""

    def __init__(self, data: Path, origin: str) -> None:
        super().__init__(data, {"supplier": supplier.app, "order": order.app, "device": device.app})
        self.origin = origin

    def submit(self, token: str, *words: str) -> Result:
        """The reseller's software."""
        self.env["POMONA_SUPPLIER_TOKEN"] = token
        return self.run("supplier", "submit", "16FCE4A0", "--url", self.origin, *words)


@pytest.fixture
def line(tmp_path: Path, serve: Serve) -> Iterator[Line]:
    with installation(Settings(data=tmp_path / "data")) as runtime:
        World(runtime.store, "Example")
        orders = OrderWorker(runtime, "test")
        run = partial(worker.run, "orders", runtime.store, orders.topic, orders.look)
        yield Line(tmp_path / "data", serve(routes.app(runtime), run))


def customer(line: Line) -> str:
    with installation(Settings(data=Path(line.env["POMONA_DATA"]))) as runtime:
        return str(runtime.store.read_sync(lambda tx: tx.value("SELECT number FROM organization")))


def test_a_supplier_is_added_linked_and_unlinked(line: Line) -> None:
    made = line.json("supplier", "add", "reseller", "16fce4a0", "--name", "Grove", "--ship-to", "52010")
    assert (made["kind"], made["number"], made["ship_to"]) == ("RESELLER", "16FCE4A0", ["0000052010"])
    assert len(made["token"]) == 32
    assert "Grove" in line.ok("supplier", "list")
    assert made["token"] not in line.ok("supplier", "list", "--json")
    assert "registered already" in line.refused("supplier", "add", "RESELLER", "16FCE4A0")
    assert "no kind of supplier" in line.refused("supplier", "add", "SHOP", "1")
    assert line.json("supplier", "link", "RESELLER", "16FCE4A0")["orders_let_in"] == 0
    assert "recorded already" in line.refused("supplier", "link", "RESELLER", "16fce4a0")
    assert line.json("supplier", "link", "APPLE", "000123")["number"] == "123"
    assert [each["number"] for each in line.json("supplier", "links")] == ["123", "16FCE4A0"]
    assert "any more" in line.ok("supplier", "unlink", "APPLE", "123")
    assert "no linked supplier" in line.refused("supplier", "unlink", "APPLE", "123")
    other = line.json("supplier", "token", "16FCE4A0", "--replace")["token"]
    refused = line.submit(made["token"], "--customer", "1", "--ship-to", "52010")
    assert (refused.exit_code, "GRX-50038" in refused.stderr) == (1, True)
    assert made["token"] not in refused.output
    assert "GRX-50025" in line.submit(other, "--customer", "1", "--ship-to", "1").stderr


def test_an_order_waits_flows_in_and_is_followed(line: Line) -> None:
    token = line.json("supplier", "add", "RESELLER", "16FCE4A0")["token"]
    buyer = customer(line)
    sent = line.submit(
        token, "--customer", buyer, "--count", "8", "--seed", "3", "--order-number", "A", "--json"
    )
    assert sent.exit_code == 0, sent.output
    done = json.loads(sent.stdout)
    assert (done["status"], done["complete"], done["standing"]) == ("COMPLETE", 8, {"A": 8})
    (waiting,) = line.json("order", "list")
    assert (waiting["state"], waiting["pending"], waiting["here"]) == ("PENDING", 8, 0)
    (shown,) = line.json("order", "show", "A")
    assert "not linked" in shown["reason"]
    assert {each["state"] for each in shown["devices"]} == {"PENDING"}
    assert line.json("supplier", "link", "RESELLER", "16FCE4A0")["orders_let_in"] == 1
    again = line.submit(
        token, "--customer", buyer, "--count", "9", "--seed", "3", "--order-number", "A", "--json"
    )
    assert (again.exit_code, json.loads(again.stdout)["standing"]) == (0, {"A": 9})
    (there,) = line.json("order", "list", "--supplier", "16fce4a0")
    assert (there["state"], there["here"]) == ("AVAILABLE", 9)
    text = line.ok("order", "show", "A", "--supplier", "16FCE4A0")
    assert "Deliveries" in text
    assert "9 live" in text
    assert "There is no order 'Z'" in line.refused("order", "show", "Z")
    line.env["POMONA_SUPPLIER_TOKEN"] = token
    common = ("16FCE4A0", "--url", line.origin)
    assert line.json("supplier", "status", *common, done["transaction"])["status"] == "COMPLETE"
    assert "complete" in line.ok("supplier", "status", *common, done["transaction"])
    assert "DEP-ERR-5002" in line.ok("supplier", "details", *common, "A", "Z")
    assert line.json("supplier", "details", *common, "A")[0]["customerId"] == buyer


def test_a_file_of_orders(line: Line, tmp_path: Path) -> None:
    token = line.json("supplier", "add", "RESELLER", "16FCE4A0")["token"]
    line.ok("supplier", "link", "RESELLER", "16FCE4A0")
    buyer, file = customer(line), tmp_path / "orders.csv"
    file.write_text("order_number,serial,product\nA,C02O1234567,iPad Air 13-inch\nA,bad,\n")
    refused = line.submit(token, "--orders", str(file), "--customer", buyer)
    assert refused.exit_code == 1
    assert "nothing was submitted" in refused.stderr
    assert "line 3, serial: the serial number 'bad'" in refused.stderr.replace("'BAD'", "'bad'")
    assert line.json("order", "list") == []
    file.write_text("order_number,serial,product\nA,C02O1234567,iPad Air 13-inch\nB,C02O1234567,\n")
    partly = line.submit(token, "--orders", str(file), "--customer", buyer)
    assert partly.exit_code == 1
    assert "C02O1234567 in B: DEP-ERR-DE-4303" in partly.stdout
    (shown,) = line.json("order", "show", "B")
    assert shown["devices"][0]["why"] == "in another order"
    file.write_text("order_number,serial,order_type\nA,,VD\n")
    assert line.submit(token, "--orders", str(file), "--customer", buyer).exit_code == 0
    assert {each["state"] for each in line.json("order", "list")} == {"VOIDED", "REFUSED"}
    missing = line.submit(token, "--orders", str(tmp_path / "none.csv"), "--customer", buyer)
    assert "No such file" in missing.stderr


def test_a_service_that_is_not_there(line: Line) -> None:
    line.env["POMONA_SUPPLIER_TOKEN"] = "t"
    said = line.refused("supplier", "details", "16FCE4A0", "A", "--url", "http://127.0.0.1:9")
    assert "pomona:" in said
    assert "Traceback" not in said


def test_a_file_is_tried_before_it_is_submitted(line: Line, tmp_path: Path) -> None:
    token = line.json("supplier", "add", "RESELLER", "16FCE4A0")["token"]
    buyer = customer(line)
    file = tmp_path / "orders.csv"
    file.write_text(
        f"order_number,serial,customer_id\nA,C02O1234567,{buyer}\nA,C02O1234568,{buyer}\nB,C02O1234569,1\n"
    )
    tried = line.run("order", "validate", str(file), "--supplier", "16fce4a0", "--json")
    assert tried.exit_code == 1, tried.output
    first, second = json.loads(tried.stdout)["orders"]
    assert (first["orderState"], first["devicesPending"]) == ("PENDING", 2)
    assert second["orderPostStatus"] == "DEP-ERR-OR-4102"
    line.json("supplier", "link", "RESELLER", "16FCE4A0")
    line.env["POMONA_SUPPLIER_TOKEN"] = token
    over_the_wire = line.run("supplier", "validate", "16FCE4A0", str(file), "--url", line.origin, "--json")
    assert over_the_wire.exit_code == 1, over_the_wire.output
    assert json.loads(over_the_wire.stdout)["orders"][0]["orderState"] == "AVAILABLE"
    assert line.json("order", "list") == []
    file.write_text(f"order_number,serial,customer_id\nA,C02O1234567,{buyer}\n")
    said = line.ok("order", "validate", str(file), "--supplier", "16FCE4A0")
    assert "nothing was kept" in said
    assert "AVAILABLE" in said
    assert "Orders: none" in line.ok("order", "list")
    assert line.submit(token, "--orders", str(file)).exit_code == 0
    other = line.json("supplier", "add", "RESELLER", "0A0B0C0D")
    assert other["number"] == "0A0B0C0D"
    taken = line.run("order", "validate", str(file), "--supplier", "0A0B0C0D")
    assert (taken.exit_code, "DEP-ERR-DE-4305" in taken.stdout) == (
        0,
        False,
    )  # it would wait, and holds nothing
    line.json("supplier", "link", "RESELLER", "0A0B0C0D")
    taken = line.run("order", "validate", str(file), "--supplier", "0A0B0C0D")
    assert (taken.exit_code, "DEP-ERR-DE-4305" in taken.stdout) == (1, True)
    line.env["POMONA_ORDER_TRIAL_LIMIT"] = "0"
    assert "at most 0 are tried" in line.refused("order", "validate", str(file), "--supplier", "16FCE4A0")
    file.write_text("order_number\nA\n")
    assert "serial" in line.refused("order", "validate", str(file), "--supplier", "16FCE4A0")


def test_why_a_device_is_not_there(line: Line) -> None:
    unknown = line.run("device", "why", "C02O1234567")
    assert (unknown.exit_code, "Nothing is known of it" in unknown.stdout) == (1, True)
    token = line.json("supplier", "add", "RESELLER", "16FCE4A0")["token"]
    file = Path(line.env["POMONA_DATA"]).parent / "orders.csv"
    file.write_text("order_number,serial\nA,C02O1234567\n")
    assert line.submit(token, "--orders", str(file), "--customer", customer(line)).exit_code == 0
    waiting = json.loads(line.run("device", "why", "c02o1234567", "--json").stdout)
    (reason,) = waiting["reasons"]
    assert (waiting["serial"], waiting["here"], reason["reason"]) == ("C02O1234567", False, "NOT_LINKED")
    assert (reason["order"], reason["supplier"]) == ("A", "RESELLER 16FCE4A0")
    line.json("supplier", "link", "RESELLER", "16FCE4A0")
    with installation(Settings(data=Path(line.env["POMONA_DATA"]))) as runtime:
        flow(runtime.store, runtime.clock.now())
    here = line.run("device", "why", "C02O1234567")
    assert (here.exit_code, "is in this organisation" in here.stdout) == (0, True)


def test_a_suppliers_orders(line: Line) -> None:
    token = line.json("supplier", "add", "RESELLER", "16FCE4A0")["token"]
    assert line.json("supplier", "orders", "16FCE4A0") == {"submitted": [], "orders": []}
    for number in ("A", "B"):
        sent = line.submit(token, "--customer", customer(line), "--count", "3", "--order-number", number)
        assert sent.exit_code == 0, sent.output
    found = line.json("supplier", "orders", "16fce4a0")["orders"]
    assert [(each["number"], each["state"], each["customer"]) for each in found] == [
        ("B", "PENDING", customer(line)),
        ("A", "PENDING", customer(line)),
    ]
    shown = line.run("supplier", "orders", "16FCE4A0", "--limit", "1")
    assert f"--before {found[0]['id']}" in shown.stderr
    (second,) = line.json("supplier", "orders", "16FCE4A0", "--before", str(found[0]["id"]))["orders"]
    assert second["number"] == "A"


def test_an_order_that_went_to_another_organisation(line: Line, tmp_path: Path) -> None:
    token = line.json("supplier", "add", "RESELLER", "16FCE4A0")["token"]
    ours = customer(line)
    with installation(Settings(data=Path(line.env["POMONA_DATA"]))) as runtime:
        theirs = World(runtime.store, "Other").organization.number
    file = tmp_path / "orders.csv"
    for type, buyer in (("OR", ours), ("OV", theirs)):
        file.write_text(f"order_number,serial,order_type,customer_id\nA,C02O1234567,{type},{buyer}\n")
        assert line.submit(token, "--orders", str(file)).exit_code == 0
    said = line.refused("order", "show", "A", "--org", ours)
    assert "of 16FCE4A0 was overridden at 20" in said
    assert theirs not in said
    assert line.json("order", "show", "A", "--org", theirs)[0]["state"] == "PENDING, OVERRIDDEN"
