"""Units, groups, apps, packages, configurations and blueprints on the command line, against a real installation."""

from pathlib import Path

import pytest

from pomona.cli import app, blueprint, configuration, group, org, package, unit
from pomona.runtime import Settings
from pomona.server.installation import installation
from tests.cli.command_lines import CommandLine
from tests.support.collections import employ
from tests.support.profiles import profile
from tests.support.worlds import World, serials

MODULES = {
    "app": app, "blueprint": blueprint, "configuration": configuration, "group": group, "org": org,
    "package": package, "unit": unit,
}  # fmt: skip


class Line(CommandLine):
    """The command line over one data folder."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, {name: module.app for name, module in MODULES.items()})
        self.folder = data.parent

    def file(self, name: str, content: str | bytes) -> str:
        """A file with some content."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """An installation with an organisation, two people and two devices."""
    data = tmp_path / "data"
    with installation(Settings(data=data)) as runtime:
        world = World(runtime.store)
        world.now = runtime.clock.now()
        employ(world, "ann", "PEOPLE_MANAGER")
        employ(world, "ben")
        world.arrive(serials(2))
    return Line(data)


ANN, BEN = "ann@example.pomona.test", "ben@example.pomona.test"


def test_units(line: Line) -> None:
    made = line.json("unit", "add", "Sales", "--description", "Sells")
    assert (made["name"], made["description"], made["first"]) == ("Sales", "Sells", False)
    assert [each["name"] for each in line.json("unit", "list")] == ["Example", "Sales"]
    line.ok("unit", "add-members", "Sales", ANN, BEN, "--role", "content manager")
    assert {each["email"]: each["role"] for each in line.json("unit", "members", "Sales")} == {
        ANN: "CONTENT_MANAGER", BEN: "CONTENT_MANAGER",
    }  # fmt: skip
    assert {each["role"] for each in line.json("unit", "members", "Example")} == {"PEOPLE_MANAGER", "STAFF"}
    line.ok("unit", "remove-members", "Sales", ANN)
    assert [each["email"] for each in line.json("unit", "members", made["id"])] == [BEN]
    assert "person" in line.refused("unit", "add-members", "Sales", ANN, "eve@example.pomona.test")
    assert len(line.json("unit", "members", "Sales")) == 1
    assert line.json("unit", "update", "Sales", "--name", "Trade")["description"] == "Sells"
    assert line.json("unit", "show", "Trade")["id"] == made["id"]
    line.ok("unit", "delete", "Trade")
    assert "first unit" in line.refused("unit", "delete", "Example")
    assert "no unit" in line.refused("unit", "show", "Trade")


def test_groups(line: Line) -> None:
    line.ok("unit", "add", "Sales")
    made = line.json("group", "add", "Staff", "--unit", "Sales")
    assert (made["kind"], made["members"], made["rule"]) == ("STANDARD", 0, "")
    assert made["unit"] == line.json("unit", "show", "Sales")["id"]
    line.ok("group", "add-members", "Staff", ANN, BEN)
    line.ok("group", "remove-members", "Staff", ANN)
    assert [each["email"] for each in line.json("group", "members", "Staff")] == [BEN]
    smart = line.json("group", "add", "Managers", "--role", "PEOPLE_MANAGER", "--status", "ACTIVE")
    assert (smart["kind"], smart["members"]) == ("SMART", 1)
    assert smart["rule"] == "role PEOPLE_MANAGER, status ACTIVE"
    assert "rule" in line.refused("group", "add-members", "Managers", BEN)
    assert line.json("group", "update", "Managers", "--name", "Sellers", "--in-unit", "Sales")["members"] == 0
    assert [each["name"] for each in line.json("group", "list")] == ["Staff", "Sellers"]
    line.ok("group", "delete", "Staff")
    assert "no group" in line.refused("group", "show", "Staff")


def test_apps_and_packages(line: Line) -> None:
    made = line.json(
        "app",
        "add",
        "361309726",
        "Pages",
        "--bundle-id",
        "com.apple.iWork.Pages",
        "--os",
        "IOS",
        "--os",
        "MACOS",
    )
    assert (made["id"], made["systems"], made["custom"]) == ("361309726", "IOS, MACOS", False)
    changed = line.json("app", "update", "361309726", "--version", "15", "--custom")
    assert (changed["version"], changed["bundle_id"], changed["custom"]) == ("15", made["bundle_id"], True)
    assert line.json("app", "show", "361309726") == changed
    assert "Pages" in line.ok("app", "list")
    assert "digits" in line.refused("app", "add", "x", "X")
    line.ok("app", "delete", "361309726")
    assert line.json("app", "list") == []

    made = line.json(
        "package", "add", "Agent", "https://example.com/agent.pkg", "--bundle-id", "com.example.agent"
    )
    changed = line.json("package", "update", "Agent", "--name", "Tool", "--hash", "ab" * 32)
    assert (changed["id"], changed["name"], changed["url"]) == (made["id"], "Tool", made["url"])
    assert line.json("package", "show", made["id"]) == changed
    assert "Tool" in line.ok("package", "list")
    assert "https" in line.refused("package", "add", "Agent", "http://example.com/agent.pkg")
    line.ok("package", "delete", "Tool")
    assert line.json("package", "list") == []


def test_configurations_come_back_byte_for_byte(line: Line) -> None:
    content = profile("com.apple.dock").replace("\n", "\r\n").encode()
    file = line.file("Dock.mobileconfig", content)
    made = line.json("configuration", "add", file)
    assert (made["name"], made["file"], made["platforms"], made["version"]) == (
        "Dock", "Dock.mobileconfig", "MACOS", 1,
    )  # fmt: skip
    assert line.run("configuration", "export", "Dock").stdout_bytes == content
    out = line.folder / "again.mobileconfig"
    line.ok("configuration", "export", made["id"], "--out", str(out))
    assert out.read_bytes() == content
    latin = profile().replace("UTF-8", "ISO-8859-1").encode("latin-1")
    changed = line.json(
        "configuration", "update", "Dock", "--file", line.file("x.xml", latin), "--platform", "ios"
    )
    assert (changed["file"], changed["platforms"], changed["version"]) == ("Dock.mobileconfig", "IOS", 2)
    assert line.run("configuration", "export", "Dock").stdout_bytes == latin
    assert line.json("configuration", "show", "Dock") == changed
    assert "Dock" in line.ok("configuration", "list")
    for bad in (profile(PayloadVersion=2), "nonsense", " " * 1_000_000):
        assert line.refused("configuration", "add", line.file("Bad.mobileconfig", bad))
    assert "No such file" in line.refused("configuration", "add", str(line.folder / "gone"))
    assert "no configuration" in line.refused("configuration", "export", "Gone")
    assert line.refused("configuration", "export", "Dock", "--out", str(line.folder))
    line.ok("configuration", "delete", "Dock")
    assert line.json("configuration", "list") == []


def test_blueprints(line: Line) -> None:
    first, second = serials(2)
    line.ok("app", "add", "1", "Pages")
    line.ok("configuration", "add", line.file("Dock.mobileconfig", profile("com.apple.dock")))
    line.ok("package", "add", "Agent", "https://example.com/agent.pkg")
    line.ok("group", "add", "Staff")
    made = line.json(
        "blueprint", "add", "Sales iPads", "--app", "1", "--configuration", "Dock", "--package", "Agent",
        "--device", first, "--user", ANN, "--group", "Staff",
    )  # fmt: skip
    kinds = ("apps", "configurations", "packages", "devices", "users", "groups")
    assert {kind: made[kind] for kind in kinds} == dict.fromkeys(kinds, 1)
    names = [line.json("blueprint", "contents", "Sales iPads", kind)[0]["name"] for kind in kinds]
    assert [*names[:3], *names[4:]] == ["Pages", "Dock", "Agent", ANN, "Staff"]
    file = line.file("devices.csv", f"serial\n{first}\n{second}\nONOTTHERE12\n")
    assert line.ok("blueprint", "link", "Sales iPads", "--devices", file) == "Sales iPads: 1 added\n"
    listed = line.json("blueprint", "contents", made["id"], "devices")
    assert [each["id"] for each in listed] == [first, second]
    assert "blueprint 'Sales iPads'" in line.refused("configuration", "delete", "Dock")
    taken = line.ok("blueprint", "unlink", "Sales iPads", "--device", first, "--configuration", "Dock")
    assert taken == "Sales iPads: 2 taken out\n"
    changed = line.json("blueprint", "update", "Sales iPads", "--description", "For sales")
    assert (changed["name"], changed["description"]) == ("Sales iPads", "For sales")
    assert line.json("blueprint", "show", "Sales iPads")["devices"] == 1
    assert "For sales" in line.ok("blueprint", "list")
    assert "needs a resource" in line.refused("blueprint", "add", "Empty", "--device", first)
    assert "no configuration" in line.refused("blueprint", "link", "Sales iPads", "--configuration", "Gone")
    assert "no kind" in line.refused("blueprint", "contents", "Sales iPads", "things")
    line.ok("blueprint", "delete", "Sales iPads")
    assert line.json("blueprint", "list") == []


def test_several_of_one_name_are_told_apart_by_their_ids(line: Line) -> None:
    file = line.file("Dock.mobileconfig", profile("com.apple.dock"))
    ids = [line.json("configuration", "add", file)["id"] for _ in range(2)]
    line.ok("app", "add", "1", "Pages")
    blueprints = [line.json("blueprint", "add", "X", "--app", "1", "--user", ANN)["id"] for _ in range(2)]
    assert "Several" in line.refused("configuration", "show", "Dock")
    assert "Several" in line.refused("blueprint", "show", "X")
    line.ok("configuration", "delete", ids[0])
    line.ok("blueprint", "delete", blueprints[0])
    assert line.json("configuration", "show", "Dock")["id"] == ids[1]
    assert line.json("blueprint", "show", "X")["id"] == blueprints[1]


def test_built_in_management_is_switched(line: Line) -> None:
    assert line.json("org", "show")["management"] == "on"
    assert line.ok("org", "management", "--off") == "Example: built-in management off\n"
    assert line.json("org", "show")["management"] == "off"
    line.ok("org", "management", "--on", "example")
    assert line.json("org", "show")["management"] == "on"
    assert line.run("org", "management").exit_code == 2
