"""Every setting has its heading, its variable and its true default in the operations guide, and no other is described."""

import re
from pathlib import Path

import msgspec
import pytest

from pomona.runtime import Settings

GUIDE = (Path(__file__).parents[2] / "docs" / "operations-guide.md").read_text()
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^#|\Z)", GUIDE, re.MULTILINE | re.DOTALL))


def shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"Default `{', '.join(value)}`" if value else "Default none"
    if value == "":
        return "Default empty"
    return f"Default {value}." if isinstance(value, int) else f"Default `{value}`"


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_a_setting_is_described(field: msgspec.structs.FieldInfo) -> None:
    text = SECTIONS[field.name]
    assert f"`POMONA_{field.name.upper()}`" in text
    assert shown(getattr(Settings(), field.name)) in text


def test_nothing_else_is() -> None:
    assert list(SECTIONS) == [field.name for field in msgspec.structs.fields(Settings)]
