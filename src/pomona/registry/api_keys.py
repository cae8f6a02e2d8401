"""Keys of API accounts: EC P-256 pairs. The registry keeps the public half only.

No single spelling of the private key suits every client, so whoever generates one chooses: PyJWT refuses the spelling
that Apple seems to ship, zchee/abm refuses SEC1 and NanoAXM refuses PKCS#8.
"""

import base64
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, get_args

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from pomona.keys.randomness import Rng
from pomona.registry.errors import Invalid

KeyForm = Literal["sec1", "pkcs8", "apple"]
"""`sec1` and `pkcs8` are what their PEM labels say; `apple` is a PKCS#8 body under the label of SEC1."""

KEY_FORMS: tuple[KeyForm, ...] = get_args(KeyForm)

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_UPLOAD = 8_192


@dataclass(frozen=True, slots=True)
class KeyPair:
    """PEM texts; `private` is handed to the person who asked for it and kept nowhere."""

    private: str = field(repr=False)
    public: str


def generate(form: KeyForm, rng: Rng) -> KeyPair:
    """A new pair; `form` is how the private half is spelled."""
    # Eight bytes more than the order has make the remainder as good as uniform (FIPS 186-5, A.2.1).
    secret = int.from_bytes(rng(40)) % (_ORDER - 1) + 1
    key = ec.derive_private_key(secret, ec.SECP256R1())
    return KeyPair(_private_pem(key, form), _public_pem(key.public_key()))


def checked_public_key(text: str) -> str:
    """An uploaded public key as it is kept: PEM, SubjectPublicKeyInfo, EC P-256. Raises `Invalid`."""
    if "PRIVATE KEY-----" in text:
        raise Invalid("This is a private key. Keep it, and upload its public half.", field="public_key")
    return _public_pem(load_public_key(text[:_UPLOAD]))


@lru_cache(maxsize=1024)
def load_public_key(pem: str) -> ec.EllipticCurvePublicKey:
    """The key of a PEM text, ready to verify with. Raises `Invalid`."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise Invalid(
            "This is no public key; expected a PEM text that begins with -----BEGIN PUBLIC KEY-----.",
            field="public_key",
        ) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Invalid("The key is not one of the curve P-256, which ES256 needs.", field="public_key")
    return key


def _public_pem(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _private_pem(key: ec.EllipticCurvePrivateKey, form: KeyForm) -> str:
    if form == "sec1":
        return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    if form == "pkcs8":
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    text = base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN EC PRIVATE KEY-----", *lines, "-----END EC PRIVATE KEY-----", ""])
