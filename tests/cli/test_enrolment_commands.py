"""People, domains, enrolments and simulated devices on the command line, against a real installation and a real server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from pomona.catalogue.kinds import Kind
from pomona.cli import domain, enrollment, person, simulate_devices
from pomona.registry import organizations, people, portal_sessions
from pomona.registry.actors import OPERATOR
from pomona.runtime import Runtime, Settings, name_servers
from pomona.server.installation import installation
from tests.support.sites import PASSWORD, Site, running

EMAIL = "pat@example.pomona.test"


class Line:
    """The command line over one data folder."""

    def __init__(self, data: Path) -> None:
        self.app = typer.Typer()
        for name, app in (("person", person.app), ("domain", domain.app), ("enrollment", enrollment.app)):
            self.app.add_typer(app, name=name)
        self.app.command("devices")(simulate_devices.devices)
        self.data = data
        self.env = {"POMONA_DATA": str(data), "POMONA_PERSON_PASSWORD": PASSWORD}

    def run(self, *words: str, **env: str) -> Result:
        """A command, whatever becomes of it."""
        return CliRunner().invoke(self.app, list(words), env={**self.env, **env})

    def json(self, *words: str) -> Any:
        """What a command prints with --json."""
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with installation(Settings(data=tmp_path)) as runtime:
        runtime.store.write_sync(
            lambda tx: organizations.create(
                tx, "Example", actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng
            )
        )
    return tmp_path


@pytest.fixture
def line(folder: Path) -> Line:
    return Line(folder)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[Site, Line]]:
    with installation(Settings(data=tmp_path)) as runtime, running(runtime) as site:
        yield site, Line(tmp_path)


def opened(folder: Path) -> Any:
    return installation(Settings(data=folder))


def credentials(runtime: Runtime) -> str | None:
    found = runtime.store.read_sync(lambda tx: portal_sessions.credentials(tx, EMAIL))
    return None if found is None else found.password_hash


def test_a_person_is_added_listed_and_given_a_password(line: Line) -> None:
    made = line.json("person", "add", EMAIL, "--first-name", "Pat", "--role", "administrator")
    assert (made["email"], made["role"], made["kind"]) == (EMAIL, "ADMINISTRATOR", "Managed Apple Account")
    assert [each["uuid"] for each in line.json("person", "list")] == [made["uuid"]]
    with opened(line.data) as runtime:
        before = credentials(runtime)
    assert line.run("person", "set-password", EMAIL, POMONA_PERSON_PASSWORD="another one").exit_code == 0
    with opened(line.data) as runtime:
        assert credentials(runtime) not in (None, before)
    assert line.json("person", "set-status", EMAIL, "locked")["status"] == "LOCKED"
    assert line.json("person", "set-role", EMAIL, "people manager")["role"] == "PEOPLE_MANAGER"
    with opened(line.data) as runtime:
        assert credentials(runtime) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("person", "add", "pat"), "no account name"),
        (("person", "set-role", "nobody@corp.example", "STAFF"), "There is no person"),
        (("person", "add", "pat@corp.example"), "no verified domain"),
        (("person", "set-password", "nobody@example.pomona.test"), "no person"),
        (("person", "set-status", EMAIL, "asleep"), "no status"),
        (("person", "list", "--org", "Nobody"), "no organisation"),
        (("domain", "verify", "corp.example"), "no domain"),
        (("domain", "add", "nonsense"), "no domain name"),
        (("enrollment", "show", "F2LXO0ABCDEF"), "no enrolment"),
        (("enrollment", "command", "F2LXO0ABCDEF", "ProfileList", "--keys", "["), "not JSON"),
        (("enrollment", "command", "F2LXO0ABCDEF", "ProfileList", "--keys", "[]"), "JSON object"),
        (("devices",), "at least one serial"),
        (("devices", "short"), "device 1: the serial number"),
        (("devices", "F2LXO0ABCDEF,toaster"), "device 1:"),
        (("devices", "F2LXO0ABCDEF", "--manual", "http://x/"), "--manual needs --account"),
        (("devices", "F2LXO0ABCDEF", "--factory", "/nowhere"), "No such file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(line: Line, words: tuple[str, ...], said: str) -> None:
    result = line.run(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("pomona: ")
    assert said in result.stderr
    assert result.stdout == ""


def test_a_short_password_is_refused(line: Line) -> None:
    result = line.run("person", "add", EMAIL, POMONA_PERSON_PASSWORD="short")
    assert result.exit_code == 1
    with opened(line.data) as runtime:
        assert runtime.store.read_sync(lambda tx: people.by_email(tx, EMAIL)) is None


def test_a_domain_is_added_and_verified(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    added = line.json("domain", "add", "corp.example")
    assert added["record"].startswith("apple-domain-verification=")
    answers: list[list[str]] = [[], [added["record"]]]
    monkeypatch.setattr(name_servers, "txt_records", lambda _name: answers.pop(0))
    refused = line.run("domain", "verify", "corp.example")
    assert refused.exit_code == 1
    assert "No TXT record" in refused.stderr
    assert line.json("domain", "verify", "corp.example")["by"] == "dns"
    line.json("domain", "add", "lab.example")
    assert line.json("domain", "verify", "lab.example", "--i-vouch")["by"] == "operator"
    assert line.run("domain", "remove", "lab.example").exit_code == 0
    states = {each["name"]: each["state"] for each in line.json("domain", "list")}
    assert states == {"corp.example": "verified", "example.pomona.test": "verified"}


def test_devices_enrol_and_obey(live: tuple[Site, Line]) -> None:
    site, line = live
    device, watch = site.device(Kind.IPAD), site.device(Kind.WATCH)
    rows = [f"{each.serial},{each.facts.product.part_number}" for each in (device, watch)]
    (line.data / "serials").write_text("\n".join(("serial,product", "", *rows)))
    result = line.run("devices", "--from", str(line.data / "serials"), "--origin", site.origin, "--json")
    assert result.exit_code == 0, result.output
    outcomes = {outcome["serial"]: outcome for outcome in map(json.loads, result.stdout.splitlines())}
    assert outcomes[device.serial]["result"] == "enrolled"
    assert outcomes[watch.serial]["result"] == "left out"
    shown = line.json("enrollment", "show", device.serial)
    assert (shown["status"], shown["kind"]) == ("enrolled", "ade")
    assert shown["information"]["SerialNumber"] == device.serial
    assert [command["state"] for command in shown["commands"]] == ["acknowledged", "acknowledged"]
    queued = line.json("enrollment", "command", device.serial, "ProfileList")
    assert queued["state"] == "queued"
    assert line.run("enrollment", "unenrol", device.serial).exit_code == 0
    assert [each["status"] for each in line.json("enrollment", "list")] == ["enrolled"]
    assert line.run("enrollment", "unenrol", device.serial, "--at-once").exit_code == 0
    assert line.json("enrollment", "list") == []
    assert [each["status"] for each in line.json("enrollment", "list", "--left")] == ["left"]


def test_the_account_and_the_page_work_too(live: tuple[Site, Line]) -> None:
    site, line = live
    site.person(EMAIL)
    phone, mac = site.device(arrive=False), site.device(Kind.MAC, arrive=False)
    common = ("--account", EMAIL, "--origin", site.origin)
    own = line.run(
        "devices",
        phone.serial,
        *common,
        "--well-known-origin",
        site.origin,
        POMONA_SIMULATED_PASSWORD=PASSWORD,
    )
    assert own.exit_code == 0, own.output
    assert "1 enrolled" in own.stdout
    by_hand = line.run(
        "devices", f"{mac.serial},{mac.facts.product.part_number}", *common, "--manual", f"{site.base}/manual",
        POMONA_SIMULATED_PASSWORD=PASSWORD,
    )  # fmt: skip
    assert by_hand.exit_code == 0, by_hand.output
    kinds = {each["kind"] for each in line.json("enrollment", "list")}
    assert kinds == {"byod", "manual"}
    wrong = line.run("devices", mac.serial, *common, POMONA_SIMULATED_PASSWORD="wrong")
    assert wrong.exit_code == 1
    assert "1 failed" in wrong.stdout


def test_devices_are_a_process_of_their_own_and_may_stay(live: tuple[Site, Line]) -> None:
    """It gets the factory's folder and an origin, nothing else, and answers a command that is queued while it stays."""
    site, line = live
    device = site.device()
    line.run(
        "devices", site.device(arrive=False).serial, "--origin", site.origin
    )  # makes the factory's folder
    program = "import typer; from pomona.cli.simulate_devices import devices; typer.run(devices)"
    words = [sys.executable, "-c", program, device.serial, "--origin", site.origin, "--json", "--stay", "8"]
    words += ["--factory", str(line.data / "factory"), "--every", "0.2"]
    environment = {
        "PATH": os.environ["PATH"],
        "POMONA_DATA": "/nowhere",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        assert json.loads(run.stdout.readline())["result"] == "enrolled"
        assert line.run("enrollment", "unenrol", device.serial).exit_code == 0
        last = json.loads(run.stdout.readline())
        assert last["result"] == "left"
        assert last["commands"][-1] == ["RemoveProfile", "Acknowledged"]
        assert run.wait(20) == 0
    assert site.enrollment(device.serial).status == "left"
