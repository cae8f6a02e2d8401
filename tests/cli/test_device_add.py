"""Adding devices by hand on the command line: arguments, files of any dialect, a report for each line."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pomona.cli import device
from pomona.registry import devices
from pomona.registry.devices import Device
from pomona.runtime import Settings
from pomona.server.installation import installation
from tests.support.worlds import World, serials

ONE, TWO, THREE = serials(3)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation with one organisation and a service."""
    folder = tmp_path / "data"
    with installation(Settings(data=folder)) as runtime:
        World(runtime.store).service("Main")
    return folder


def run(data: Path, *words: str, **env: str) -> Result:
    surroundings = {"POMONA_DATA": str(data), "COLUMNS": "200", **env}
    return CliRunner().invoke(device.app, ["add", *words], env=surroundings, catch_exceptions=False)


def owned(data: Path, serial: str) -> Device:
    with installation(Settings(data=data)) as runtime:
        return runtime.store.read_sync(lambda tx: devices.get(tx, 1, serial))


def test_devices_are_named_as_arguments(data: Path) -> None:
    done = run(data, f"{ONE.lower()}=iPhone17,1", "x", "--service", "Main", "--json")
    assert done.exit_code == 1
    rows = json.loads(done.stdout)
    assert [(row["line"], row["result"]) for row in rows] == [(1, "added"), (2, "invalid serial")]
    assert (owned(data, ONE).product_type, owned(data, ONE).assigned_by) == (
        "iPhone17,1",
        "Operator of the installation",
    )
    again = run(data, ONE)
    assert (again.exit_code, "already here" in again.stdout) == (0, True)


def test_a_file_is_tried_first_and_reported_line_by_line(data: Path, tmp_path: Path) -> None:
    file, report = tmp_path / "list.csv", tmp_path / "report.csv"
    file.write_bytes(
        f"Serial No\tModel\r\n{ONE}\tMac16,12\r\nno\t\r\n{TWO}\tiToaster\r\n{ONE}\t\r\n".encode("utf-16")
    )
    tried = run(data, "--file", str(file), "--dry-run")
    assert "1 of 4 would be added" in tried.stderr
    done = run(data, "--file", str(file), "--unassigned", "--report", str(report))
    assert done.exit_code == 1
    assert "1 of 4 added" in done.stderr
    rows = list(csv.reader(report.read_text().splitlines()))
    assert [(row[0], row[3]) for row in rows[1:]] == [
        ("2", "ADDED"), ("3", "INVALID_SERIAL"), ("4", "UNKNOWN_PRODUCT"), ("5", "REPEATED"),
    ]  # fmt: skip
    assert owned(data, ONE).service_id is None


def test_a_long_list_shows_what_went_wrong_alone(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("\n".join([*serials(12_000, seed=3), "no"]))
    done = run(data, "--file", str(file), "--default")
    assert "12000 of 12001 added" in done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[2:]] == ["12001"]


def test_a_strict_catalogue_fails_the_line(data: Path) -> None:
    done = run(data, ONE, f"{TWO}=Mac mini", "--json", POMONA_CATALOGUE="strict")
    assert [row["result"] for row in json.loads(done.stdout)] == ["not in catalogue", "added"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "no devices"),
        ((ONE, "--default", "--unassigned"), "give one of"),
        ((ONE, "--service", "Nowhere"), "There is no device management service"),
        (("--file", "/no/such/file"), "No such file"),
    ],
)
def test_mistakes_are_one_sentence(data: Path, words: tuple[str, ...], complaint: str) -> None:
    refused = run(data, *words)
    assert (refused.exit_code, complaint in refused.stderr) == (1, True)


def test_many_are_looked_up(data: Path, tmp_path: Path) -> None:
    run(data, ONE, TWO, "--service", "Main")
    file, answer = tmp_path / "list.csv", tmp_path / "answer.csv"
    file.write_text(f"Serial;Note\n{ONE};a\n{THREE};b\nx;c\n")

    def lookup(*words: str) -> Result:
        env = {"POMONA_DATA": str(data), "COLUMNS": "200"}
        return CliRunner().invoke(device.app, ["lookup", *words], env=env, catch_exceptions=False)

    found = lookup(TWO, "--file", str(file), "--csv", str(answer), "--json")
    assert found.exit_code == 1
    assert [(row["line"], row["answer"]) for row in json.loads(found.stdout)] == [
        (1, "found"), (2, "found"), (3, "not ours"), (4, "malformed"),
    ]  # fmt: skip
    assert "2 found, 1 not ours, 1 malformed" in found.stderr
    assert [row[2] for row in csv.reader(answer.read_text().splitlines())][1:] == [
        "FOUND", "FOUND", "NOT_OURS", "MALFORMED",
    ]  # fmt: skip
    assert lookup(ONE, TWO).exit_code == 0
    assert lookup().exit_code == 1
    file.write_bytes(b"PK\0")
    assert "no text file" in lookup("--file", str(file)).stderr
