"""CMS EnvelopedData (RFC 5652 section 6): the server token file and the inside of SCEP messages.

Key transport is RSA PKCS #1 v1.5 only, because that is what every client of this field can do; what is opened may be
encrypted with anything from single DES (SCEP clients written in Go) to AES-256, always CBC.
"""

import os
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7

from pomona.formats import oids
from pomona.formats.certificates import identified, parse
from pomona.formats.cms_errors import MalformedCms, reading
from pomona.formats.der import (
    CONTEXT_0,
    INTEGER,
    NULL,
    OCTET_STRING,
    OID,
    PRIMITIVE_0,
    SEQUENCE,
    SET,
    Reader,
    integer,
    sequence,
    tlv,
)

CipherName = Literal["des", "des3", "aes128", "aes192", "aes256"]

_CIPHERS: dict[bytes, tuple[CipherName, int, int]] = {
    oids.DES_CBC: ("des", 8, 8),
    oids.DES3_CBC: ("des3", 24, 8),
    oids.AES128_CBC: ("aes128", 16, 16),
    oids.AES192_CBC: ("aes192", 24, 16),
    oids.AES256_CBC: ("aes256", 32, 16),
}
_CIPHER_OIDS = {name: oid for oid, (name, _, _) in _CIPHERS.items()}
_PKCS1 = padding.PKCS1v15()


@dataclass(frozen=True, slots=True)
class Opened:
    """The content of an envelope and the cipher that it was encrypted with."""

    content: bytes
    cipher: CipherName


@dataclass(slots=True)
class _Envelope:
    recipients: list[tuple[bytes, bytes, bytes]]
    cipher: CipherName
    iv: bytes
    ciphertext: bytes


def envelope(content: bytes, certificate: bytes, *, cipher: CipherName = "aes128") -> bytes:
    """EnvelopedData (DER) of `content` for the owner of the DER `certificate`, whose key must be RSA.

    The recipient is named by the certificate's issuer and serial number, byte for byte. Raises ValueError when the
    certificate is unreadable or its key is not RSA.
    """
    recipient = parse(certificate)
    try:
        public_key = serialization.load_der_public_key(recipient.public_key)
    except UnsupportedAlgorithm:
        raise ValueError("the recipient's public key cannot be used; expected RSA") from None
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise ValueError("the recipient's certificate has no RSA key; only RSA can receive an envelope")
    oid = _CIPHER_OIDS[cipher]
    _, key_size, block = _CIPHERS[oid]
    key, iv = os.urandom(key_size), os.urandom(block)
    transport = sequence(
        integer(0),
        sequence(recipient.issuer, recipient.serial),
        sequence(oids.RSA_ENCRYPTION, tlv(NULL)),
        tlv(OCTET_STRING, public_key.encrypt(key, _PKCS1)),
    )
    padder = PKCS7(block * 8).padder()
    encryptor = _cipher(cipher, key, iv).encryptor()
    ciphertext = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    inside = sequence(oids.DATA, sequence(oid, tlv(OCTET_STRING, iv)), tlv(PRIMITIVE_0, ciphertext))
    body = sequence(integer(0), tlv(SET, transport), inside)
    return sequence(oids.ENVELOPED_DATA, tlv(CONTEXT_0, body))


def open_envelope(der: bytes, certificate: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """The content of an EnvelopedData (DER or BER) that was encrypted to the DER `certificate` with private `key`.

    Raises MalformedCms when it is no EnvelopedData, not for this certificate, or cannot be decrypted; what failed inside
    the decryption is never told.
    """
    return open_with_cipher(der, certificate, key).content


def open_with_cipher(der: bytes, certificate: bytes, key: rsa.RSAPrivateKey) -> Opened:
    """As `open_envelope`, along with the cipher that was used, so that an answer can be one the sender understands."""
    parsed = reading("a CMS EnvelopedData", _parse, der)
    for identifier, algorithm, encrypted_key in parsed.recipients:
        if identified([certificate], Reader(identifier)):
            if algorithm != oids.RSA_ENCRYPTION:
                raise MalformedCms("the key was not transported with RSA PKCS #1 v1.5")
            return Opened(_decrypted(parsed, encrypted_key, key), parsed.cipher)
    raise MalformedCms("the message was encrypted to another certificate")


def _parse(data: bytes) -> _Envelope:
    content_info = Reader(data).enter(SEQUENCE)
    if content_info.whole(OID) != oids.ENVELOPED_DATA:
        raise MalformedCms("the CMS message is not EnvelopedData")
    body = content_info.enter(CONTEXT_0).enter(SEQUENCE)
    body.skip(INTEGER)
    if body.peek() == CONTEXT_0:
        body.skip()
    recipients: list[tuple[bytes, bytes, bytes]] = []
    listed = body.enter(SET)
    while listed.peek() != -1 and len(recipients) < 20:
        if listed.peek() != SEQUENCE:
            listed.skip()
            continue
        recipient = listed.enter(SEQUENCE)
        recipient.skip(INTEGER)
        identifier = recipient.whole()
        algorithm = recipient.enter(SEQUENCE).whole(OID)
        recipients.append((identifier, algorithm, recipient.take(OCTET_STRING)))
    content = body.enter(SEQUENCE)
    content.skip(OID)
    encryption = content.enter(SEQUENCE)
    known = _CIPHERS.get(encryption.whole(OID))
    if known is None:
        raise MalformedCms("the content cipher is not offered; use AES-128-CBC")
    return _Envelope(recipients, known[0], encryption.take(OCTET_STRING), _encrypted_content(content))


def _encrypted_content(content: Reader) -> bytes:
    if content.peek() == PRIMITIVE_0:
        return content.take()
    pieces = content.enter(CONTEXT_0).all()
    return b"".join(Reader(piece).take(OCTET_STRING) for piece in pieces)


def _decrypted(parsed: _Envelope, encrypted_key: bytes, key: rsa.RSAPrivateKey) -> bytes:
    _, key_size, block = _CIPHERS[_CIPHER_OIDS[parsed.cipher]]
    try:
        content_key = key.decrypt(encrypted_key, _PKCS1)
        if len(content_key) != key_size or len(parsed.iv) != block:
            raise ValueError
        decryptor = _cipher(parsed.cipher, content_key, parsed.iv).decryptor()
        unpadder = PKCS7(block * 8).unpadder()
        padded = decryptor.update(parsed.ciphertext) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise MalformedCms("the message cannot be decrypted with this key") from None


def _cipher(name: CipherName, key: bytes, iv: bytes) -> Cipher[modes.CBC]:
    if name == "des":
        # Three equal keys make triple DES single DES, which the library no longer takes by itself.
        return Cipher(TripleDES(key * 3), modes.CBC(iv))
    return Cipher(TripleDES(key) if name == "des3" else AES(key), modes.CBC(iv))
