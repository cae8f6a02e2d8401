from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats import certification_request, cms, oids, scep
from pomona.formats.der import BIT_STRING, CONTEXT_0, NULL, SEQUENCE, Reader, sequence, tlv
from pomona.formats.scep import FailInfo, MalformedScep, RefusedRequest, ScepFailure
from pomona.formats.signatures import sign
from tests.formats import scep_messages
from tests.formats.support import NOW, Identity, identity, openssl, rsa_key

CA = identity("rsa2048-ca", "authority", ca=True)
SIGNER = identity("rsa2048", "SCEP SIGNER")
ISSUED = identity("rsa2048", "issued", CA)
NONCE = bytes(range(16))
ATTRIBUTES: dict[str, str | bytes] = {"2": "19", "7": "T-1", "5": NONCE}


def request_from_elsewhere(
    folder: Path, cipher: str = "-aes128", digest: str = "sha1", who: Identity = SIGNER
) -> bytes:
    content = scep_messages.encrypted(folder, scep_messages.request(folder, who), CA, cipher)
    return scep_messages.signed(content, who, ATTRIBUTES, digest)


@pytest.mark.parametrize(
    ("cipher", "name", "answered"),
    [
        ("-des-cbc", "des", "des-ede3-cbc"),
        ("-des3", "des3", "des-ede3-cbc"),
        ("-aes128", "aes128", "aes-128-cbc"),
        ("-aes256", "aes256", "aes-128-cbc"),
    ],
)
@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_a_foreign_client_is_served(
    tmp_path: Path, cipher: str, name: str, answered: str, digest: str
) -> None:
    request = scep.read_request(request_from_elsewhere(tmp_path, cipher, digest), CA.der, CA.rsa)
    assert (request.transaction_id, request.sender_nonce, request.message_type) == ("T-1", NONCE, 19)
    assert (request.signer_certificate, request.cipher) == (SIGNER.der, name)
    assert request.csr.subject == (("2.5.4.10", "Äpfel"), ("2.5.4.3", "POMO0001"))
    assert request.csr.challenge_password == "geheim-ü"
    assert request.csr.name().rfc4514_string() == "CN=POMO0001,O=Äpfel"
    answer = scep.success(request, ISSUED.der, CA.der, CA.rsa)
    assert issued_by_openssl(tmp_path, answer, answered) == ISSUED.der


def issued_by_openssl(folder: Path, answer: bytes, cipher: str) -> bytes:
    """What openssl finds in a CertRep: verified, decrypted, the certificate taken out."""
    (folder / "ca.pem").write_bytes(CA.pem)
    verify = ("-verify", "-binary", "-inform", "DER", "-CAfile", folder / "ca.pem", "-purpose", "any")
    envelope = openssl("cms", *verify, stdin=answer)
    assert cipher in openssl("cms", "-cmsout", "-print", "-inform", "DER", stdin=envelope).decode()
    certificate, own_key = SIGNER.files(folder)
    decrypt = ("-decrypt", "-binary", "-inform", "DER", "-recip", certificate, "-inkey", own_key)
    bundle = openssl("cms", *decrypt, stdin=envelope)
    return openssl(
        "x509", "-outform", "DER", stdin=openssl("pkcs7", "-inform", "DER", "-print_certs", stdin=bundle)
    )


def test_the_attributes_of_an_answer_as_openssl_prints_them(tmp_path: Path) -> None:
    request = scep.read_request(request_from_elsewhere(tmp_path), CA.der, CA.rsa)
    answer = scep.failure(request, FailInfo.BAD_REQUEST, CA.der, CA.rsa)
    shown = openssl("cms", "-cmsout", "-print", "-inform", "DER", stdin=answer).decode()
    values = dict(zip(shown.split("2.16.840.1.113733.1.9.")[1:], range(6), strict=True))
    for arc, value in (("2", "PRINTABLESTRING:3"), ("3", "PRINTABLESTRING:2"), ("4", "PRINTABLESTRING:2")):
        assert any(part.startswith(f"{arc})") and value in part for part in values)
    assert any(part.startswith("7)") and "PRINTABLESTRING:T-1" in part for part in values)
    assert any(part.startswith("6)") and "00 01 02 03 04 05" in part.replace("-", " ") for part in values)


