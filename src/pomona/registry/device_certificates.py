"""Identity certificates of enrolling devices: each came from one challenge and speaks for one enrolment.

A certificate is known by the SHA-256 of its DER. What counts is the row here, not the chain: a certificate that was issued
elsewhere, or for somebody else, has none.
"""

import hashlib
from dataclasses import dataclass

from pomona.registry.challenges import Challenge, use
from pomona.store import Row, Tx

_COLUMNS = "certificate_hash, organization_id, challenge_hash, public_key_hash, certificate, enrollment_id, revoked_at"


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """`enrollment_id` is None until the device checks in with it."""

    hash: bytes
    organization_id: int
    challenge_hash: bytes
    public_key_hash: bytes
    certificate: bytes
    enrollment_id: int | None
    revoked: bool


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate just signed: DER, the DER of its public key, and its term in milliseconds."""

    certificate: bytes
    public_key: bytes
    issued_at: int
    expires_at: int


def fingerprint(der: bytes) -> bytes:
    """The SHA-256 that certificates and public keys are known by."""
    return hashlib.sha256(der).digest()


def keep(tx: Tx, challenge: Challenge, issued: Issued, now: int) -> bytes | None:
    """Uses a challenge up for a certificate; gives the certificate to answer with, None when there is none to give.

    A device whose answer was lost asks again with the same challenge and key, and gets the same certificate.
    """
    public_key_hash = fingerprint(issued.public_key)
    if not use(tx, challenge, now):
        return answered_before(tx, challenge, public_key_hash)
    _insert(tx, challenge.purpose.organization_id, challenge.hash, issued, None)
    return issued.certificate


def answered_before(tx: Tx, challenge: Challenge, public_key_hash: bytes) -> bytes | None:
    """The certificate that this challenge already brought to this key, unless it was revoked."""
    found: bytes | None = tx.value(
        "SELECT certificate FROM device_certificate"
        " WHERE challenge_hash = $1 AND public_key_hash = $2 AND revoked_at IS NULL",
        *(challenge.hash, public_key_hash),
    )
    return None if found is None else bytes(found)


def renew(tx: Tx, old: DeviceCertificate, issued: Issued) -> None:
    """Keeps a certificate that takes an older one's place; the older one goes on working until it is revoked."""
    _insert(tx, old.organization_id, old.challenge_hash, issued, old.enrollment_id)


def find(tx: Tx, organization_id: int, hash: bytes) -> DeviceCertificate | None:
    """The certificate with this SHA-256, if the organisation issued it and has not revoked it."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM device_certificate WHERE certificate_hash = $1 AND organization_id = $2",
        *(hash, organization_id),
    )
    found = None if row is None else _certificate(row)
    return None if found is None or found.revoked else found


def bind(tx: Tx, certificate: DeviceCertificate, enrollment_id: int, now: int) -> None:
    """Makes a certificate speak for an enrolment, and revokes those that did before."""
    tx.execute(
        "UPDATE device_certificate SET revoked_at = $1"
        " WHERE enrollment_id = $2 AND certificate_hash <> $3 AND revoked_at IS NULL",
        *(now, enrollment_id, certificate.hash),
    )
    tx.execute(
        "UPDATE device_certificate SET enrollment_id = $1 WHERE certificate_hash = $2",
        *(enrollment_id, certificate.hash),
    )


def revoke_all(tx: Tx, enrollment_id: int, now: int) -> None:
    """Revokes whatever speaks for an enrolment."""
    tx.execute(
        "UPDATE device_certificate SET revoked_at = $1 WHERE enrollment_id = $2 AND revoked_at IS NULL",
        *(now, enrollment_id),
    )


def _insert(
    tx: Tx, organization_id: int, challenge_hash: bytes, issued: Issued, enrollment_id: int | None
) -> None:
    tx.execute(
        "INSERT INTO device_certificate (certificate_hash, organization_id, challenge_hash, public_key_hash,"
        " certificate, enrollment_id, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(fingerprint(issued.certificate), organization_id, challenge_hash, fingerprint(issued.public_key)),
        *(issued.certificate, enrollment_id, issued.issued_at, issued.expires_at),
    )


def _certificate(row: Row) -> DeviceCertificate:
    blobs = (bytes(row[2]), bytes(row[3]), bytes(row[4]))
    return DeviceCertificate(bytes(row[0]), row[1], *blobs, row[5], row[6] is not None)
