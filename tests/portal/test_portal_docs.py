"""The portal's page in the documentation says what the code does."""

from pathlib import Path

from pomona.portal.permissions import ROLES, Permission
from pomona.registry import portal_sessions

PAGE = (Path(__file__).parents[2] / "docs" / "portal.md").read_text()


def test_the_table_of_roles_is_the_codes() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.partition("## Roles")[2].splitlines()
        if line.startswith("|") and not line.startswith("|--")
    ]
    heading, *roles = rows
    assert heading[1:] == [permission.value for permission in Permission]
    table = {
        role: frozenset(
            Permission(name) for name, mark in zip(heading[1:], marks, strict=True) if mark == "x"
        )
        for role, *marks in roles
    }
    assert table == ROLES


def test_the_limits_are_the_codes() -> None:
    assert portal_sessions.LIMITS["pair"] == 5
    assert "After five wrong passwords" in PAGE
    assert (portal_sessions.WINDOW, portal_sessions.LIFE) == (15 * 60_000, 12 * 3_600_000)
    assert "in fifteen minutes" in PAGE
    assert "twelve hours after its last use" in PAGE
