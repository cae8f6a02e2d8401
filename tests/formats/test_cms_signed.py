from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.formats import cms, der, oids
from pomona.formats.cms import BadSignature, MalformedCms
from tests.formats.support import NOW, Identity, identity, openssl

CONTENT = b"<plist><dict><key>SERIAL</key><string>POMO0001</string></dict></plist>\n"
KINDS = ["rsa2048", "rsa1024", "ec256", "ec384"]
DIGESTS = ["sha1", "sha256", "sha384", "sha512"]


def openssl_signed(folder: Path, who: Identity, *options: str, content: bytes = CONTENT) -> bytes:
    certificate, key = who.files(folder)
    signer = ("-signer", certificate, "-inkey", key)
    return openssl("cms", "-sign", "-binary", *signer, "-outform", "DER", *options, stdin=content)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("options", [(), ("-noattr",), ("-stream",), ("-keyid",)])
def test_reads_what_openssl_signs(tmp_path: Path, kind: str, digest: str, options: tuple[str, ...]) -> None:
    who = identity(kind, ca=False) if options != ("-keyid",) else identity_with_key_id(kind)
    message = openssl_signed(tmp_path, who, "-nodetach", "-md", digest, *options)
    assert (message[1] == 0x80) == (options == ("-stream",))
    signed = cms.verify_signed(message)
    assert (signed.content, signed.signer, signed.certificates) == (CONTENT, who.der, (who.der,))
    assert (signed.signing_time is None) == (options == ("-noattr",))


def identity_with_key_id(kind: str) -> Identity:
    return identity(kind, "with key id", key_id=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("digest", DIGESTS)
def test_openssl_reads_what_we_sign(tmp_path: Path, kind: str, digest: str) -> None:
    who = identity(kind, ca=False)
    message = cms.sign(CONTENT, who.der, who.key, digest=digest, at=NOW)
    certificate, _ = who.files(tmp_path)
    arguments = ("-verify", "-binary", "-inform", "DER", "-noverify", "-certfile", certificate)
    assert openssl("cms", *arguments, stdin=message) == CONTENT
    assert openssl("smime", "-verify", "-inform", "DER", "-noverify", "-binary", stdin=message) == CONTENT
    signed = cms.verify_signed(message)
    assert signed.signing_time == NOW
    assert signed.attributes[oids.CONTENT_TYPE] == oids.DATA


def test_detached_both_ways(tmp_path: Path) -> None:
    who = identity("rsa2048")
    theirs = openssl_signed(tmp_path, who, "-md", "sha1")
    signed = cms.verify_detached(theirs, CONTENT)
    assert (signed.content, signed.signer, signed.certificates) == (CONTENT, who.der, (who.der,))
    assert signed.signing_time is not None
    assert abs((signed.signing_time - datetime.now(UTC)).total_seconds()) < 60
    (tmp_path / "body").write_bytes(CONTENT)
    (tmp_path / "signature").write_bytes(cms.sign(CONTENT, who.der, who.key, detached=True))
    paths = ("-content", tmp_path / "body", "-in", tmp_path / "signature")
    openssl("cms", "-verify", "-binary", "-inform", "DER", "-noverify", *paths)


def test_an_attached_content_says_nothing_about_the_body() -> None:
    who = identity("rsa2048")
    attached = cms.sign(CONTENT, who.der, who.key)
    assert cms.verify_detached(attached, CONTENT).content == CONTENT
    with pytest.raises(BadSignature, match="digest"):
        cms.verify_detached(attached, CONTENT + b" ")


def test_the_chain_travels_along_and_openssl_trusts_it(tmp_path: Path) -> None:
    root = identity("rsa2048-root", "root", ca=True)
    middle = identity("ec256-middle", "middle", root, ca=True)
    leaf = identity("rsa2048", "leaf", middle)
    message = cms.sign(CONTENT, leaf.der, leaf.key, chain=[middle.der])
    (tmp_path / "root.pem").write_bytes(root.pem)
    arguments = ("-verify", "-binary", "-inform", "DER", "-CAfile", tmp_path / "root.pem", "-purpose", "any")
    assert openssl("cms", *arguments, stdin=message) == CONTENT
    assert cms.verify_signed(message).certificates == (leaf.der, middle.der)
    assert cms.read_certificates(message) == (leaf.der, middle.der)


def test_certificates_only(tmp_path: Path) -> None:
    one, two = identity("rsa2048"), identity("ec256")
    bundle = cms.certificates_only([two.der, one.der])
    assert cms.read_certificates(bundle) == (two.der, one.der)
    shown = openssl("pkcs7", "-inform", "DER", "-print_certs", stdin=bundle)
    assert shown.count(b"BEGIN CERTIFICATE") == 2
    (tmp_path / "pem").write_bytes(one.pem + two.pem)
    theirs = openssl("crl2pkcs7", "-nocrl", "-certfile", tmp_path / "pem", "-outform", "DER")
    assert cms.read_certificates(theirs) == (one.der, two.der)
    with pytest.raises(MalformedCms, match="no signer"):
        cms.verify_signed(bundle)


def test_attributes_in_any_order_are_read_and_a_change_is_found() -> None:
    who = identity("rsa2048")
    message = cms.sign(
        CONTENT, who.der, who.key, attributes={der.oid("2.16.840.1.113733.1.9.2"): der.tlv(0x13, b"3")}
    )
    listed = der.set_of(*(attribute_of(message)))
    swapped = der.tlv(der.SET, *reversed(attribute_of(message)))
    assert listed != swapped
    assert listed[1:] in message
    assert cms.verify_signed(message.replace(listed[1:], swapped[1:])).content == CONTENT
    with pytest.raises(BadSignature):
        cms.verify_signed(message.replace(b"\x13\x013", b"\x13\x012"))


def test_an_attribute_twice_is_refused() -> None:
    who = identity("rsa2048")
    one, two = der.oid("2.16.840.1.113733.1.9.2"), der.oid("2.16.840.1.113733.1.9.3")
    message = cms.sign(
        CONTENT, who.der, who.key, attributes={one: der.tlv(0x13, b"3"), two: der.tlv(0x13, b"4")}
    )
    with pytest.raises(MalformedCms, match="occurs twice"):
        cms.verify_signed(message.replace(two, one))


def test_an_unreadable_signing_time_is_named() -> None:
    who = identity("rsa2048")
    message = cms.sign(
        CONTENT, who.der, who.key, attributes={oids.SIGNING_TIME: der.tlv(der.UTC_TIME, b"soon")}
    )
    with pytest.raises(MalformedCms, match="signer's part"):
        cms.verify_signed(message)


def test_revocation_lists_are_passed_over(tmp_path: Path) -> None:
    root = identity("rsa2048-root", "root", ca=True)
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.certificate.subject)
    revoked = builder.last_update(NOW).next_update(NOW + timedelta(days=1)).sign(root.key, hashes.SHA256())
    (tmp_path / "crl").write_bytes(revoked.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "pem").write_bytes(root.pem)
    made = openssl("crl2pkcs7", "-in", tmp_path / "crl", "-certfile", tmp_path / "pem", "-outform", "DER")
    assert cms.read_certificates(made) == (root.der,)


