"""Devices, activities and API accounts on the command line, against a real installation."""

import json
import stat
from pathlib import Path

import pytest

from pomona.catalogue.kinds import Kind
from pomona.cli import activity, api_account, device, org
from pomona.keys.randomness import seeded
from pomona.registry import api_accounts, api_keys
from pomona.runtime import Settings
from pomona.server.installation import installation
from tests.cli.command_lines import CommandLine
from tests.support.worlds import World, serials


class Line(CommandLine):
    """The command line over one data folder."""

    def __init__(self, data: Path) -> None:
        groups = {
            "device": device.app, "activity": activity.app, "api-account": api_account.app, "org": org.app,
        }  # fmt: skip
        super().__init__(data, groups)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """An organisation with services A and B, three iPhones and a Mac, of which the first is on A."""
    data = tmp_path / "data"
    with installation(Settings(data=data)) as runtime:
        world = World(runtime.store)
        world.now = runtime.clock.now() - 10_000
        service = world.service("A")
        world.service("B")
        world.arrive(PHONES)
        world.arrive(MACS, Kind.MAC)
        world.activity("ASSIGN_DEVICES", PHONES[:1], service)
    return Line(data)


PHONES, MACS = serials(3), serials(1, seed=2)


def states(line: Line) -> dict[str, tuple[str, str | None]]:
    return {each["serial"]: (each["state"], each["service"]) for each in line.json("device", "list")}


def test_devices_are_listed_and_filtered(line: Line) -> None:
    assert states(line) == {
        **dict.fromkeys(PHONES + MACS, ("unassigned", None)),
        PHONES[0]: ("assigned", "A"),
    }
    for words, expected in (
        (("--kind", "mac"), MACS),
        (("--service", "A"), PHONES[:1]),
        (("--state", "unassigned", "--kind", "iphone"), PHONES[:0:-1]),
        (("--state", "released"), []),
        (("--source", "reseller", "--supplier", "16fce4a0", "--added", "1h"), MACS + PHONES[::-1]),
        (("--source", "manually-added"), []),
        ((PHONES[1][:7].lower(),), PHONES[1:2]),
        (("--limit", "0"), MACS + PHONES[::-1]),
    ):
        assert [each["serial"] for each in line.json("device", "list", *words)] == expected, words
    table = line.run("device", "list").stdout
    assert "iPhone" in table
    assert "MON" not in table


def test_a_long_list_goes_on(line: Line) -> None:
    first = line.run("device", "list", "--limit", "3", "--json")
    assert len(json.loads(first.stdout)) == 3
    after = first.stderr.split("--after ")[1].strip()
    assert [each["serial"] for each in line.json("device", "list", "--after", after)] == PHONES[:1]


def test_what_list_refuses(line: Line) -> None:
    assert "expected one of iphone" in line.refused("device", "list", "--kind", "toaster")
    assert "like 24h" in line.refused("device", "list", "--added", "yesterday")
    assert "expected one of owned" in line.refused("device", "list", "--state", "lost")
    assert "no device management service 'C'" in line.refused("device", "list", "--service", "C")


def test_a_device_with_its_history(line: Line) -> None:
    shown = line.json("device", "show", PHONES[0].lower())
    assert (shown["serial"], shown["service"], shown["kind"]) == (PHONES[0], "A", "iPhone")
    assert [each["what"] for each in shown["history"]] == ["ASSIGNED", "ADDED"]
    assert line.json("device", "show", shown["imei"].split(", ")[0])["serial"] == PHONES[0]
    text = line.run("device", "show", PHONES[0]).stdout
    assert "assigned to A" in text
    assert "added: RESELLER 16FCE4A0" in text
    assert "no device 'ONOTHERE1'" in line.refused("device", "show", "ONOTHERE1")