def test_attributes_out_of_order(tmp_path: Path) -> None:
    request = unsorted_request(tmp_path)
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        x509.load_der_x509_csr(request)
    openssl("req", "-verify", "-noout", "-inform", "DER", stdin=request)
    read = certification_request.parse(request)
    assert read.challenge_password == "geheim-ü"
    assert read.name().rfc4514_string() == "CN=POMO0001,O=Äpfel"
    content = scep_messages.encrypted(tmp_path, request, CA, "-des-cbc")
    message = scep_messages.signed(content, SIGNER, ATTRIBUTES)
    assert scep.read_request(message, CA.der, CA.rsa).csr == read


@pytest.mark.parametrize(
    "pair", [("2.5.4.6", "DEU"), ("2.5.4.3", "x" * 65), ("1.3.6.1.4.1.311.60.2.1.3", "DEU")]
)
def test_subjects_that_cannot_be_issued(tmp_path: Path, pair: tuple[str, str]) -> None:
    read = certification_request.parse(scep_messages.request(tmp_path, SIGNER))
    with pytest.raises(certification_request.MalformedCertificationRequest, match="subject cannot be issued"):
        replace(read, subject=(pair,)).name()


def unsorted_request(folder: Path) -> bytes:
    """openssl's request with its attributes turned round and signed again."""
    info = Reader(scep_messages.request(folder, SIGNER)).enter(SEQUENCE).enter(SEQUENCE)
    head = [info.whole(), info.whole(), info.whole()]
    attributes = info.enter(CONTEXT_0).all()
    return signed_again(sequence(*head, tlv(CONTEXT_0, *reversed(attributes))))


