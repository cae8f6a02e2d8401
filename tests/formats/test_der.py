from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats import ber, der
from pomona.formats.der import MalformedDer, Reader
from tests.formats.support import key, name, openssl

ARCS = st.lists(st.integers(0, 2**40), min_size=1, max_size=6)


@given(st.integers())
def test_integers_are_what_openssl_calls_minimal(value: int) -> None:
    element = der.integer(value)
    content = Reader(element).take(der.INTEGER)
    assert int.from_bytes(content, "big", signed=True) == value
    assert len(content) == 1 or content[:2] not in [b"\0" + bytes([b]) for b in range(128)]
    assert len(content) == 1 or content[:2] not in [b"\xff" + bytes([b]) for b in range(128, 256)]


@given(st.integers(0, 2), st.integers(0, 39), ARCS)
def test_object_identifiers_round_trip(first: int, second: int, arcs: list[int]) -> None:
    dotted = ".".join(map(str, (first, second, *arcs)))
    assert der.dotted(der.oid(dotted)) == dotted


@pytest.mark.parametrize(
    ("dotted", "shown"),
    [
        ("2.16.840.1.113733.1.9.2", "2.16.840.1.113733.1.9.2"),
        ("2.999.3", "2.999.3"),
        ("1.2.840.113549.1.7.2", "pkcs7-signedData"),
    ],
)
def test_object_identifiers_as_openssl_reads_them(dotted: str, shown: str) -> None:
    assert (
        openssl("asn1parse", "-inform", "DER", stdin=der.oid(dotted)).decode().strip().endswith(":" + shown)
    )


@pytest.mark.parametrize("content", [b"", b"\x2a\x86", b"\x2a" * 65])
def test_object_identifiers_that_are_none(content: bytes) -> None:
    with pytest.raises(MalformedDer, match="not an object identifier"):
        der.dotted(der.tlv(der.OID, content))


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths(length: int) -> None:
    element = der.tlv(der.OCTET_STRING, bytes(length))
    assert Reader(element).take(der.OCTET_STRING) == bytes(length)
    assert openssl("asn1parse", "-inform", "DER", stdin=element).count(f"l={length:4}".encode()) == 1


def test_a_longer_element_than_its_surroundings_is_refused() -> None:
    inner = Reader(b"\x30\x03\x04\x05abc").enter(der.SEQUENCE)
    with pytest.raises(MalformedDer, match="longer"):
        inner.take()


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30", b"\x30\x80\0\0", b"\x30\x85\1\1\1\1\1", b"\x1f\x81\x01\x00", b"\x04\x84\xff\xff\xff\xff"],
)
def test_refusals(data: bytes) -> None:
    with pytest.raises(MalformedDer):
        Reader(data).take()


@given(st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)))  # noqa: DTZ001 - strategy bounds are naive
def test_times(moment: datetime) -> None:
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    assert der.time(der.utc_time(aware)) == aware


def test_times_in_other_forms() -> None:
    expected = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    for tag, text in (
        (der.UTC_TIME, b"260102040405+0100"),
        (der.GENERALIZED_TIME, b"20260102030405.25Z"),
        (der.GENERALIZED_TIME, b"20260101230405-0400"),
    ):
        assert der.time(der.tlv(tag, text)) == expected
    assert der.time(der.tlv(der.UTC_TIME, b"500101000000Z")).year == 1950
    assert der.utc_time(expected + timedelta(days=365 * 30))[0] == der.GENERALIZED_TIME


@pytest.mark.parametrize(
    "text", [b"", b"2601020304", b"260102030405", b"26010203040599", b"269902030405Z", b"\xff" * 13]
)
def test_unreadable_times(text: bytes) -> None:
    with pytest.raises(MalformedDer):
        der.time(der.tlv(der.UTC_TIME, text))
    with pytest.raises(MalformedDer):
        der.time(der.tlv(der.OCTET_STRING, b"20260102030405Z"))


@pytest.mark.parametrize(
    ("tag", "encoding"),
    [
        (der.UTF8_STRING, "utf-8"),
        (der.PRINTABLE_STRING, "ascii"),
        (der.IA5_STRING, "ascii"),
        (der.T61_STRING, "latin-1"),
        (der.BMP_STRING, "utf-16-be"),
        (der.UNIVERSAL_STRING, "utf-32-be"),
    ],
)
def test_strings(tag: int, encoding: str) -> None:
    assert der.text(der.tlv(tag, "Plum 7".encode(encoding))) == "Plum 7"


def test_strings_that_are_none() -> None:
    for element in (b"", der.tlv(der.UTF8_STRING, b"\xff"), der.tlv(der.OCTET_STRING, b"x")):
        with pytest.raises(MalformedDer):
            der.text(element)


@given(st.binary(max_size=200))
def test_rewriting_arbitrary_bytes_gives_der_or_a_refusal(data: bytes) -> None:
    try:
        rewritten = ber.to_der(data)
    except MalformedDer:
        return
    assert ber.to_der(rewritten) == rewritten


def test_der_stays_byte_for_byte() -> None:
    request = (
        x509.CertificateSigningRequestBuilder().subject_name(name("x")).sign(key("ec256"), hashes.SHA256())
    )
    encoded = request.public_bytes(serialization.Encoding.DER)
    assert ber.to_der(encoded + b"trailing") == encoded
    odd_but_definite = b"\x30\x81\x03\x04\x01x"
    assert ber.to_der(odd_but_definite) == odd_but_definite


def test_indefinite_lengths_and_pieces() -> None:
    pieces = b"\x24\x80\x04\x01a\x24\x06\x04\x01b\x04\x01c\0\0"
    assert ber.to_der(b"\x30\x80" + pieces + b"\0\0") == der.sequence(der.tlv(der.OCTET_STRING, b"abc"))


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x80" * 100_000,
        b"\x30\x80" + b"\x30\x00" * 500_000 + b"\0\0",
        b"\x30\x80\x04\x01a",
        b"\x04\x80a\0\0",
        b"\x24\x80\x02\x01a\0\0",
        b"\x30\x03\x30\x80\x00\x00",
    ],
)
def test_nothing_hangs_or_overflows(data: bytes) -> None:
    with pytest.raises(MalformedDer):
        ber.to_der(data)
