import base64
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats import server_token
from pomona.formats.cms import envelope
from pomona.formats.server_token import MalformedServerToken, ServerToken
from tests.formats.support import identity, openssl

TOKEN = ServerToken(
    consumer_key="CK_" + "0f" * 32,
    consumer_secret="CS_" + "1e" * 20,
    access_token="AT_O1234O" + "2d" * 20 + "O1795435200000",
    access_secret="AS_" + "3c" * 20,
    access_token_expiry="2027-11-23T12:00:00Z",
)
HEADERS = [
    'Content-Type: application/pkcs7-mime; name="smime.p7m"; smime-type=enveloped-data',
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: attachment; filename="smime.p7m"',
    "Content-Description: S/MIME Encrypted Message",
    "",
]
NEWLINES = pytest.mark.parametrize("newline", ["\r\n", "\n"])
KINDS = pytest.mark.parametrize("kind", ["rsa2048", "rsa3072", "rsa4096"])


def expected(newline: str) -> bytes:
    head = "Content-Type: text/plain;charset=UTF-8", "Content-Transfer-Encoding: 7bit", ""
    return newline.join(head).encode() + newline.encode() + message(newline)


def message(newline: str) -> bytes:
    text = json.dumps(
        {
            "consumer_key": TOKEN.consumer_key,
            "consumer_secret": TOKEN.consumer_secret,
            "access_token": TOKEN.access_token,
            "access_secret": TOKEN.access_secret,
            "access_token_expiry": TOKEN.access_token_expiry,
        },
        separators=(",", ":"),
    )
    return newline.join(["-----BEGIN MESSAGE-----", text, "-----END MESSAGE-----", ""]).encode()


@NEWLINES
def test_the_layout(newline: str) -> None:
    file = server_token.build(TOKEN, identity("rsa2048").der, newline="\n" if newline == "\n" else "\r\n")
    lines = file.decode().split(newline)
    assert lines[:5] == HEADERS
    assert lines[-1] == ""
    assert [len(line) for line in lines[5:-2]] == [76] * (len(lines) - 7)
    assert 0 < len(lines[-2]) <= 76
    assert ("\r" in file.decode()) == (newline == "\r\n")
    assert max(map(len, file.splitlines())) <= 82


@KINDS
@NEWLINES
@pytest.mark.parametrize("program", ["smime", "cms"])
def test_openssl_decrypts_the_file(tmp_path: Path, kind: str, newline: str, program: str) -> None:
    who = identity(kind)
    _, key = who.files(tmp_path)
    file = server_token.build(TOKEN, who.der, newline="\n" if newline == "\n" else "\r\n")
    assert openssl(program, "-decrypt", "-inkey", key, stdin=file) == expected(newline)
    text = openssl(program, "-decrypt", "-text", "-inkey", key, stdin=file)
    assert text.replace(b"\r\n", b"\n") == message("\n")


@NEWLINES
@pytest.mark.parametrize("program", ["smime", "cms"])
def test_the_shell_script_that_counts_lines(tmp_path: Path, newline: str, program: str) -> None:
    who = identity("rsa2048")
    _, key = who.files(tmp_path)
    file = tmp_path / "token.p7m"
    file.write_bytes(server_token.build(TOKEN, who.der, newline="\n" if newline == "\n" else "\r\n"))
    command = f"tail -n +6 {file} | openssl base64 -d | openssl {program} -decrypt -inform DER -inkey {key} | grep -o '{{.*}}'"
    shown = subprocess.run(["sh", "-c", command], capture_output=True, check=True, timeout=60).stdout
    assert json.loads(shown)["access_secret"] == TOKEN.access_secret


def test_the_structure_go_libraries_need() -> None:
    file = server_token.build(TOKEN, identity("rsa2048").der)
    shown = openssl("cms", "-cmsout", "-print", "-inform", "SMIME", stdin=file).decode()
    for part in (
        "pkcs7-envelopedData (1.2.840.113549.1.7.3)",
        "version: 0",
        "issuerAndSerialNumber",
        "rsaEncryption (1.2.840.113549.1.1.1)",
        "aes-128-cbc (2.16.840.1.101.3.4.1.2)",
        "contentType: pkcs7-data (1.2.840.113549.1.7.1)",
        "originatorInfo: <ABSENT>",
        "unprotectedAttrs:",
    ):
        assert part in shown
    assert shown.count("d.ktri") == 1


def test_an_issuer_in_old_string_types_is_copied_as_it_is(tmp_path: Path) -> None:
    who = identity("rsa2048")
    odd = who.der.replace(b"\x0c\x06device", b"\x14\x06device")
    assert odd != who.der
    (tmp_path / "odd.pem").write_bytes(openssl("x509", "-inform", "DER", stdin=odd))
    _, key = who.files(tmp_path)
    file = server_token.build(TOKEN, odd)
    recipient = ("-recip", tmp_path / "odd.pem", "-inkey", key)
    assert openssl("smime", "-decrypt", *recipient, stdin=file) == expected("\r\n")
    assert server_token.read(file, odd, who.rsa) == TOKEN


@KINDS
def test_round_trip(kind: str) -> None:
    who = identity(kind)
    assert server_token.read(server_token.build(TOKEN, who.der), who.der, who.rsa) == TOKEN


@pytest.mark.parametrize("cipher", ["-aes-256-cbc", "-des3"])
def test_reads_files_from_other_services(tmp_path: Path, cipher: str) -> None:
    who = identity("rsa2048")
    certificate, _ = who.files(tmp_path)
    for form in (("-outform", "SMIME"), ("-outform", "DER"), ("-outform", "SMIME", "-stream")):
        file = openssl("cms", "-encrypt", "-binary", cipher, *form, certificate, stdin=expected("\n"))
        assert server_token.read(file, who.der, who.rsa) == TOKEN
    assert server_token.read(base64.encodebytes(file_der(file)), who.der, who.rsa) == TOKEN


def file_der(smime: bytes) -> bytes:
    return openssl("cms", "-cmsout", "-inform", "SMIME", "-outform", "DER", stdin=smime)


def test_the_repr_shows_no_secret() -> None:
    for text in (repr(TOKEN), str(TOKEN), f"{TOKEN}"):
        assert TOKEN.consumer_secret not in text
        assert TOKEN.access_secret not in text
        assert TOKEN.consumer_key in text


def test_refusals() -> None:
    who, other = identity("rsa2048"), identity("rsa2048-other")
    file = server_token.build(TOKEN, who.der)
    with pytest.raises(MalformedServerToken, match="another certificate"):
        server_token.read(file, other.der, other.rsa)
    for plain in (b"{}", b"no json", b'{"consumer_key":1}', b"[" * 5000, b'{"a":' * 90000 + b"}"):
        with pytest.raises(MalformedServerToken):
            server_token.read(envelope(plain, who.der), who.der, who.rsa)
    with pytest.raises(MalformedServerToken, match="UTF-8"):
        server_token.read(envelope(b"{\xff}", who.der), who.der, who.rsa)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_arbitrary_files_raise_only_what_is_declared(data: bytes) -> None:
    who = identity("rsa2048")
    with pytest.raises(MalformedServerToken):
        server_token.read(data, who.der, who.rsa)


def test_no_certificate_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="RSA"):
        server_token.build(TOKEN, identity("ec256").der)
