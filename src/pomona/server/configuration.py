"""Where settings come from: flags, then the environment (`POMONA_…`), then a file, then the defaults."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from pomona.runtime import Settings

PREFIX = "POMONA_"
FILE = Path("pomona.toml")
_NOT_SETTINGS = frozenset(
    {
        "POMONA_CONFIG",
        "POMONA_API_ORIGIN",
        "POMONA_PERSON_PASSWORD",
        "POMONA_PKCS12_PASS_PHRASE",
        "POMONA_SIMULATED_PASSWORD",
        "POMONA_SUPPLIER_TOKEN",
    }
)
"""Variables of single commands; a running server may find them in its environment and must not stumble."""


class ConfigurationProblem(ValueError):
    """A setting that is unknown or cannot be; the message names it, its source and what is expected."""


def load(flags: Mapping[str, object], environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings in force. Without `file`, `pomona.toml` in the working folder is read where there is one.

    A flag that is None was not given. Raises `ConfigurationProblem`.
    """
    values = _from_file(file, environment)
    values.update(_from_environment(environment))
    values.update({name: value for name, value in flags.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as problem:
        raise ConfigurationProblem(f"settings: {problem}") from None


def names() -> tuple[str, ...]:
    """Every setting's name."""
    return tuple(field.name for field in msgspec.structs.fields(Settings))


def _from_file(file: Path | None, environment: Mapping[str, str]) -> dict[str, Any]:
    named = file or (Path(environment["POMONA_CONFIG"]) if environment.get("POMONA_CONFIG") else None)
    path = named or FILE
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError:
        if named is None:
            return {}
        raise ConfigurationProblem(f"{path}: there is no such file") from None
    except (OSError, ValueError) as problem:
        raise ConfigurationProblem(f"{path}: {problem}") from None
    for name in values:
        _known(name, f"{path}: {name}")
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable not in _NOT_SETTINGS:
            name = variable[len(PREFIX) :].lower()
            _known(name, variable)
            values[name] = _split(name, text)
    return values


def _split(name: str, text: str) -> object:
    kinds = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    if getattr(kinds[name], "__origin__", None) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _known(name: str, said: str) -> None:
    if name in names():
        return
    near = difflib.get_close_matches(name, names(), 1)
    hint = f"; did you mean {near[0]}?" if near else f"; expected one of {', '.join(names())}"
    raise ConfigurationProblem(f"{said} is no setting{hint}")


def _decode(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value)).expanduser()
    raise NotImplementedError
