import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats import der, oids
from pomona.formats.signatures import BadSignature, sign, verify
from tests.formats.support import key

DATA = b"signed"
RSA_OIDS = {"sha1": oids.SHA1_WITH_RSA, "sha256": oids.SHA256_WITH_RSA, "sha512": oids.SHA512_WITH_RSA}


def public(kind: str) -> bytes:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key(kind).public_key().public_bytes(serialization.Encoding.DER, spki)


@pytest.mark.parametrize("kind", ["rsa2048", "rsa1024", "ec256", "ec384"])
@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_sign_and_verify(kind: str, digest: str) -> None:
    identifier, signature = sign(key(kind), DATA, digest)
    algorithm = der.Reader(identifier).enter(der.SEQUENCE).whole(der.OID)
    verify(public(kind), algorithm, signature, DATA, digest)
    with pytest.raises(BadSignature, match="does not fit"):
        verify(public(kind), algorithm, signature, DATA + b"!", digest)


@pytest.mark.parametrize("digest", RSA_OIDS)
def test_an_algorithm_that_names_its_digest_decides(digest: str) -> None:
    signature = sign(key("rsa2048"), DATA, digest)[1]
    verify(public("rsa2048"), RSA_OIDS[digest], signature, DATA, "sha384")
    with pytest.raises(BadSignature, match="does not fit"):
        verify(public("rsa2048"), oids.SHA384_WITH_RSA, signature, DATA, digest)


@pytest.mark.parametrize(
    ("public_key", "algorithm", "words"),
    [
        (public("ec256"), oids.SHA256_WITH_RSA, "another kind"),
        (public("rsa2048"), oids.ECDSA_WITH_SHA256, "another kind"),
        (b"junk", oids.SHA256_WITH_RSA, "cannot be used"),
        (public("rsa2048"), oids.RSA_ENCRYPTION, "1.2.840.113549.1.1.1 is not offered"),
        (public("rsa2048"), b"\x06\x00", r"\(unreadable\) is not offered"),
    ],
    ids=["an EC key for RSA", "an RSA key for ECDSA", "no key", "an OID that is no signature", "no OID"],
)
def test_refusals(public_key: bytes, algorithm: bytes, words: str) -> None:
    with pytest.raises(BadSignature, match=words):
        verify(public_key, algorithm, b"x", DATA)


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=4), st.binary(max_size=80))
def test_damaged_keys_raise_only_what_is_declared(changes: list[tuple[int, int]], signature: bytes) -> None:
    mutated = bytearray(public("ec256"))
    for at, value in changes:
        mutated[at] = value
    with pytest.raises(BadSignature):
        verify(bytes(mutated), oids.ECDSA_WITH_SHA256, signature, DATA)