def test_devices_are_moved_without_a_server(line: Line) -> None:
    done = line.json("device", "assign", "B", ",".join(PHONES), MACS[0])
    assert (done["sub_status"], done["succeeded"], done["failing"]) == ("COMPLETED_WITH_SUCCESS", 4, [])
    assert set(states(line).values()) == {("assigned", "B")}
    line.json("device", "unassign", PHONES[0])
    assert states(line)[PHONES[0]] == ("unassigned", None)
    result = line.run("device", "unassign", PHONES[1], PHONES[0], "--service", "A", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["failing"] == [
        {"serial": PHONES[1], "reason": "ASSIGNED_TO_OTHER_SERVER"},
        {"serial": PHONES[0], "reason": "NOT_ASSIGNED"},
    ]


def test_serials_come_from_a_file(line: Line, tmp_path: Path) -> None:
    for n, text in enumerate((
        f"name,Serial Number\nx,{PHONES[0]}\n\ny,{PHONES[1].lower()}\n",
        f"{PHONES[0]}\r\n{PHONES[1]}\r\n",
        f"\ufeffserial_number\tother\n{PHONES[0]}\t1\n{PHONES[1]}\t2\n",
    )):  # fmt: skip
        file = tmp_path / f"{n}.csv"
        file.write_text(text, newline="")
        service = "AB"[n % 2]
        assert line.json("device", "assign", service, "--file", str(file))["succeeded"] == 2
        assert [states(line)[serial] for serial in PHONES[:2]] == [("assigned", service)] * 2
    bad = tmp_path / "bad.csv"
    bad.write_text(f"model,serial\nMac,{PHONES[0]}\nMac,short\n")
    assert "bad.csv, line 3, column 2" in line.refused("device", "assign", "B", "--file", str(bad))
    assert "No such file" in line.refused("device", "assign", "B", "--file", str(tmp_path / "none.csv"))
    assert "no serial numbers" in line.refused("device", "assign", "B")
    assert "expected 8 to 20" in line.refused("device", "assign", "B", "nonsense!")
    assert states(line)[PHONES[0]] == ("assigned", "A")


def test_some_that_fail_are_named(line: Line) -> None:
    unknown = serials(30, seed=8)
    result = line.run("device", "assign", "B", *PHONES, *unknown)
    assert result.exit_code == 1
    assert f"{unknown[0]}: device not found" in result.stderr
    assert "and 10 more: pomona activity log" in result.stderr
    assert "COMPLETED_WITH_ERROR" in result.stdout


def test_a_preview_changes_nothing(line: Line) -> None:
    before = states(line)
    said = line.json("device", "assign", "A", *PHONES, "ONOTHERE1", "--preview")
    assert (said["total"], said["changing"]) == (4, 2)
    assert said["failing"] == [{"serial": "ONOTHERE1", "reason": "DEVICE_NOT_FOUND"}]
    assert "already assigned" in line.run("device", "assign", "A", *PHONES, "--preview").stdout
    assert line.json("device", "unassign", PHONES[0], "--preview")["changing"] == 1
    assert line.json("device", "release", PHONES[0], "--preview")["changing"] == 1
    assert states(line) == before
    assert line.json("activity", "list")[0]["by"] != "Operator of the installation"


def test_release_asks_first(line: Line) -> None:
    for answer in ("n\n", "\n", ""):
        result = line.run("device", "release", PHONES[0], stdin=answer)
        assert result.exit_code == 1
        assert "cannot be undone" in result.stderr
    assert PHONES[0] in states(line)
    assert line.run("device", "release", PHONES[0], stdin="y\n").exit_code == 0
    assert line.json("device", "release", PHONES[1], "--yes")["succeeded"] == 1
    assert set(states(line)) == {PHONES[2], *MACS}
    released = line.json("device", "list", "--state", "released")
    assert [each["serial"] for each in released] == [PHONES[1], PHONES[0]]
    assert line.json("device", "show", PHONES[0])["history"][0]["what"] == "RELEASED"


def test_activities_are_listed_shown_and_logged(line: Line, tmp_path: Path) -> None:
    line.run("device", "assign", "B", PHONES[0], "ONOTHERE1")
    newest, first = line.json("activity", "list")
    assert (newest["type"], newest["done"], newest["failed"]) == ("ASSIGN_DEVICES", 1, 1)
    assert line.json("activity", "show") == newest | {"can_be_undone": True, "why_not": None}
    shown = line.json("activity", "show", first["id"])
    assert {name: shown[name] for name in first} == first
    assert line.json("activity", "list", "--limit", "1") == [newest]
    assert line.json("activity", "list", "--running") == []
    text = line.run("activity", "log").stdout
    assert text.endswith(f"\n{PHONES[0]},SUCCESS,\nONOTHERE1,FAILED,DEVICE_NOT_FOUND\n")
    assert text.startswith("OPERATION,ASSIGN_DEVICES\n")
    file = tmp_path / "log.csv"
    assert line.run("activity", "log", newest["id"], "--output", str(file)).exit_code == 0
    assert file.read_text() == text
    assert "no activity" in line.refused("activity", "show", "b1481656-b267-480d-b284-a809eed8b041")
    assert "has ended already" in line.refused("activity", "stop")
    assert "No such file" in line.refused("activity", "log", "--output", str(tmp_path / "no" / "log.csv"))


def test_activities_are_found(line: Line) -> None:
    line.run("device", "assign", "B", PHONES[0], "ONOTHERE1")
    line.run("device", "release", PHONES[1], "--yes")
    released, assigned, first = line.json("activity", "list")

    def found(*words: str) -> list[str]:
        return [each["id"] for each in line.json("activity", "list", *words)]

    assert found("--type", "release_devices") == [released["id"]]
    assert found("--status", "completed with issues") == [assigned["id"]]
    assert found("--service", "B") == [assigned["id"]]
    assert found("--device", PHONES[0].lower()) == [assigned["id"], first["id"]]
    assert found("--device", "ONOTHERE1", "--by", "operator") == [assigned["id"]]
    assert found("--since", "2099-01-01T00:00:00Z") == []
    assert len(found("--until", "2099-01-01T00:00:00Z")) == 3
    assert "is no state" in line.refused("activity", "list", "--status", "soon")
    assert "is not a timestamp" in line.refused("activity", "list", "--since", "soon")
    assert "Nowhere" in line.refused("activity", "list", "--service", "Nowhere")


def test_an_activity_is_undone(line: Line) -> None:
    line.run("device", "assign", "B", *PHONES)
    mistake = line.json("activity", "list")[0]["id"]
    line.run("device", "unassign", PHONES[1])
    other = line.json("activity", "list")[0]["id"]
    seen = line.json("activity", "undo", mistake, "--preview")
    assert (seen["changing"], seen["failing"]) == (2, [{"serial": PHONES[1], "reason": "CHANGED_SINCE"}])
    undone = line.run("activity", "undo", mistake, "--json")
    assert undone.exit_code == 1, "one could not be"
    assert json.loads(undone.stdout)["failing"] == [
        {"serial": PHONES[1], "reason": "CHANGED_SINCE", "by": other}
    ]
    assert [states(line)[serial][1] for serial in PHONES] == ["A", None, None]
    made = json.loads(undone.stdout)["activity"]
    assert line.json("activity", "show", mistake)["undone_by"] == made
    assert line.json("activity", "show", made)["undoes"] == mistake
    assert f"undone already, by {made}" in line.refused("activity", "undo", mistake)
    assert line.run("activity", "undo", made).exit_code == 0


def test_a_release_is_put_off_and_taken_back(line: Line) -> None:
    assert line.run("org", "grace").stdout == "Example: releases are final at once\n"
    assert line.run("org", "grace", "72").stdout == "Example: releases are final after 72 hours\n"
    assert "0 to 2160" in line.refused("org", "grace", "9999")
    asked = line.run("device", "release", PHONES[0], stdin="y\n")
    assert "final in 72 hours" in asked.stderr
    assert line.json("device", "show", PHONES[0])["release_final"]
    assert len(states(line)) == 4
    assert "release pending" in line.refused("device", "assign", "B", PHONES[0])
    assert line.json("device", "keep", PHONES[0], "--preview")["changing"] == 1
    assert line.json("device", "keep", PHONES[0])["succeeded"] == 1
    assert "release_final" not in line.json("device", "show", PHONES[0])
    assert "release not pending" in line.refused("device", "keep", PHONES[0])


def test_everything_on_record_of_a_device(line: Line) -> None:
    line.run("device", "assign", "B", PHONES[0])
    line.run("device", "assign", "B", PHONES[0])
    line.run("device", "repair", PHONES[0])
    first = line.json("device", "history", PHONES[0], "--limit", "2")
    assert [each["what"] for each in first["history"]] == ["EVENT", "UNCHANGED"]
    rest = line.json("device", "history", PHONES[0], "--before", str(first["before"]))
    assert [each["what"] for each in rest["history"]] == ["MOVED", "ASSIGNED", "ADDED"]
    assert rest["before"] is None
    said = line.run("device", "history", PHONES[0], "--limit", "2").stdout
    assert "device repair begun" in said
    assert "There is more: --before" in line.run("device", "history", PHONES[0], "--limit", "2").stderr


def test_an_activity_is_stopped(line: Line) -> None:
    with installation(Settings(data=Path(line.env["POMONA_DATA"]))) as runtime:
        from pomona.registry import activities, organizations
        from pomona.registry.actors import OPERATOR

        made = runtime.store.write_sync(
            lambda tx: activities.create(
                tx, organizations.find(tx, None).id, "RELEASE_DEVICES", PHONES, actor=OPERATOR,
                now=runtime.clock.now(), rng=runtime.rng,
            )
        )  # fmt: skip
    assert [each["id"] for each in line.json("activity", "list", "--running")] == [made.uuid]
    assert line.json("activity", "stop")["status"] == "STOPPED"
    assert len(states(line)) == 4


def test_an_account_from_creation_to_deletion(line: Line, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    made = line.json("api-account", "create", "Stock", "--key", str(key), "--permission", "assign")
    assert made["client_id"].startswith("BUSINESSAPI.")
    assert (made["scope"], made["permissions"]) == ("business.api", "assign, read")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().startswith("-----BEGIN EC PRIVATE KEY-----")
    [listed] = line.json("api-account", "list")
    assert (listed["keys"], listed["permissions"], listed["last_used"]) == (
        [made["key_id"]],
        ["assign", "read"],
        None,
    )
    second = line.json(
        "api-account", "key", made["client_id"], "--key", str(tmp_path / "2.pem"), "--form", "pkcs8"
    )
    assert (tmp_path / "2.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----")
    line.run("api-account", "revoke", made["client_id"], "--key-id", made["key_id"])
    assert line.json("api-account", "list")[0]["keys"] == [second["key_id"]]
    changed = line.json(
        "api-account", "change", made["client_id"], "--name", "Shop", "--permission", "release"
    )
    assert (changed["name"], changed["permissions"]) == ("Shop", ["read", "release"])
    assert line.run("api-account", "revoke", made["client_id"]).exit_code == 0
    assert "has no key" in line.refused("api-account", "revoke", made["client_id"])
    assert line.run("api-account", "delete", made["client_id"]).exit_code == 0
    assert line.json("api-account", "list") == []


def test_a_public_key_of_ones_own(line: Line, tmp_path: Path) -> None:
    pair = api_keys.generate("pkcs8", seeded("own"))
    file = tmp_path / "public.pem"
    file.write_text(pair.public)
    made = line.json("api-account", "create", "Own", "--public-key", str(file), "--school")
    assert made["client_id"].startswith("SCHOOLAPI.")
    assert "private_key" not in made
    with installation(Settings(data=Path(line.env["POMONA_DATA"]))) as runtime:
        account = runtime.store.read_sync(lambda tx: api_accounts.by_client_id(tx, made["client_id"]))
        assert account is not None
        [key] = runtime.store.read_sync(lambda tx: api_accounts.keys(tx, account.id))
    assert key.public_key == pair.public


def test_what_accounts_refuse(line: Line, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    assert "--key" in line.refused("api-account", "create", "X")
    assert "expected one of sec1" in line.refused(
        "api-account", "create", "X", "--key", str(key), "--form", "der"
    )
    assert "no permission" in line.refused(
        "api-account", "create", "X", "--key", str(key), "--permission", "paint"
    )
    assert not key.exists()
    assert "No such file" in line.refused(
        "api-account", "create", "X", "--key", str(tmp_path / "no" / "key.pem")
    )
    key.write_text("mine")
    assert "exists already" in line.refused("api-account", "create", "X", "--key", str(key))
    assert key.read_text() == "mine"
    assert "no public key" in line.refused("api-account", "create", "X", "--public-key", str(key))
    assert "no API account" in line.refused("api-account", "delete", "BUSINESSAPI.x")
    assert line.json("api-account", "list") == []
