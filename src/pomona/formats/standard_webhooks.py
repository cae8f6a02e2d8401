"""Standard Webhooks: how a message to a program is named, dated and signed so that it can be sure who sent it."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"
MIN_SECRET, MAX_SECRET = 24, 64
"""Bytes that a secret may have."""


def show_secret(secret: bytes) -> str:
    """A secret as people copy it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def parse_secret(text: str) -> bytes:
    """The bytes of a secret that somebody wrote, with its prefix or without. Raises `ValueError`, without the secret."""
    try:
        secret = base64.b64decode(text.strip().removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"the secret is not {SECRET_PREFIX} and base64") from None
    if not MIN_SECRET <= len(secret) <= MAX_SECRET:
        raise ValueError(f"the secret has {len(secret)} bytes; expected {MIN_SECRET} to {MAX_SECRET}")
    return secret


def headers(secrets: Sequence[bytes], id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three header fields of a message that is sent at `seconds` since the epoch.

    It is signed with each of the secrets, so that a receiver that knows one of them can check it.
    """
    content = f"{id}.{seconds}.".encode() + body
    signed = [base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode() for secret in secrets]
    return {
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{each}" for each in signed),
    }