def test_attribute_certificates_are_passed_over() -> None:
    who = identity("rsa2048")
    bundle = cms.certificates_only([der.tlv(der.CONTEXT_1, b"\x30\x00"), who.der])
    assert cms.read_certificates(bundle) == (who.der,)


def attribute_of(message: bytes) -> list[bytes]:
    signed = cms.verify_signed(message)
    return [der.sequence(oid, der.tlv(der.SET, value)) for oid, value in sorted(signed.attributes.items())]


def test_no_content_is_the_empty_content(tmp_path: Path) -> None:
    who = identity("rsa2048")
    message = cms.sign(None, who.der, who.key)
    assert cms.verify_signed(message).content == b""
    (tmp_path / "body").write_bytes(b"")
    openssl(
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-noverify",
        "-content",
        tmp_path / "body",
        stdin=message,
    )


def test_two_signers_are_refused(tmp_path: Path) -> None:
    first, second = identity("rsa2048"), identity("ec256")
    (tmp_path / "second").mkdir()
    certificate, key = second.files(tmp_path / "second")
    message = openssl_signed(tmp_path, first, "-nodetach", "-signer", str(certificate), "-inkey", str(key))
    with pytest.raises(MalformedCms, match="several signers"):
        cms.verify_signed(message)


def test_a_missing_signer_certificate_is_named(tmp_path: Path) -> None:
    message = openssl_signed(tmp_path, identity("rsa2048"), "-nodetach", "-nocerts")
    with pytest.raises(MalformedCms, match="signer's certificate"):
        cms.verify_signed(message)


@pytest.mark.parametrize("options", [("-md", "md5"), ("-keyopt", "rsa_padding_mode:pss")])
def test_what_is_not_offered_is_named(tmp_path: Path, options: tuple[str, ...]) -> None:
    with pytest.raises(BadSignature, match="not offered"):
        cms.verify_signed(openssl_signed(tmp_path, identity("rsa2048"), "-nodetach", *options))


def test_another_kind_of_message(tmp_path: Path) -> None:
    enveloped = cms.envelope(CONTENT, identity("rsa2048").der)
    with pytest.raises(MalformedCms, match="not SignedData"):
        cms.verify_signed(enveloped)
    with pytest.raises(ValueError, match="md5"):
        cms.sign(CONTENT, identity("rsa2048").der, identity("rsa2048").key, digest="md5")


SEED = cms.sign(CONTENT, identity("ec256").der, identity("ec256").key, at=NOW)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(st.data())
def test_a_flipped_bit_never_passes_as_other_content(data: st.DataObject) -> None:
    mutated = bytearray(SEED)
    for _ in range(data.draw(st.integers(1, 3))):
        mutated[data.draw(st.integers(0, len(SEED) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        signed = cms.verify_signed(bytes(mutated))
    except (BadSignature, MalformedCms):
        return
    assert signed.content == CONTENT


@given(st.binary(max_size=300) | st.integers(0, len(SEED)).map(lambda n: SEED[:n]), st.binary(max_size=8))
def test_arbitrary_bytes_raise_only_what_is_declared(start: bytes, end: bytes) -> None:
    for read in (cms.verify_signed, lambda data: cms.verify_detached(data, CONTENT), cms.read_certificates):
        try:
            read(start + end)
        except (BadSignature, MalformedCms):
            continue
        # Reading certificates checks no signature, so other bytes at its end do for it.
        complete = len(start + end) >= len(SEED) if read is cms.read_certificates else start == SEED
        assert complete or (start + end).startswith(SEED)


@pytest.mark.parametrize("text", ["c2lnbmVk", "c2lnbmVk\n", "_-8=", "_-8", "/+8="])
def test_headers_in_either_alphabet(text: str) -> None:
    assert cms.from_header(text) in {b"signed", b"\xff\xef"}


@given(st.text())
def test_headers_that_are_not_base64(text: str) -> None:
    try:
        assert isinstance(cms.from_header(text), bytes)
    except MalformedCms as error:
        assert "base64" in str(error)  # noqa: PT017 - either answer is right
