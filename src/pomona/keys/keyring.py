"""The master key and what is derived from it: sealing at rest, sealed tokens, signatures.

Every use names a purpose; each purpose has its own key (HKDF-SHA256), so a value sealed for one use can never be
presented as another.
"""

import base64
import hashlib
import hmac
from functools import cached_property, lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pomona.keys.randomness import Rng

_NONCE = 12


class BadSeal(ValueError):
    """The bytes were not sealed or signed by this installation for this purpose, or were altered."""


def encode(data: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The reverse of `encode`. Raises `BadSeal` when the text is not URL-safe base64."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise BadSeal("not URL-safe base64") from None


class KeyRing:
    """All keys of an installation. Its repr shows nothing of them."""

    def __init__(self, master: bytes) -> None:
        if len(master) < 32:
            raise ValueError("the master key must have at least 32 bytes")
        self._master = master
        self._derived = lru_cache(maxsize=64)(self._derive)
        self._ciphers = lru_cache(maxsize=64)(lambda purpose: AESGCM(self._derived(purpose)))

    def __repr__(self) -> str:
        return f"<KeyRing {self.fingerprint}>"

    @cached_property
    def fingerprint(self) -> str:
        """Eight hex digits that tell two master keys apart without revealing either."""
        return hashlib.sha256(b"fingerprint" + self._derived("fingerprint")).hexdigest()[:8]

    def seal(self, purpose: str, plain: bytes, rng: Rng, bound_to: bytes = b"") -> bytes:
        """Encrypts and authenticates `plain` (AES-256-GCM); `bound_to` must be given again to open it."""
        nonce = rng(_NONCE)
        return nonce + self._ciphers(purpose).encrypt(nonce, plain, bound_to)

    def open(self, purpose: str, sealed: bytes, bound_to: bytes = b"") -> bytes:
        """The plain bytes of `seal`. Raises `BadSeal`."""
        try:
            return self._ciphers(purpose).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
        except (InvalidTag, ValueError):
            raise BadSeal(f"not sealed here for {purpose}") from None

    def seal_text(self, purpose: str, plain: bytes, rng: Rng) -> str:
        """A sealed token for a URL or a header: nobody else can read or make one."""
        return encode(self.seal(purpose, plain, rng))

    def open_text(self, purpose: str, text: str) -> bytes:
        """The plain bytes of `seal_text`. Raises `BadSeal`."""
        return self.open(purpose, decode(text))

    def sign(self, purpose: str, data: bytes, size: int = 16) -> bytes:
        """A keyed BLAKE2b of `data`, `size` bytes long: six times quicker than OpenSSL's HMAC when that is not in cache."""
        return hashlib.blake2b(data, digest_size=size, key=self._derived(purpose)).digest()

    def sign_text(self, purpose: str, data: bytes) -> str:
        """`data` and its signature in one URL-safe text; readable by anyone, makeable only here."""
        return encode(self.sign(purpose, data) + data)

    def verify_text(self, purpose: str, text: str) -> bytes:
        """The data of `sign_text`. Raises `BadSeal`."""
        raw = decode(text)
        if not hmac.compare_digest(raw[:16], self.sign(purpose, raw[16:])):
            raise BadSeal(f"not signed here for {purpose}")
        return raw[16:]

    def _derive(self, purpose: str) -> bytes:
        return HKDF(hashes.SHA256(), 32, salt=None, info=b"pomona:" + purpose.encode()).derive(self._master)


def token_hash(token: str) -> bytes:
    """What is kept of a bearer token that has 128 random bits or more: its SHA-256, never itself."""
    return hashlib.sha256(token.encode()).digest()
