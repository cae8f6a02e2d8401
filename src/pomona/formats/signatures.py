"""Raw signatures under the algorithm identifiers of X.509, CMS and PKCS #10: RSA PKCS #1 v1.5 and ECDSA.

SHA-1 is accepted for reading: the factory identities of Apple's devices and the SCEP clients written in Go still use it.
"""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pomona.formats import oids
from pomona.formats.der import NULL, MalformedDer, dotted, sequence, tlv

if TYPE_CHECKING:
    from hashlib import _Hash

SigningKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class BadSignature(ValueError):
    """A signature does not fit the data, the key, or the algorithm it names."""


_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - what existing devices and clients sign with
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_ECDSA = {name: ec.ECDSA(algorithm) for name, algorithm in _HASHES.items()}
_PKCS1 = padding.PKCS1v15()
_DIGESTS: dict[bytes, tuple[str, "Callable[[bytes], _Hash]"]] = {
    oids.SHA1: ("sha1", hashlib.sha1),
    oids.SHA256: ("sha256", hashlib.sha256),
    oids.SHA384: ("sha384", hashlib.sha384),
    oids.SHA512: ("sha512", hashlib.sha512),
}
_DIGEST_OIDS = {name: element for element, (name, _) in _DIGESTS.items()}
_SIGNATURES: dict[bytes, tuple[type, str | None]] = {
    oids.RSA_ENCRYPTION: (rsa.RSAPublicKey, None),
    oids.SHA1_WITH_RSA: (rsa.RSAPublicKey, "sha1"),
    oids.SHA1_WITH_RSA_OIW: (rsa.RSAPublicKey, "sha1"),
    oids.SHA256_WITH_RSA: (rsa.RSAPublicKey, "sha256"),
    oids.SHA384_WITH_RSA: (rsa.RSAPublicKey, "sha384"),
    oids.SHA512_WITH_RSA: (rsa.RSAPublicKey, "sha512"),
    oids.EC_PUBLIC_KEY: (ec.EllipticCurvePublicKey, None),
    oids.ECDSA_WITH_SHA1: (ec.EllipticCurvePublicKey, "sha1"),
    oids.ECDSA_WITH_SHA256: (ec.EllipticCurvePublicKey, "sha256"),
    oids.ECDSA_WITH_SHA384: (ec.EllipticCurvePublicKey, "sha384"),
    oids.ECDSA_WITH_SHA512: (ec.EllipticCurvePublicKey, "sha512"),
}
_ECDSA_OIDS = {
    "sha1": oids.ECDSA_WITH_SHA1,
    "sha256": oids.ECDSA_WITH_SHA256,
    "sha384": oids.ECDSA_WITH_SHA384,
    "sha512": oids.ECDSA_WITH_SHA512,
}


def digest(algorithm: bytes, data: bytes) -> tuple[str, bytes]:
    """The name and value of a digest whose object identifier element is `algorithm`. Raises BadSignature if unknown."""
    known = _DIGESTS.get(algorithm)
    if known is None:
        raise BadSignature(f"digest algorithm {_readable(algorithm)} is not offered; use SHA-256")
    name, function = known
    return name, function(data).digest()


def digest_identifier(name: str) -> bytes:
    """AlgorithmIdentifier of the digest `name` (sha1, sha256, sha384 or sha512). Raises ValueError for other names."""
    if name not in _DIGEST_OIDS:
        raise ValueError(f"unknown digest {name!r}; expected one of {', '.join(_DIGEST_OIDS)}")
    return sequence(_DIGEST_OIDS[name], tlv(NULL))


def verify(public_key: bytes, algorithm: bytes, signature: bytes, data: bytes, digest_name: str = "") -> None:
    """Check `signature` over `data`; returns nothing.

    `public_key` is a DER SubjectPublicKeyInfo, `algorithm` the object identifier element of the signature algorithm, and
    `digest_name` the digest for the algorithms that do not name one themselves (CMS's plain rsaEncryption). Raises
    BadSignature when it does not fit, also for unusable keys and algorithms.
    """
    kind, named = _SIGNATURES.get(algorithm, (None, None))
    name = named or digest_name
    if kind is None or name not in _HASHES:
        raise BadSignature(
            f"signature algorithm {_readable(algorithm)} is not offered; use RSA PKCS #1 v1.5 or ECDSA"
        )
    try:
        key = serialization.load_der_public_key(public_key)
        if kind is rsa.RSAPublicKey and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _PKCS1, _HASHES[name])
        elif kind is ec.EllipticCurvePublicKey and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, _ECDSA[name])
        else:
            raise BadSignature("the signer's public key is of another kind than the signature algorithm")
    except InvalidSignature:
        raise BadSignature("the signature does not fit the data and the signer's key") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        if isinstance(error, BadSignature):
            raise
        raise BadSignature("the signer's public key cannot be used") from None


def sign(key: SigningKey, data: bytes, digest_name: str) -> tuple[bytes, bytes]:
    """The AlgorithmIdentifier and the signature of `data` under `key`; RSA is identified as plain rsaEncryption."""
    if isinstance(key, rsa.RSAPrivateKey):
        return sequence(oids.RSA_ENCRYPTION, tlv(NULL)), key.sign(data, _PKCS1, _HASHES[digest_name])
    return sequence(_ECDSA_OIDS[digest_name]), key.sign(data, _ECDSA[digest_name])


def _readable(algorithm: bytes) -> str:
    try:
        return dotted(algorithm)
    except MalformedDer:
        return "(unreadable)"
