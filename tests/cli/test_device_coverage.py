"""`pomona device coverage` against a real installation."""

from pathlib import Path

from tests.cli.test_device_commands import PHONES, Line, line

__all__ = ["line"]


def test_coverage_is_recorded_listed_and_removed(line: Line) -> None:
    serial = PHONES[0]
    args = ("--plan", "AppleCare+", "--agreement", "A-1", "--start", "2026-01-02", "--end", "2099-01-02")
    added = line.json("device", "coverage", "add", serial.lower(), *args, "--renewable")
    assert added == {"serial": serial, "name": "A-1", "word": "ADDED"}
    assert "A-1 same" in line.run("device", "coverage", "add", serial, *args, "--renewable").output
    [found] = line.json("device", "coverage", "list", serial)
    assert (found["id"], found["plan"], found["status"], found["renewable"]) == (
        "A-1",
        "APPLECARE_PLUS",
        "active",
        "yes",
    )
    assert (found["start"], found["end"]) == ("2026-01-02 00:00:00", "2099-01-02 00:00:00")
    assert line.run("device", "coverage", "remove", serial, "A-1").exit_code == 0
    assert "There is no coverage 'A-1'" in line.refused("device", "coverage", "remove", serial, "A-1")
    assert line.json("device", "coverage", "list", serial) == []


def test_what_cannot_be_is_said(line: Line) -> None:
    def refused(serial: str, plan: str, start: str, *more: str) -> str:
        return line.refused("device", "coverage", "add", serial, "--plan", plan, "--start", start, *more)

    assert "no plan" in refused(PHONES[0], "gold", "2026-01-02")
    assert "no day" in refused(PHONES[0], "limited-warranty", "02.01.2026")
    assert "agreement number" in refused(PHONES[0], "applecare-plus", "2026-01-02")
    assert "There is no device" in refused("ONOTTHERE12", "limited-warranty", "2026-01-02")


def test_a_list_is_imported_and_its_problems_are_named(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "coverage.csv"
    file.write_text(
        "Serial Number;Plan;Start;End;Agreement;Payment;Cancelled\n"
        f"{PHONES[0]};Limited Warranty;2026-01-02;;;;\n"
        f"{PHONES[0]};AppleCare+ for Business;2026-01-02T03:04:05Z;;;;\n"
        f"{PHONES[1]};applecare plus;2026-01-02;2029-01-02;77;subscription;2027-01-01\n"
        "ONOTTHERE12;Limited Warranty;2026-01-02;;;;\n"
        f"{PHONES[1]};Limited Warranty;soon;;;;\n"
        f"{PHONES[1]};Limited Warranty;2026-01-02;2025-01-01;;;\n"
    )
    result = line.run("device", "coverage", "import", str(file))
    assert result.exit_code == 1
    assert "3 added, 0 changed, 0 the same, 3 left out" in result.output
    for said in ("line 5: There is no device", "line 6: 'soon' is no day", "line 7: The coverage ends"):
        assert said in result.output
    assert [each["id"] for each in line.json("device", "coverage", "list", PHONES[0])] == [
        PHONES[0],
        f"abe-{PHONES[0]}",
    ]
    assert "0 added, 0 changed, 3 the same" in line.run("device", "coverage", "import", str(file)).output
    file.write_text("serial,plan\nx,y\n")
    assert "no column start" in line.refused("device", "coverage", "import", str(file))
    file.write_bytes(b"\x00\x01")
    assert "no CSV" in line.refused("device", "coverage", "import", str(file))
