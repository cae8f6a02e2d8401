"""Certificates of suppliers on the command line: made, packed, asked for, registered, listed, revoked."""

import json
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs12
from typer.testing import CliRunner

from pomona.cli import doctor, supplier
from pomona.registry import audit
from pomona.registry.suppliers import INSTALLATION
from pomona.runtime import Settings
from pomona.server.installation import installation
from tests.cli.command_lines import CommandLine


class Line(CommandLine):
    """The command line over one data folder, whose working folder is beside it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "data", {"supplier": supplier.app}, ("supplier",))
        self.app.command("doctor")(doctor.doctor)


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.chdir(tmp_path)
    made = Line(tmp_path)
    made.json("add", "RESELLER", "16FCE4A0", "--sold-to", "52000")
    return made


def mode(name: str) -> int:
    return Path(name).stat().st_mode & 0o777


def test_a_pair_of_pem_files(line: Line) -> None:
    made = line.json("certificate", "16FCE4A0", "--name", "ERP", "--key", "ec", "--days", "90")
    assert made["files"] == ["16fce4a0.pem", "16fce4a0.key"]
    assert (mode("16fce4a0.pem") & 0o077, mode("16fce4a0.key")) == (0o044, 0o600)
    certificate = x509.load_pem_x509_certificate(Path("16fce4a0.pem").read_bytes())
    assert certificate.fingerprint(hashes.SHA256()).hex() == made["id"]
    assert (made["for"], made["state"], made["origin"]) == ("16FCE4A0", "good", "Pomona")
    assert "exists already" in line.refused("certificate", "16FCE4A0")
    assert "Nobody asks for it yet" in line.run("certificate", "16FCE4A0", "--out", "b").stderr
    (first, second) = line.json("credentials")
    assert {first["id"], second["id"]} > {made["id"]}
    kinds = [each["kind"] for each in line.json("credentials", "16FCE4A0")]
    assert sorted(kinds) == ["CERTIFICATE", "CERTIFICATE", "TOKEN"]
    assert made["id"][:16] in line.run("credentials", "16FCE4A0").stdout


def test_pkcs12_with_a_pass_phrase(line: Line) -> None:
    line.env["POMONA_PKCS12_PASS_PHRASE"] = "correct horse"
    made = line.json("certificate", "--sold-to", "52000", "--pkcs12", "--out", "pack")
    assert made["files"] == ["pack.pem", "pack.p12"]
    assert (made["for"], mode("pack.p12")) == ("sold-to 0000052000", 0o600)
    key, _, others = pkcs12.load_key_and_certificates(Path("pack.p12").read_bytes(), b"correct horse")
    assert key is not None
    assert len(others) == 1
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(Path("pack.p12").read_bytes(), b"wrong")
    assert not Path("pack.key").exists()


def test_a_request_and_a_certificate_of_ones_own(line: Line) -> None:
    make = [
        "openssl",
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "k",
        "-subj",
        "/CN=x",
    ]
    subprocess.run([*make, "-new", "-out", "mine.csr"], check=True, capture_output=True)
    subprocess.run([*make, "-x509", "-days", "30", "-out", "own.pem"], check=True, capture_output=True)
    asked = line.json("certificate", "16FCE4A0", "--request", "mine.csr")
    assert asked["files"] == ["16fce4a0.pem"]
    own = line.json("certificate", "16FCE4A0", "--register", "own.pem", "--ship-to", "7", "--name", "own")
    assert (own["files"], own["origin"], own["ship_to"]) == ([], "own", ["0000000007"])
    assert "registered already" in line.refused("certificate", "16FCE4A0", "--register", "own.pem")
    assert "no X.509" in line.refused("certificate", "16FCE4A0", "--register", "mine.csr")


def test_what_is_refused(line: Line) -> None:
    for words, said in (
        ((), "say for whom"),
        (("16FCE4A0", "--sold-to", "1"), "say for whom"),
        (("NOBODY",), "NOBODY"),
        (("16FCE4A0", "--key", "dsa"), "rsa or ec"),
        (("16FCE4A0", "--days", "0"), "1 to 1825 days"),
        (("16FCE4A0", "--pkcs12", "--request", "x"), "exclude each other"),
        (("16FCE4A0", "--ship-to", "x"), "ship-to number"),
        (("16FCE4A0", "--request", "absent"), "absent"),
    ):
        assert said in line.refused("certificate", *words)
    assert not list(Path().glob("*.pem"))
    assert not list(Path().glob("*.key"))


def test_revoked_by_its_first_digits(line: Line) -> None:
    made = line.json("certificate", "16FCE4A0", "--key", "ec")
    assert "eight hexadecimal" in line.refused("revoke", made["id"][:7])
    assert "no credential" in line.refused("revoke", "0123456789abcdef")
    spelled = ":".join(made["id"][n : n + 2].upper() for n in range(0, 16, 2))
    assert line.json("revoke", spelled)["state"] == "revoked"
    assert line.json("credentials")[0]["state"] == "revoked"
    with installation(Settings(data=Path(line.env["POMONA_DATA"]))) as runtime:
        events = runtime.store.read_sync(lambda tx: audit.newest(tx, INSTALLATION))
    assert events[0].type == "SUPPLIER_CREDENTIAL_REVOKED"
    assert events[0].before["id"] == made["id"]


def test_accounts_are_changed(line: Line) -> None:
    assert line.json("change", "16FCE4A0", "--no-active")["active"] is False
    changed = line.json("change", "16FCE4A0", "--active", "--sold-to", "9")
    assert (changed["active"], changed["sold_to"]) == (True, "0000000009")
    assert line.json("change", "16FCE4A0", "--sold-to", "")["sold_to"] == ""
    assert "sold-to number" in line.refused("change", "16FCE4A0", "--sold-to", "abc")
    assert line.json("ship-to", "16FCE4A0", "52010", "--allow", "status")["ship_to"] == [
        "0000000001",
        "0000052010",
    ]
    assert line.json("ship-to", "16FCE4A0", "52010", "--no-active")["ship_to"] == ["0000000001"]
    assert "expected enroll" in line.refused("ship-to", "16FCE4A0", "1", "--allow", "all")


def test_the_doctor_looks_at_them(line: Line) -> None:
    line.json("certificate", "16FCE4A0", "--key", "ec", "--days", "20")
    line.json("certificate", "16FCE4A0", "--key", "ec", "--days", "200", "--out", "b")
    line.env |= {"POMONA_TLS_PORT": "-1", "POMONA_TRUSTED_PROXIES": "", "POMONA_PROXY_PORT": "-1"}

    def told() -> str:
        found = json.loads(CliRunner().invoke(line.app, ["doctor", "--json"], env=line.env).stdout)
        return "\n".join(
            f"{each['subject']}: {each['sentence']}" for each in found if each["grade"] == "warning"
        )

    assert "nobody asks for them" in told()
    assert told().count("of 16FCE4A0 ends in 19 days") == 1
    line.env |= {"POMONA_TRUSTED_PROXIES": "127.0.0.1", "POMONA_PROXY_PORT": "8081"}
    assert "nobody asks" not in told()
    assert "trusted proxy 127.0.0.1: anybody comes from there" in told()
    line.env["POMONA_PROXY_PORT"] = "-1"
    assert "trusted proxy" not in told()
