"""Devices that come back from repair, and devices that are locked, on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pomona.catalogue.kinds import Kind
from pomona.cli import device
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
        (("deadline", OTHER, "--at", "2027-01-15T08:00:00Z"), "is on no service"),
        (("deadline", OLD, "--at", "tomorrow"), "is not a timestamp"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(data: Path, words: tuple[str, ...], complaint: str) -> None:
    done = run(data, *words)
    assert done.exit_code == 1
    assert complaint in done.stderr


def test_a_lock_is_taken_off_once(data: Path) -> None:
    assert run(data, "unlock", OLD).stdout == f"{OLD}: unlocked\n"
    assert run(data, "unlock", OLD).stdout == f"{OLD}: was not locked\n"


def test_a_deadline_is_set_and_taken_back(data: Path) -> None:
    def kept() -> int | None:
        with installation(Settings(data=data)) as runtime:
            return runtime.store.read_sync(lambda tx: devices.get(tx, 1, OLD)).migration_deadline

    said = run(data, "deadline", OLD, OLD, "--at", "2027-01-15T08:00:00Z").stdout
    assert said == "1 device: to go over by 2027-01-15T08:00:00Z\n"
    assert kept() == 1_800_000_000_000
    assert run(data, "deadline", OLD).stdout == "1 device: no deadline\n"
    assert kept() is None
