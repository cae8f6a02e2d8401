"""pyaxm from PyPI, unmodified: every method of its client and every command of its command line."""

import csv
import inspect
import io
import warnings
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from pomona.formats.times import iso_millis
from pomona.registry import apple_care, people
from pomona.registry.apple_care import Plan, Told
from pomona.registry.people import Person
from tests.business_api.pyaxm_site import pyaxm_client, world
from tests.business_api.test_users import employ
from tests.support.worlds import ADMIN, World, serials

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pyaxm import cli
    from pyaxm.abm_requests import DeviceError
    from pyaxm.client import Client
    from pyaxm.utils import download_activity_csv

__all__ = ["pyaxm_client", "world"]
DAY = 86_400_000


def lines(folder: Path) -> list[list[str]]:
    """The devices of the one log that was saved in a folder, which is taken away."""
    [file] = folder.glob("ABM-ActivityLog_*.csv")
    rows = list(csv.reader(io.StringIO(file.read_text())))
    file.unlink()
    return rows[rows.index(["serial_number", "operation_status", "operation_substatus"]) + 1 :]


def covered(world: World, serial: str) -> None:
    """Two coverages of a device."""
    told = [
        Told(serial, Plan.LIMITED_WARRANTY, world.now),
        Told(serial, Plan.APPLECARE_PLUS, world.now, None, "AG-1"),
    ]
    world.store.write_sync(lambda tx: apple_care.record(tx, world.id, told, actor=ADMIN, now=world.now))


