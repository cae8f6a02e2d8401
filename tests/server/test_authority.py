"""The certificate authority: made once, kept safe, strict enough for strict clients, renewed in time."""

import concurrent.futures
import os
import stat
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from pomona.keys.randomness import seeded
from pomona.server.authority import Authority, Leaf
from pomona.server.certificates import Term, key_pem, new_key, server_certificate
from pomona.server.problems import AuthorityProblem

DAY = 86_400_000
START = 1_795_000_000_000  # in November 2026


class Clock:
    """A wall clock that the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


def _open(folder: Path, clock: Clock | None = None) -> Authority:
    return Authority(folder, clock or Clock(), seeded("authority"))


def _certificate(leaf: Leaf) -> x509.Certificate:
    return x509.load_pem_x509_certificate(leaf.certificates)


def _verify(authority: bytes, leaf: Leaf, folder: Path, moment: int, *options: str) -> str:
    """Let openssl judge the leaf as strictly as it can."""
    trusted, shown = folder / "trusted.pem", folder / "shown.pem"
    trusted.write_bytes(authority)
    shown.write_bytes(leaf.certificates)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-attime", str(moment // 1000)]
    told = subprocess.run(
        [*command, *options, "-CAfile", str(trusted), str(shown)], capture_output=True, text=True, check=False
    )
    return told.stdout + told.stderr


def test_it_is_made_once_and_found_again(tmp_path: Path) -> None:
    made = _open(tmp_path / "data" / "authority")
    again = _open(tmp_path / "data" / "authority")
    assert made.certificate == again.certificate == made.certificate_file.read_bytes()
    assert sorted(path.name for path in made.certificate_file.parent.iterdir()) == ["ca.key", "ca.pem"]


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    _open(tmp_path / "authority")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"authority": 0o700, "ca.key": 0o600, "ca.pem": 0o644}


def test_two_installations_have_authorities_of_different_names(tmp_path: Path) -> None:
    names = {
        x509.load_pem_x509_certificate(_open(tmp_path / name).certificate).subject.rfc4514_string()
        for name in ("one", "other")
    }
    assert len(names) == 2


@pytest.mark.parametrize(
    ("hosts", "options"),
    [
        (["mdmenrollment.apple.com"], ["-verify_hostname", "mdmenrollment.apple.com"]),
        (["localhost", "127.0.0.1", "::1"], ["-verify_ip", "127.0.0.1"]),
        (["localhost", "127.0.0.1", "::1"], ["-verify_ip", "::1"]),
        (["Büro.example"], ["-verify_hostname", "xn--bro-hoa.example"]),
        (["a" * 60 + ".example.org"], ["-verify_hostname", "a" * 60 + ".example.org"]),
    ],
)
def test_openssl_accepts_it_in_strict_mode(tmp_path: Path, hosts: list[str], options: list[str]) -> None:
    authority = _open(tmp_path / "authority")
    assert _verify(authority.certificate, authority.leaf(hosts), tmp_path, START, *options).endswith(": OK\n")


def test_openssl_refuses_it_for_another_name(tmp_path: Path) -> None:
    authority = _open(tmp_path / "authority")
    told = _verify(
        authority.certificate, authority.leaf(["localhost"]), tmp_path, START, "-verify_hostname", "a.b"
    )
    assert "hostname mismatch" in told


def test_a_leaf_cannot_sign_for_others(tmp_path: Path) -> None:
    authority = _open(tmp_path / "authority")
    leaf = authority.leaf(["localhost"])
    key = serialization.load_pem_private_key(leaf.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = datetime.fromtimestamp(START // 1000, UTC)
    forged = server_certificate(
        key, new_key().public_key(), ("evil.example",), Term(now, now + timedelta(days=1)), b"\1" * 16
    )
    pem = forged.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "between.pem").write_bytes(leaf.certificates)
    shown = Leaf(pem, b"", START, START)
    told = _verify(authority.certificate, shown, tmp_path, START, "-untrusted", str(tmp_path / "between.pem"))
    assert "error" in told


def test_a_leaf_has_a_key_of_its_own_and_lives_397_days(tmp_path: Path) -> None:
    authority = _open(tmp_path / "authority")
    leaf = authority.leaf(["localhost"])
    certificate = _certificate(leaf)
    key = serialization.load_pem_private_key(leaf.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert certificate.public_key() == key.public_key()
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=397)
    assert certificate.not_valid_before_utc < datetime.fromtimestamp(START // 1000, UTC) - timedelta(days=1)


def test_a_leaf_is_kept_until_thirty_days_before_its_end(tmp_path: Path) -> None:
    clock = Clock()
    authority = _open(tmp_path / "authority", clock)
    first = authority.leaf(["Localhost", "127.0.0.1", "localhost"])
    assert authority.leaf(["localhost", "127.0.0.1"]) is first
    assert authority.leaf(["localhost"]) is not first
    end = _certificate(first).not_valid_after_utc.timestamp() * 1000
    clock.now = int(end) - 30 * DAY - 1
    assert authority.leaf(["localhost", "127.0.0.1"]) is first
    clock.now += 1
    second = authority.leaf(["localhost", "127.0.0.1"])
    assert second is not first
    assert _verify(authority.certificate, second, tmp_path, clock.now + 360 * DAY).endswith(": OK\n")


def test_a_clock_that_was_wrong_does_no_lasting_harm(tmp_path: Path) -> None:
    clock = Clock()
    clock.now += 3 * DAY
    authority = _open(tmp_path / "authority", clock)
    ahead = authority.leaf(["localhost"])
    clock.now -= DAY
    assert authority.leaf(["localhost"]) is ahead
    assert _verify(authority.certificate, ahead, tmp_path, clock.now).endswith(": OK\n")
    clock.now -= DAY
    assert authority.leaf(["localhost"]) is not ahead


def test_the_authority_is_renewed_over_its_key_before_it_ends(tmp_path: Path) -> None:
    clock = Clock()
    old = _open(tmp_path / "authority", clock)
    clock.now += (3650 - 2 - 397) * DAY
    assert _open(tmp_path / "authority", clock).certificate == old.certificate
    clock.now += 2 * DAY
    renewed = _open(tmp_path / "authority", clock)
    assert renewed.certificate != old.certificate
    leaf = renewed.leaf(["localhost"])
    for trusted in (old.certificate, renewed.certificate):
        assert _verify(trusted, leaf, tmp_path, clock.now + 300 * DAY).endswith(": OK\n")
    clock.now += 4000 * DAY
    revived = _open(tmp_path / "authority", clock)
    assert _verify(revived.certificate, revived.leaf(["localhost"]), tmp_path, clock.now).endswith(": OK\n")


def test_those_who_start_at_once_share_one_authority(tmp_path: Path) -> None:
    starting = threading.Barrier(8)

    def made(_: int) -> bytes:
        starting.wait(10)
        return Authority(tmp_path / "authority", Clock(), os.urandom).certificate

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(made, range(8)))) == 1
    assert len(list((tmp_path / "authority").iterdir())) == 2


def _without_key(folder: Path) -> None:
    (folder / "ca.key").unlink()


def _with_rubbish_for_a_key(folder: Path) -> None:
    (folder / "ca.key").write_text("-----BEGIN PRIVATE KEY-----\nSECRET\n")


def _with_another_key(folder: Path) -> None:
    (folder / "ca.key").write_bytes(key_pem(new_key()))


def _with_an_rsa_key(folder: Path) -> None:
    key = rsa.generate_private_key(65537, 1024)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.key").write_bytes(key.private_bytes(*form))


def _with_rubbish_for_a_certificate(folder: Path) -> None:
    (folder / "ca.pem").write_text("trust me")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_without_key, r"ca\.key is missing but .*ca\.pem is there: put the key back, or remove"),
        (_with_rubbish_for_a_key, r"ca\.key holds no usable private key \(PEM, unencrypted\)$"),
        (_with_another_key, r"ca\.pem does not belong to the key in .*ca\.key: restore both"),
        (_with_an_rsa_key, r"ca\.key holds a key of another kind: expected an elliptic curve key"),
        (_with_rubbish_for_a_certificate, r"ca\.pem holds no certificate \(PEM\)"),
    ],
)
def test_damaged_files_are_named_and_left_alone(tmp_path: Path, damage: object, message: str) -> None:
    folder = tmp_path / "authority"
    _open(folder)
    assert callable(damage)
    damage(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(AuthorityProblem, match=message) as caught:
        _open(folder)
    assert "SECRET" not in str(caught.value)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_an_unusable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        AuthorityProblem, match=r"authority in .*file/authority: Not a directory; the folder must"
    ):
        _open(tmp_path / "file" / "authority")


def test_a_key_never_shows_in_a_repr(tmp_path: Path) -> None:
    authority = _open(tmp_path / "authority")
    leaf = authority.leaf(["localhost"])
    assert leaf.key.decode() not in repr(leaf)
    assert "PRIVATE" not in repr(leaf) + repr(authority)


@pytest.mark.parametrize(
    "hosts", [[], [""], ["a b"], ["a\0.example"], ["-a.example"], ["a..b"], ["a/b"], ["x" * 64]]
)
def test_what_is_no_host_gets_no_certificate(tmp_path: Path, hosts: list[str]) -> None:
    with pytest.raises(ValueError, match="host name"):
        _open(tmp_path / "authority").leaf(hosts)


@given(st.lists(st.one_of(st.text(max_size=80), st.ip_addresses().map(str)), min_size=1, max_size=4))
def test_any_names_give_a_certificate_or_a_plain_error(hosts: list[str]) -> None:
    key = new_key()
    when = Term(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    try:
        made = server_certificate(key, key.public_key(), tuple(hosts), when, bytes(16))
    except ValueError as problem:
        assert "is not a host name" in str(problem)  # noqa: PT017 - most examples are refused, some are not
        return
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert len(names) == len(hosts)
