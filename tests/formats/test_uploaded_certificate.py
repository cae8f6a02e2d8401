import base64
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats.server_token import CertificateProblem, parse_certificate, warnings
from tests.formats.support import NOW, identity, key, openssl

WHO = identity("rsa2048")
TEXT = b"Subject: CN=device\nsome words people leave in\n"
FORMS = {
    "der": WHO.der,
    "der with a line end": WHO.der + b"\r\n",
    "pem": WHO.pem,
    "crlf": WHO.pem.replace(b"\n", b"\r\n"),
    "cr": WHO.pem.replace(b"\n", b"\r"),
    "text around": TEXT + WHO.pem + TEXT,
    "byte order mark": b"\xef\xbb\xbf" + WHO.pem,
    "indented": b"".join(b"  " + line + b"\n" for line in WHO.pem.splitlines()),
    "one line": b"-----BEGIN CERTIFICATE-----" + base64.b64encode(WHO.der) + b"-----END CERTIFICATE-----",
    "old label": WHO.pem.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
    "base64 of der": base64.b64encode(WHO.der),
    "base64 of der in lines": base64.encodebytes(WHO.der),
    "base64 of pem": base64.b64encode(WHO.pem),
    "base64 of pem in lines": base64.encodebytes(TEXT + WHO.pem),
    "with its key before it": WHO.key_pem + WHO.pem,
    "a chain": WHO.pem + identity("ec256").pem,
    "a broken block first": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + WHO.pem,
}


@pytest.mark.parametrize("form", FORMS)
def test_accepted_forms(form: str) -> None:
    assert parse_certificate(FORMS[form]) == WHO.der


def test_as_openssl_writes_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(WHO.key_pem)
    made = openssl(
        "req", "-x509", "-new", "-key", tmp_path / "key", "-subj", "/O=A&B/CN=mdm", "-days", "1", "-text"
    )
    assert made.startswith(b"Certificate:")
    assert openssl("x509", "-outform", "DER", stdin=made) == parse_certificate(made)


def public_pem() -> bytes:
    return (
        key("rsa2048")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


@pytest.mark.parametrize(
    ("data", "code", "word"),
    [
        (b"", "NOT_A_CERTIFICATE", "no X.509 certificate"),
        (b"hello", "NOT_A_CERTIFICATE", "no X.509 certificate"),
        (WHO.der[:-10], "NOT_A_CERTIFICATE", "no X.509 certificate"),
        (WHO.key_pem, "NOT_A_CERTIFICATE", "private key"),
        (public_pem(), "NOT_A_CERTIFICATE", "public key"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "NOT_A_CERTIFICATE", "certificate request"),
        (b"x" * 70_000, "NOT_A_CERTIFICATE", "64 KB"),
        (identity("ec256").pem, "NOT_RSA", "not RSA"),
        (identity("rsa1024").pem, "TOO_SMALL", "1024 bits"),
    ],
)
def test_refusals_say_what_to_do(data: bytes, code: str, word: str) -> None:
    with pytest.raises(CertificateProblem, match=word) as caught:
        parse_certificate(data)
    assert caught.value.code == code
    assert "PRIVATE KEY-----" not in str(caught.value)


def test_a_tiny_key(tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    openssl("genrsa", "-out", key_file, "512")
    made = openssl("req", "-x509", "-new", "-key", key_file, "-subj", "/CN=tiny", "-days", "1")
    with pytest.raises(CertificateProblem, match="2048 bits or more") as caught:
        parse_certificate(made)
    assert caught.value.code == "TOO_SMALL"


RSA_OID = bytes.fromhex("06092a864886f70d010101")


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        (RSA_OID, b"\x05" + RSA_OID[1:], "NOT_A_CERTIFICATE"),
        (RSA_OID, RSA_OID[:-1] + b"\x0a", "NOT_RSA"),
        (b"\x02\x03\x01\x00\x01", b"\x04\x03\x01\x00\x01", "TOO_SMALL"),
    ],
)
def test_keys_that_are_none(was: bytes, becomes: bytes, code: str) -> None:
    assert was in WHO.der
    with pytest.raises(CertificateProblem) as caught:
        parse_certificate(WHO.der.replace(was, becomes))
    assert caught.value.code == code


def test_expiry_is_a_warning() -> None:
    expired = identity("rsa2048", "short-lived", until=NOW - timedelta(days=1))
    assert parse_certificate(expired.pem) == expired.der
    assert warnings(WHO.der, at=NOW) == []
    assert "expired on 2026-11-22" in warnings(expired.der, at=NOW)[0]
    assert "not valid yet" in warnings(WHO.der, at=NOW - timedelta(days=365 * 30))[0]
    assert "unreadable" in warnings(b"junk", at=NOW)[0]


@given(st.binary(max_size=200) | st.integers(0, len(WHO.pem) - 40).map(lambda n: WHO.pem[:n]))
def test_arbitrary_files_raise_only_what_is_declared(data: bytes) -> None:
    with pytest.raises(CertificateProblem):
        parse_certificate(data)


@given(st.lists(st.tuples(st.integers(0, len(WHO.der) - 1), st.integers(0, 255)), max_size=4))
def test_damaged_certificates_give_themselves_or_a_problem(changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(WHO.der)
    for at, value in changes:
        mutated[at] = value
    try:
        assert parse_certificate(bytes(mutated)) in bytes(mutated)
    except CertificateProblem as problem:
        assert problem.code  # noqa: PT017 - either answer is right
