"""The certificates of device enrolment, judged by openssl."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from pomona.formats.cms import SigningKey, chain_ok
from pomona.formats.device_certificates import (
    authority_certificate,
    identity_certificate,
    subject_of,
    term,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
KEYS: dict[str, SigningKey] = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "ec": ec.generate_private_key(ec.SECP256R1()),
}


def spki(key: SigningKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def pem(path: Path, der: bytes) -> None:
    path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM))


@pytest.mark.parametrize("of", ["rsa", "ec"])
@pytest.mark.parametrize("by", ["rsa", "ec"])
def test_openssl_takes_them_in_its_strict_mode(tmp_path: Path, by: str, of: str) -> None:
    when = term(NOW, timedelta(days=30))
    ca = authority_certificate(KEYS[by], (("O", "Example"), ("CN", "Authority")), when, b"\xff" * 16)
    subject = (("CN", "device"), ("2.5.4.5", "F2LXO0ABCDEF"))
    leaf = identity_certificate((ca, KEYS[by]), spki(KEYS[of]), subject, when, b"\x01" * 16)
    pem(tmp_path / "ca", ca)
    pem(tmp_path / "leaf", leaf)
    line = ["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "ca"]
    line += ["-attime", str(int(NOW.timestamp()))]
    done = subprocess.run([*line, "leaf"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert chain_ok(leaf, [], [ca], at=NOW)
    assert not chain_ok(leaf, [], [ca], at=NOW + timedelta(days=31))
    assert subject_of(leaf) == {"2.5.4.3": "device", "2.5.4.5": "F2LXO0ABCDEF"}


def test_an_authority_signs_end_certificates_only() -> None:
    when = term(NOW, timedelta(days=30))
    ca = authority_certificate(KEYS["rsa"], (("CN", "Authority"),), when, b"\x02" * 16)
    below = identity_certificate((ca, KEYS["rsa"]), spki(KEYS["ec"]), (("CN", "device"),), when, b"\x03" * 16)
    leaf = identity_certificate((below, KEYS["ec"]), spki(KEYS["rsa"]), (("CN", "x"),), when, b"\x04" * 16)
    assert not chain_ok(leaf, [below], [ca])


def test_a_term_begins_an_hour_ago_in_whole_seconds() -> None:
    when = term(NOW, timedelta(days=1))
    assert when.start == datetime(2026, 11, 23, 11, 0, 0, tzinfo=UTC)
    assert when.end == datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def test_keys_and_subjects_that_cannot_be_are_refused() -> None:
    when = term(NOW, timedelta(days=30))
    ca = authority_certificate(KEYS["ec"], (("CN", "Authority"),), when, b"\x02" * 16)
    other = spki(ed25519.Ed25519PrivateKey.generate())
    for key, subject in ((other, "x"), (b"nonsense", "x"), (spki(KEYS["ec"]), "x" * 65)):
        with pytest.raises(ValueError, match=r".+"):
            identity_certificate((ca, KEYS["ec"]), key, (("CN", subject),), when, b"\x05" * 16)