def eight_letter_country(folder: Path) -> bytes:
    """openssl's request with the common name made a country, which no certificate can have."""
    info = Reader(scep_messages.request(folder, SIGNER)).enter(SEQUENCE).whole()
    return signed_again(info.replace(b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\x06"))


def signed_again(info: bytes) -> bytes:
    signature = sign(SIGNER.rsa, info, "sha256")[1]
    return sequence(info, sequence(oids.SHA256_WITH_RSA, tlv(NULL)), tlv(BIT_STRING, b"\0" + signature))


@pytest.mark.parametrize("cipher", ["des", "aes256"])
def test_our_client_and_our_authority(cipher: cms.CipherName) -> None:
    pending = scep.build_request(
        [("C", "DE"), ("O", "Acme"), ("2.5.4.5", "POMO1"), ("CN", "ü")],
        rsa_key("rsa2048"),
        "one-time",
        CA.der,
        at=NOW,
        cipher=cipher,
        digest="sha1",
    )
    request = scep.read_request(pending.der, CA.der, CA.rsa)
    assert request.csr.challenge_password == "one-time"
    assert request.csr.subject[2:] == (("2.5.4.5", "POMO1"), ("2.5.4.3", "ü"))
    assert scep.read_response(scep.success(request, ISSUED.der, CA.der, CA.rsa), pending) == ISSUED.der
    for shown in (repr(pending), repr(request)):
        assert "one-time" not in shown


def test_our_client_s_request_as_openssl_reads_it(tmp_path: Path) -> None:
    pending = scep.build_request([("O", "Acme"), ("CN", "x")], rsa_key("rsa2048"), "one-time", CA.der, at=NOW)
    envelope = openssl("cms", "-verify", "-binary", "-inform", "DER", "-noverify", stdin=pending.der)
    certificate, ca_key = CA.files(tmp_path)
    decrypt = ("-decrypt", "-binary", "-inform", "DER", "-recip", certificate, "-inkey", ca_key)
    shown = openssl(
        "req", "-verify", "-text", "-inform", "DER", stdin=openssl("cms", *decrypt, stdin=envelope)
    )
    assert b"O = Acme, CN = x" in shown
    assert b"one-time" in shown


def test_our_client_reads_a_foreign_authority(tmp_path: Path) -> None:
    pending = scep.build_request(
        [("CN", "x")], rsa_key("rsa2048"), None, CA.der, at=NOW, transaction_id="T-1", sender_nonce=NONCE
    )
    (tmp_path / "issued.pem").write_bytes(CA.pem + ISSUED.pem)
    bundle = openssl("crl2pkcs7", "-nocrl", "-certfile", tmp_path / "issued.pem", "-outform", "DER")
    signer = Identity(SIGNER.key, x509.load_der_x509_certificate(pending.signer_certificate))
    content = scep_messages.encrypted(tmp_path, bundle, signer, "-des3")
    said: dict[str, str | bytes] = {"2": "3", "3": "0", "7": "T-1", "5": b"n" * 16, "6": NONCE}
    assert scep.read_response(scep_messages.signed(content, CA, said), pending) == ISSUED.der
    for change, words in (
        ({"2": "19"}, "no CertRep"),
        ({"7": "T-2"}, "another transaction"),
        ({"6": b"x"}, "another nonce"),
        ({"3": "x"}, "pkiStatus is not a number"),
    ):
        with pytest.raises(MalformedScep, match=words):
            scep.read_response(scep_messages.signed(content, CA, {**said, **change}), pending)
    with pytest.raises(ScepFailure, match="BAD_TIME") as refused:
        scep.read_response(scep_messages.signed(None, CA, {**said, "3": "2", "4": "3"}), pending)
    assert refused.value.fail_info is FailInfo.BAD_TIME
    with pytest.raises(ScepFailure, match="PENDING"):
        scep.read_response(scep_messages.signed(None, CA, {**said, "3": "3"}), pending)
    with pytest.raises(MalformedScep, match="other than the authority"):
        scep.read_response(scep_messages.signed(content, SIGNER, said), pending)
    other = scep_messages.encrypted(tmp_path, cms.certificates_only([CA.der]), signer, "-aes128")
    with pytest.raises(MalformedScep, match="no certificate for the request's key"):
        scep.read_response(scep_messages.signed(other, CA, said), pending)


def test_failure_both_ways(tmp_path: Path) -> None:
    pending = scep.build_request([("CN", "x")], rsa_key("rsa2048"), "wrong", CA.der, at=NOW)
    request = scep.read_request(pending.der, CA.der, CA.rsa)
    for reason in FailInfo:
        answer = scep.failure(request, reason, CA.der, CA.rsa)
        (tmp_path / "empty").write_bytes(b"")
        openssl("cms", "-verify", "-inform", "DER", "-noverify", "-content", tmp_path / "empty", stdin=answer)
        with pytest.raises(ScepFailure, match=reason.name):
            scep.read_response(answer, pending)


def test_renewal_is_signed_with_what_is_renewed() -> None:
    renewed = scep.build_request(
        [("CN", "x")], rsa_key("rsa2048-new"), None, CA.der, at=NOW, signer=(ISSUED.der, ISSUED.rsa)
    )
    request = scep.read_request(renewed.der, CA.der, CA.rsa)
    assert (request.message_type, request.signer_certificate) == (17, ISSUED.der)
    assert request.csr.challenge_password is None
    fresh = identity("rsa2048-new", "fresh", CA)
    assert scep.read_response(scep.success(request, fresh.der, CA.der, CA.rsa), renewed) == fresh.der


def test_refusals_that_can_be_answered(tmp_path: Path) -> None:
    good = scep_messages.encrypted(tmp_path, scep_messages.request(tmp_path, SIGNER), CA, "-aes128")
    broken = scep_messages.encrypted(
        tmp_path, scep_messages.request(tmp_path, SIGNER)[:-1] + b"\0", CA, "-aes128"
    )
    nameless = eight_letter_country(tmp_path)
    for content, attributes, reason in (
        (good, {**ATTRIBUTES, "2": "20"}, FailInfo.BAD_REQUEST),
        (good[:-1], ATTRIBUTES, FailInfo.BAD_MESSAGE_CHECK),
        (scep_messages.encrypted(tmp_path, b"x", SIGNER, "-aes128"), ATTRIBUTES, FailInfo.BAD_MESSAGE_CHECK),
        (scep_messages.encrypted(tmp_path, b"x", CA, "-aes128"), ATTRIBUTES, FailInfo.BAD_REQUEST),
        (broken, ATTRIBUTES, FailInfo.BAD_REQUEST),
        (scep_messages.encrypted(tmp_path, nameless, CA, "-aes128"), ATTRIBUTES, FailInfo.BAD_REQUEST),
    ):
        with pytest.raises(RefusedRequest) as refused:
            scep.read_request(scep_messages.signed(content, SIGNER, attributes), CA.der, CA.rsa)
        assert refused.value.fail_info is reason
        answer = scep.failure(refused.value.head, reason, CA.der, CA.rsa)
        assert cms.verify_signed(answer).content == b""


def test_an_elliptic_signer_cannot_be_answered_secretly() -> None:
    who = identity("ec256")
    attributes = cms.verify_signed(scep_messages.signed(b"", SIGNER, ATTRIBUTES)).attributes
    message = cms.sign(
        b"", who.der, who.key, attributes={k: v for k, v in attributes.items() if k[-2:] in ARCS}
    )
    with pytest.raises(RefusedRequest, match="not RSA") as refused:
        scep.read_request(message, CA.der, CA.rsa)
    assert refused.value.fail_info is FailInfo.BAD_ALG


ARCS = {bytes([9, arc]) for arc in (2, 5, 7)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"7": None}, "transactionID is missing"),
        ({"7": b"x"}, "transactionID is missing or no string"),
        ({"7": ""}, "1 to 255 ASCII"),
        ({"7": "x" * 256}, "1 to 255 ASCII"),
        ({"5": None}, "senderNonce is missing"),
        ({"5": "x"}, "no octet string"),
        ({"2": None}, "messageType is missing"),
        ({"2": "abc"}, "messageType is not a number"),
    ],
)
def test_messages_nobody_can_answer(change: dict[str, str | bytes | None], words: str) -> None:
    attributes = {arc: value for arc, value in {**ATTRIBUTES, **change}.items() if value is not None}
    with pytest.raises(MalformedScep, match=words):
        scep.read_request(scep_messages.signed(b"", SIGNER, attributes), CA.der, CA.rsa)