def test_every_method_of_the_library(world: World, pyaxm_client: Client, tmp_path: Path) -> None:
    client, used = pyaxm_client, set[str]()

    def ask(name: str, *args: Any, **more: Any) -> Any:
        used.add(name)
        return getattr(client, name)(*args, **more)

    service, other = world.service("Main"), world.service("Other")
    stock = world.stock(1_200)
    movable = serials(2, seed=7)
    world.arrive(movable)
    world.set_up(other, movable)
    ann: Person = employ(world, "ann")
    covered(world, stock[0])

    devices = ask("list_devices")
    assert [device.id for device in devices] == [*stock, *movable]
    families = {device.attributes.productFamily for device in devices}
    assert families == {"iPhone", "iPad", "Mac", "AppleTV", "Watch", "Vision"}
    servers = {server.attributes.serverName: server for server in ask("list_mdm_servers")}
    assert (servers["Main"].id, servers["Main"].attributes.status) == (service.uuid, "ACTIVE")
    coverage = ask("get_apple_care_coverage", stock[0])
    assert [(each.id, each.attributes.status) for each in coverage] == [
        (stock[0], "ACTIVE"),
        ("AG-1", "ACTIVE"),
    ]
    assert ask("get_apple_care_coverage", stock[1]) == []
    assert [user.id for user in ask("list_users")] == [ann.uuid]
    assert ask("get_user", ann.uuid).attributes.managedAppleAccount == ann.email

    done = ask("assign_unassign_device_to_mdm_server", stock[:3], service.uuid, "ASSIGN_DEVICES")
    assert (done.attributes.status, done.attributes.subStatus) == ("COMPLETED", "COMPLETED_WITH_SUCCESS")
    assert download_activity_csv(done, str(tmp_path)) is not None
    assert lines(tmp_path) == [[serial, "SUCCESS", ""] for serial in stock[:3]]
    assert ask("get_device_server_assignment", stock[0]).id == service.uuid
    assert [device.id for device in ask("list_devices_in_mdm_server", service.uuid)] == stock[:3]
    ask("assign_unassign_device_to_mdm_server", stock[:1], service.uuid, "UNASSIGN_DEVICES")
    with pytest.raises(DeviceError, match="does not exist"):
        ask("get_device_server_assignment", stock[0])
    assert ask("get_device", stock[0]).attributes.status == "UNASSIGNED"

    deadline = iso_millis(world.now + 5 * DAY)
    for type, server, at, expected in (
        ("ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", service.uuid, deadline, "REQUESTED"),
        ("UPDATE_MDM_MIGRATION_DEADLINE", None, deadline, "REQUESTED"),
        ("CANCEL_MDM_MIGRATION", None, None, None),
    ):
        done = ask("assign_unassign_device_to_mdm_server", movable, server, type, at)
        assert done.attributes.subStatus == "COMPLETED_WITH_SUCCESS"
        assert ask("get_device", movable[0]).attributes.mdmMigrationStatus == expected

    done = ask("release_devices", stock[1:2])
    assert done.attributes.subStatus == "COMPLETED_WITH_SUCCESS"
    assert ask("get_device", stock[1]).attributes.releasedFromOrgDateTime is not None
    assert len(ask("list_devices")) == 1_201
    with pytest.raises(DeviceError):
        ask("get_device", "ONOTTHERE12")

    wide = (iso_millis(world.now - DAY), iso_millis(world.now + DAY))
    events = ask("get_audit_events", *wide, limit=2)
    types = {event.attributes.type for event in events}
    assert {
        "DEVICE_ASSIGNED_TO_SERVER",
        "DEVICE_REMOVED_FROM_ORG",
        "SUBJECT_HAS_APPLECARE_PURCHASE_ADDED",
    } <= types
    released = ask("get_audit_events", *wide, subject_id=stock[1], event_type="DEVICE_REMOVED_FROM_ORG")
    assert [event.attributes.eventDataDeviceRemovedFromOrg.serialNumber for event in released] == [stock[1]]

    methods = {name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")}
    assert used == methods


def test_every_command_of_the_command_line(world: World, pyaxm_client: Client, tmp_path: Path) -> None:
    used: set[str] = set()

    def run(name: str, *args: str) -> list[dict[str, str]]:
        used.add(name)
        result = CliRunner().invoke(cli.app, [name, *args, "--format", "csv"])
        assert result.exit_code == 0, result.output
        return list(csv.DictReader(io.StringIO(result.stdout)))

    service, other = world.service("Main"), world.service("Other")
    stock, movable = world.stock(4), serials(1, seed=7)
    world.arrive(movable)
    world.set_up(other, movable)
    ann = employ(world, "ann")
    covered(world, stock[0])
    world.store.write_sync(lambda tx: people.set_role(tx, ann, "STAFF", actor=ADMIN, now=world.now))

    assert [row["id"] for row in run("devices")] == [*stock, *movable]
    assert [row["status"] for row in run("device", stock[0])] == ["UNASSIGNED"]
    assert [row["id"] for row in run("apple-care-coverage", stock[0])] == [stock[0], "AG-1"]
    assert {row["serverName"] for row in run("mdm-servers")} >= {"Main", "Other"}
    assert (
        [row["email"] for row in run("users")]
        == [row["email"] for row in run("user", ann.uuid)]
        == [ann.email]
    )

    deadline, sooner = iso_millis(world.now + 5 * DAY), iso_millis(world.now + DAY)
    for name, args, expected in (
        ("assign-device", (*stock[:2], service.uuid), stock[:2]),
        ("unassign-device", (stock[0], service.uuid), stock[:1]),
        ("assign-device", (*movable, service.uuid, "--deadline", deadline), movable),
        ("update-mdm-migration-deadline", (*movable, sooner), movable),
        ("cancel-mdm-migration", movable, movable),
        ("release-device", stock[3:], stock[3:]),
    ):
        [row] = run(name, *args)
        assert (row["status"], row["subStatus"]) == ("COMPLETED", "COMPLETED_WITH_SUCCESS"), name
        assert lines(tmp_path) == [[serial, "SUCCESS", ""] for serial in expected]
    assert [row["id"] for row in run("mdm-server-assigned", stock[1])] == [service.uuid]
    assert [row["id"] for row in run("mdm-server", service.uuid)] == [stock[1]]

    today, tomorrow = iso_millis(world.now - DAY)[:10], iso_millis(world.now + DAY)[:10]
    events = run("audit-events", today, tomorrow, "--event-type", "DEVICE_REMOVED_FROM_ORG", "--limit", "1")
    assert [row["subjectId"] for row in events] == stock[3:]
    assert used == {
        (each.name or each.callback.__name__).replace("_", "-") for each in cli.app.registered_commands
    }


def test_links_carry_the_name_that_the_client_used(world: World, pyaxm_client: Client) -> None:
    world.stock(2)
    token = pyaxm_client.token_manager.get_token_value()
    answer = requests.get(
        "https://api-business.apple.com/v1/orgDevices?limit=1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    ).json()
    assert answer["links"]["next"].startswith("https://api-business.apple.com/v1/orgDevices?")
    assert answer["data"][0]["links"]["self"].startswith("https://api-business.apple.com/v1/orgDevices/")
