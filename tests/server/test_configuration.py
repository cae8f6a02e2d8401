"""Flags win over the environment, the environment over the file, the file over the defaults; mistakes are named."""

from pathlib import Path

import pytest

from pomona.runtime import Settings
from pomona.server.configuration import ConfigurationProblem, load, names


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults() -> None:
    assert load({}, {}) == Settings()


def test_precedence(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('port = 1\ntls_port = 1\nhost = "file"\ntrusted_proxies = ["a"]\n')
    environment = {"POMONA_PORT": "2", "POMONA_TLS_PORT": "2", "POMONA_TRUSTED_PROXIES": "b, c", "HOME": "/x"}
    settings = load({"port": 3, "tls_port": None}, environment, file)
    assert (settings.port, settings.tls_port, settings.host) == (3, 2, "file")
    assert settings.trusted_proxies == ("b", "c")


def test_the_file_in_the_working_folder_is_read() -> None:
    Path("pomona.toml").write_text('data = "~/devices"\n')
    assert load({}, {}).data == Path("~/devices").expanduser()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"POMONA_PROT": "1"}, "POMONA_PROT is no setting; did you mean port"),
        ({"POMONA_XYZZY": "1"}, "POMONA_XYZZY is no setting; expected one of"),
        ({"POMONA_PORT": "many"}, "port"),
        ({"POMONA_CATALOGUE": "guess"}, "catalogue"),
        ({"POMONA_CONFIG": "nowhere.toml"}, "nowhere.toml: there is no such file"),
    ],
)
def test_mistakes_are_named(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationProblem, match=said):
        load({}, environment)


def test_mistakes_in_the_file_are_named(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text("catalog = 'infer'\n")
    with pytest.raises(ConfigurationProblem, match="catalog is no setting; did you mean catalogue"):
        load({}, {}, file)
    file.write_text("port = \n")
    with pytest.raises(ConfigurationProblem, match=r"p\.toml"):
        load({}, {}, file)


def test_every_setting_can_be_given_by_environment() -> None:
    assert {"data", "port", "secret_key"} <= set(names())
    for name in names():
        load(
            {},
            {f"POMONA_{name.upper()}": ""} if name in {"database_url", "secret_key", "public_origin"} else {},
        )
