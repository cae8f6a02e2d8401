from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats import cms, der, oids
from pomona.formats.cms import CipherName, MalformedCms
from tests.formats.support import identity, openssl

CONTENT = b"consumer secrets of any length, \x00\xff"
CIPHERS: dict[CipherName, str] = {
    "des": "-des-cbc",
    "des3": "-des3",
    "aes128": "-aes-128-cbc",
    "aes192": "-aes-192-cbc",
    "aes256": "-aes-256-cbc",
}
LEGACY = ("-provider", "default", "-provider", "legacy")


def openssl_enveloped(folder: Path, *options: str, content: bytes = CONTENT) -> bytes:
    certificate, _ = identity("rsa2048", key_id=True).files(folder)
    arguments = ("-encrypt", "-binary", "-outform", "DER", *LEGACY, "-recip", str(certificate), *options)
    return openssl("cms", *arguments, stdin=content)


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("options", [(), ("-stream",), ("-keyid",)])
def test_opens_what_openssl_encrypts(tmp_path: Path, cipher: CipherName, options: tuple[str, ...]) -> None:
    who = identity("rsa2048", key_id=True)
    message = openssl_enveloped(tmp_path, CIPHERS[cipher], *options)
    assert (message[1] == 0x80) == (options == ("-stream",))
    assert cms.open_with_cipher(message, who.der, who.rsa) == cms.Opened(CONTENT, cipher)


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("program", ["cms", "smime"])
def test_openssl_opens_what_we_encrypt(tmp_path: Path, cipher: CipherName, program: str) -> None:
    certificate, key = identity("rsa2048").files(tmp_path)
    message = cms.envelope(CONTENT, identity("rsa2048").der, cipher=cipher)
    arguments = ("-decrypt", "-binary", "-inform", "DER", "-recip", certificate, "-inkey", key, *LEGACY)
    assert openssl(program, *arguments, stdin=message) == CONTENT


@given(st.binary(max_size=70), st.sampled_from(list(CIPHERS)))
def test_every_length_comes_back(content: bytes, cipher: CipherName) -> None:
    who = identity("rsa1024")
    assert cms.open_envelope(cms.envelope(content, who.der, cipher=cipher), who.der, who.rsa) == content


def test_the_right_recipient_among_several(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other, _ = identity("rsa2048-other").files(tmp_path / "other")
    message = openssl_enveloped(tmp_path, "-aes128", "-recip", str(other))
    who = identity("rsa2048", key_id=True)
    assert cms.open_envelope(message, who.der, who.rsa) == CONTENT


def test_what_other_senders_put_beside_the_recipient(tmp_path: Path) -> None:
    (tmp_path / "elliptic").mkdir()
    elliptic, _ = identity("ec256").files(tmp_path / "elliptic")
    message = openssl_enveloped(tmp_path, "-aes128", "-recip", str(elliptic))
    who = identity("rsa2048", key_id=True)
    assert cms.open_envelope(message, who.der, who.rsa) == CONTENT
    body = der.Reader(message).enter(der.SEQUENCE)
    parts = [body.whole(), *body.enter(der.CONTEXT_0).enter(der.SEQUENCE).all()]
    originator = der.tlv(der.CONTEXT_0, der.tlv(der.CONTEXT_0, identity("ec256").der))
    inner = der.sequence(parts[1], originator, *parts[2:])
    assert (
        cms.open_envelope(der.sequence(parts[0], der.tlv(der.CONTEXT_0, inner)), who.der, who.rsa) == CONTENT
    )


def test_refusals(tmp_path: Path) -> None:
    who, other = identity("rsa2048", key_id=True), identity("rsa2048-other")
    message = openssl_enveloped(tmp_path, "-aes128")
    with pytest.raises(MalformedCms, match="another certificate"):
        cms.open_envelope(message, other.der, other.rsa)
    with pytest.raises(MalformedCms, match="decrypted"):
        cms.open_envelope(message, who.der, other.rsa)
    with pytest.raises(MalformedCms, match="not EnvelopedData"):
        cms.open_envelope(cms.sign(b"", who.der, who.key), who.der, who.rsa)
    with pytest.raises(MalformedCms, match="content cipher"):
        cms.open_envelope(
            message.replace(oids.AES128_CBC, der.oid("2.16.840.1.101.3.4.1.6")), who.der, who.rsa
        )
    oaep = openssl_enveloped(tmp_path, "-keyopt", "rsa_padding_mode:oaep", "-aes128")
    with pytest.raises(MalformedCms, match="PKCS #1"):
        cms.open_envelope(oaep, who.der, who.rsa)


def test_only_rsa_keys_receive() -> None:
    with pytest.raises(ValueError, match="RSA"):
        cms.envelope(CONTENT, identity("ec256").der)
    with pytest.raises(ValueError, match="expected tag"):
        cms.envelope(CONTENT, b"no certificate")
    with pytest.raises(ValueError, match="expected RSA"):
        cms.envelope(CONTENT, identity("rsa2048").der.replace(oids.RSA_ENCRYPTION, oids.SHA1_WITH_RSA))


SEED = cms.envelope(CONTENT, identity("rsa1024").der)


@given(st.lists(st.tuples(st.integers(0, len(SEED) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_damage_is_found_or_harmless(changes: list[tuple[int, int]]) -> None:
    who, mutated = identity("rsa1024"), bytearray(SEED)
    for at, value in changes:
        mutated[at] = value
    try:
        assert isinstance(cms.open_envelope(bytes(mutated), who.der, who.rsa), bytes)
    except MalformedCms as error:
        assert str(error)  # noqa: PT017 - CBC has no integrity: either answer is right


@given(st.binary(max_size=200) | st.integers(0, len(SEED) - 1).map(lambda n: SEED[:n]))
def test_arbitrary_bytes_raise_only_what_is_declared(data: bytes) -> None:
    who = identity("rsa1024")
    with pytest.raises(MalformedCms):
        cms.open_envelope(data, who.der, who.rsa)
