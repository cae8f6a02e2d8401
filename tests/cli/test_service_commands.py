"""Services and their tokens on the command line, against a real installation; openssl opens the tokens."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pomona.cli import service
from pomona.registry import devices
from pomona.runtime import Settings
from pomona.server.installation import installation
from pomona.simulator.service_identity import load_or_make
from tests.cli.command_lines import CommandLine
from tests.support.absent import absent
from tests.support.worlds import World, serials


class Line(CommandLine):
    """The command line over one data folder, with a service's key and certificate."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, {"service": service.app}, ("service",))
        self.data = data
        self.keys = data.parent / "keys"
        load_or_make(self.keys, "External")
        self.certificate = str(self.keys / "certificate.pem")

    def opened(self, file: Path, program: str) -> dict[str, Any]:
        """The token in a file, as `openssl smime` or `openssl cms` opens it."""
        command = ["openssl", program, "-decrypt", "-inkey", str(self.keys / "key.pem"), "-in", str(file)]
        try:
            text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except FileNotFoundError:
            absent("openssl", "apt-get install openssl")
        lines = text.replace("\r", "").split("\n")
        begin, end = lines.index("-----BEGIN MESSAGE-----"), lines.index("-----END MESSAGE-----")
        (document,) = lines[begin + 1 : end]
        token: dict[str, Any] = json.loads(document)
        return token


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """An installation with one organisation."""
    with installation(Settings(data=tmp_path / "data")) as runtime:
        World(runtime.store)
    return Line(tmp_path / "data")


def test_a_service_is_linked_given_a_token_renewed_and_revoked(line: Line, tmp_path: Path) -> None:
    added = line.json("add", "Main", "--certificate", line.certificate)
    assert (added["name"], added["may_release"], len(added["id"])) == ("Main", False, 32)
    listed = {each["name"]: each for each in line.json("list")}
    assert (listed["Main"]["kind"], listed["Main"]["token"]) == ("MDM", "none yet")
    assert "no token to renew" in line.refused("renew", "Main")
    file = tmp_path / "main.p7m"
    given = line.json("token", "Main", "--output", str(file))
    assert given["file"] == str(file)
    first = line.opened(file, "smime")
    assert first == line.opened(file, "cms")
    assert list(first) == [
        "consumer_key",
        "consumer_secret",
        "access_token",
        "access_secret",
        "access_token_expiry",
    ]
    renewed = line.json("renew", added["id"], "--output", str(tmp_path), "--overlap", "24")
    assert Path(renewed["file"]).name.startswith("Main_Token_")
    second = line.opened(Path(renewed["file"]), "smime")
    assert second["consumer_key"] == first["consumer_key"]
    assert second["access_token"] != first["access_token"]
    assert line.json("list")[-1]["token"] == "364 days"
    assert line.ok("revoke", "Main") == "Main: 2 tokens revoked\n"
    assert line.json("show", "Main")["token"] == "revoked"


def test_default_assignment(line: Line) -> None:
    line.ok("add", "Main", "--certificate", line.certificate)
    chosen = line.json("default", "Main", "--family", "iPhone", "--family", "apple tv")
    assert {each["family"]: each["service"] for each in chosen} == {
        "IPHONE": "Main", "IPAD": None, "MAC": None, "APPLE_TV": "Main", "WATCH": None, "VISION": None,
    }  # fmt: skip
    line.ok("default", "--none", "--family", "iPhone")
    assert [each["family"] for each in line.json("default") if each["service"]] == ["APPLE_TV"]
    assert "together with --family" in line.refused("default", "Main")
    assert "not a kind of device" in line.refused("default", "Main", "--family", "toaster")


def test_rights_switches_names_and_certificates(line: Line, tmp_path: Path) -> None:
    line.ok("add", "Main", "--certificate", line.certificate, "--may-release")
    assert line.json("show", "Main")["may_release"] is True
    line.ok("release-right", "Main", "off")
    assert line.json("show", "Main")["may_release"] is False
    assert "expected on or off" in line.refused("release-right", "Main", "maybe")
    set_ = line.json("switch", "Main", "same_service=apple", "move_as_modified=true")
    assert (set_["same_service"], set_["move_as_modified"], set_["silent_release"]) == ("apple", True, False)
    assert line.json("show", "Main")["switches"] == {"same_service": "apple", "move_as_modified": True}
    assert "expected name=value" in line.refused("switch", "Main", "same_service")
    assert "no switch 'colour'" in line.refused("switch", "Main", "colour=red")
    line.ok("change", "Main", "--rename", "Other", "--certificate", line.certificate)
    assert line.json("show", "Other")["name"] == "Other"
    assert "nothing to change" in line.refused("change", "Other")


def test_what_cannot_be_linked(line: Line, tmp_path: Path) -> None:
    line.ok("add", "Main", "--certificate", line.certificate)
    assert "exists already" in line.refused("add", "Main", "--certificate", line.certificate)
    assert "reserved" in line.refused("add", "Unassigned", "--certificate", line.certificate)
    assert "cannot be read" in line.refused("add", "B", "--certificate", str(tmp_path / "none.pem"))
    assert "private key" in line.refused("add", "B", "--certificate", str(line.keys / "key.pem"))
    assert "There is no device management service 'C'" in line.refused("show", "C")
    assert "cannot be written" in line.refused("token", "Main", "--output", "/nowhere/at/all.p7m")
    assert line.json("list")[-1]["token"] == "none yet", "no token was made that nobody got"
    assert "needs no token" in line.refused("token", "Pomona Device Management")


def test_a_service_with_devices_is_deleted_only_when_told_where_they_go(line: Line) -> None:
    for name in ("Old", "New"):
        line.ok("add", name, "--certificate", line.certificate)
    ours = serials(3)
    with installation(Settings(data=line.data)) as runtime:
        world = World(runtime.store, "Second")
        assert "several organisations" in line.refused("list")
        old = world.service("Old")
        world.arrive(ours)
        world.activity("ASSIGN_DEVICES", ours, old)
        world.service("New")
    org = ("--org", "Second")
    assert "--reassign-to SERVICE or --unassign" in line.refused("delete", "Old", *org)
    assert "choose one" in line.refused("delete", "Old", "--unassign", "--reassign-to", "New", *org)
    assert line.ok("delete", "Old", "--reassign-to", "New", *org) == "Old: deleted\n"
    assert [(each["name"], each["devices"]) for each in line.json("list", *org)][-1] == ("New", 3)
    line.ok("delete", "New", "--unassign", *org)
    with installation(Settings(data=line.data)) as runtime:
        found = runtime.store.read_sync(lambda tx: devices.get(tx, world.id, ours[0]))
    assert found.service_id is None
    assert "built in" in line.refused("delete", "Pomona Device Management", *org)
