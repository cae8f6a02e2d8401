"""Devices that come back from repair, and devices that are locked, on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pomona.catalogue.kinds import Kind
from pomona.cli import device
from pomona.formats.times import iso_millis
from pomona.registry import activation_locks, devices
from pomona.runtime import Settings
from pomona.server.installation import installation
from tests.support.worlds import ADMIN, World, serials

OLD, NEW, OTHER = serials(3)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation with one organisation, a locked device and another."""
    with installation(Settings(data=tmp_path)) as runtime:
        world = World(runtime.store)
        service = world.service("Main")
        world.arrive([OLD, OTHER], Kind.MAC)
        world.activity("ASSIGN_DEVICES", [OLD], service)
        runtime.store.write_sync(
            lambda tx: activation_locks.lock(
                tx, world.id, service.id, OLD, escrow_key=None, lost_message=None, keys=runtime.keys, actor=ADMIN,
                now=world.now, rng=world.rng,
            )
        )  # fmt: skip
    return tmp_path


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(device.app, list(words), env={"POMONA_DATA": str(data), "COLUMNS": "200"})


def test_a_unit_takes_the_place_of_a_repaired_device(data: Path) -> None:
    done = run(data, "replace", OLD.lower(), NEW, "--product", "Mac16,1", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["unit"] == NEW
    with installation(Settings(data=data)) as runtime:
        new, old = runtime.store.read_sync(lambda tx: (devices.get(tx, 1, NEW), devices.get(tx, 1, OLD)))
    assert new.service_id is not None
    assert (new.product_type, old.service_id, old.released_at is None) == ("Mac16,1", None, False)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("replace", NEW, OLD), "There is no device"),
        (("replace", OLD, OTHER), "has an owner already"),
        (("replace", "x", NEW), "expected 8 to 20"),
        (("replace", OLD, NEW, "--product", "toaster"), "toaster"),
        (("unlock", NEW), "There is no device"),
        (("deadline", OLD, "--at", "tomorrow"), "is not a timestamp"),
        (("migrate", "Main", OLD), "say with --by"),
        (("migrate", "Nowhere", OLD, "--by", "2027-01-15T08:00:00Z"), "Nowhere"),
        (("migrate", "Main", OLD, "--by", "2099-01-15T08:00:00Z"), "90 days ahead"),
        (("repair", NEW), "There is no device"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(data: Path, words: tuple[str, ...], complaint: str) -> None:
    done = run(data, *words)
    assert done.exit_code == 1
    assert complaint in done.stderr


def test_a_lock_is_taken_off_once(data: Path) -> None:
    assert run(data, "unlock", OLD).stdout == f"{OLD}: unlocked\n"
    assert run(data, "unlock", OLD).stdout == f"{OLD}: was not locked\n"


def test_devices_go_over_by_a_deadline_that_is_changed_and_taken_back(data: Path) -> None:
    def now() -> tuple[str | None, int | None]:
        with installation(Settings(data=data)) as runtime:
            device = runtime.store.read_sync(lambda tx: devices.get(tx, 1, OLD))
            return device.migration_status, device.migration_deadline

    with installation(Settings(data=data)) as runtime:
        world = World.of(runtime.store, 1)
        world.set_up(world.service("First"), [OLD])
        deadline = runtime.clock.now() + 86_400_000
    refused = run(data, "migrate", "Main", OTHER, "--by", iso_millis(deadline))
    assert (refused.exit_code, "not migration capable" in refused.stderr) == (1, True)
    preview = run(data, "migrate", "Main", OLD, OTHER, "--by", iso_millis(deadline), "--preview", "--json")
    seen = json.loads(preview.stdout)
    assert (seen["changing"], seen["failing"]) == (1, [{"serial": OTHER, "reason": "NOT_MIGRATION_CAPABLE"}])
    assert now() == (None, None)
    assert run(data, "migrate", "Main", OLD, "--by", iso_millis(deadline)).exit_code == 0
    assert now() == ("REQUESTED", deadline)
    assert run(data, "deadline", OLD, "--at", iso_millis(deadline + 60_000)).exit_code == 0
    assert now() == ("REQUESTED", deadline + 60_000)
    assert run(data, "deadline", OLD).exit_code == 0
    assert now() == (None, None)
    assert "not migrating" in run(data, "deadline", OLD).stderr


def test_a_device_in_repair_is_marked(data: Path) -> None:
    assert run(data, "repair", OLD).stdout == f"{OLD}: in repair\n"
    assert run(data, "repair", OLD).stdout == f"{OLD}: was in repair already\n"
    warned = run(data, "release", OLD, OTHER, "--preview")
    assert f"WARNING: 1 ({OLD}): In repair" in warned.stderr
    assert f"WARNING: 1 ({OLD}): Locked" in warned.stderr
    assert run(data, "repair", OLD, "--off").stdout == f"{OLD}: back from repair\n"
    assert run(data, "repair", OLD, "--off").stdout == f"{OLD}: was not in repair\n"
    assert "In repair" not in run(data, "release", OLD, "--preview").stderr