def test_a_changed_message_is_not_answered(tmp_path: Path) -> None:
    message = request_from_elsewhere(tmp_path)
    with pytest.raises(MalformedScep, match="signature"):
        scep.read_request(message.replace(b"T-1", b"T-2"), CA.der, CA.rsa)


SEED = scep.build_request([("CN", "x")], rsa_key("rsa1024"), "c", CA.der, at=datetime(2026, 1, 1, tzinfo=UTC))


@given(st.binary(max_size=200) | st.integers(0, len(SEED.der) - 1).map(lambda n: SEED.der[:n]))
def test_arbitrary_bytes_raise_only_what_is_declared(data: bytes) -> None:
    with pytest.raises(MalformedScep):
        scep.read_request(data, CA.der, CA.rsa)
    with pytest.raises(MalformedScep):
        scep.read_response(data, SEED)
    with pytest.raises(MalformedScep):
        scep.read_ca_certificates(data, "application/x-x509-ca-cert")
    with pytest.raises(certification_request.MalformedCertificationRequest):
        certification_request.parse(data)


def test_the_authority_s_certificates() -> None:
    for certificates in ((CA.der,), (SIGNER.der, CA.der)):
        body, kind = scep.ca_certificates(certificates)
        assert scep.read_ca_certificates(body, kind) == certificates
    assert scep.ca_certificates((CA.der,)) == (CA.der, "application/x-x509-ca-cert")
    with pytest.raises(MalformedScep):
        scep.read_ca_certificates(b"junk", "application/x-x509-ca-ra-cert; charset=utf-8")
    assert set(scep.CA_CAPS.split()) >= {"POSTPKIOperation", "AES", "SHA-256", "SCEPStandard"}


@given(st.binary(min_size=1))
def test_get_messages(message: bytes) -> None:
    url = scep.get_url("https://h/scep?organisation=1", message)
    query = urlsplit(url).query
    assert scep.message_parameter(parse_qs(query)["message"][0]) == message
    plain = unquote(query.rpartition("message=")[2])
    assert scep.message_parameter(plain.replace("+", " ")) == message
    assert scep.message_parameter(plain.replace("+", "-").replace("/", "_").rstrip("=")) == message


@given(st.text())
def test_get_messages_that_are_none(text: str) -> None:
    try:
        assert scep.message_parameter(text)
    except MalformedScep as error:
        assert "base64" in str(error)  # noqa: PT017 - either answer is right
