"""Manufacturing records on the command line: files as spreadsheets write them, and what a person is told."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pomona.cli import catalogue
from pomona.registry import audit, devices
from pomona.registry.suppliers import INSTALLATION
from pomona.runtime import Settings
from pomona.server.installation import installation
from tests.support.worlds import World, serials

HERE, NEW = serials(2)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation with one organisation and a device that nobody told about."""
    folder = tmp_path / "data"
    with installation(Settings(data=folder)) as runtime:
        World(runtime.store).arrive([HERE])
    return folder


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(
        catalogue.app, list(words), env={"POMONA_DATA": str(data), "COLUMNS": "200"}, catch_exceptions=False
    )


def test_a_file_is_loaded_and_its_wrong_lines_are_named(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_bytes(
        f"sep=;\r\nSerial;Product\r\n{HERE};Mac mini (M4, 2024)\r\nx;Mac mini\r\n{NEW};Mac mini\r\n".encode(
            "utf-16"
        )
    )
    checked = run(data, "import", str(file), "--check")
    assert (checked.exit_code, "right" in checked.stdout) == (1, True)
    done = run(data, "import", str(file), "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["new"], told["corrected"]) == (2, 1)
    [problem] = told["problems"]
    assert (problem["line"], problem["column"]) == (4, "serial")
    again = run(data, "import", str(file))
    assert "line 4, serial: the serial number 'X' has 1 characters" in again.stderr
    with installation(Settings(data=data)) as runtime:
        found = runtime.store.read_sync(lambda tx: devices.get(tx, 1, HERE))
        events = runtime.store.read_sync(lambda tx: audit.newest(tx, INSTALLATION))
    assert (found.model, found.inferred) == ("Mac mini (M4, 2024)", False)
    assert [event.type for event in events] == ["CATALOGUE_LOADED", "CATALOGUE_LOADED"]


def test_records_are_listed_shown_and_forgotten(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "records.json"
    file.write_text(json.dumps([{"serial": serial, "product": "iPhone 16"} for serial in (HERE, NEW)]))
    assert run(data, "import", str(file)).exit_code == 0
    first, second = sorted((HERE, NEW))
    listed = run(data, "list", "--limit", "1", "--json")
    assert [each["serial"] for each in json.loads(listed.stdout)] == [first]
    assert f"--after {first}" in listed.stderr
    assert [each["serial"] for each in json.loads(run(data, "list", "--after", first, "--json").stdout)] == [
        second
    ]
    assert [each["serial"] for each in json.loads(run(data, "list", NEW[:7].lower(), "--json").stdout)] == [
        NEW
    ]
    assert (
        json.loads(run(data, "show", NEW.lower(), "--json").stdout)["known_by"] == "its manufacturing record"
    )
    assert run(data, "remove", NEW).exit_code == 0
    assert run(data, "remove", NEW).exit_code == 1
    assert "inference" in json.loads(run(data, "show", NEW, "--json").stdout)["known_by"]


def test_products_are_found_by_any_of_their_names(data: Path) -> None:
    found = json.loads(run(data, "products", "iphone17,3", "--json").stdout)
    assert {each["model"] for each in found} == {"iPhone 16"}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"PK\x03\x04\0\0", "is no text file"),
        (b"serial\n", "the column product is missing"),
        (b"[", "not JSON"),
    ],
)
def test_what_is_no_list_of_records_is_refused(
    data: Path, tmp_path: Path, content: bytes, complaint: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    refused = run(data, "import", str(file))
    assert (refused.exit_code, complaint in refused.stderr) == (1, True)


@pytest.mark.parametrize("words", [("show", "x"), ("remove", "x"), ("import", "/no/such/file")])
def test_mistakes_are_one_sentence(data: Path, words: tuple[str, ...]) -> None:
    refused = run(data, *words)
    assert (refused.exit_code, refused.stderr.startswith("pomona: ")) == (1, True)
