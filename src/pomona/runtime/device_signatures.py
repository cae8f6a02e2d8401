"""Whose signature on a device's request is taken: that of the simulated factory, of Apple's, or anybody's.

A device signs what it asks before it is managed with the identity it was born with. Which of those count is the setting
`device_signature_policy`; a simulated identity also says which serial number it is for.
"""

from dataclasses import dataclass
from pathlib import Path

from pomona.formats import cms
from pomona.formats.device_certificates import subject_of
from pomona.formats.pem import certificates_in
from pomona.registry import authorities
from pomona.runtime.runtime import Runtime
from pomona.store import Tx

SERIAL_NUMBER = "2.5.4.5"
"""The attribute of a simulated identity's subject that holds the device's serial number."""


class UntrustedDevice(ValueError):
    """The signature is right but nobody here vouches for who made it."""


@dataclass(frozen=True, slots=True)
class SignedByDevice:
    """What a device signed. `serial` is what its identity says it is, None where the identity does not say."""

    content: bytes
    serial: str | None


async def read(runtime: Runtime, der: bytes) -> SignedByDevice:
    """The content of a CMS message signed by a device.

    Raises `MalformedCms` and `BadSignature` as `cms.verify_signed` does, and `UntrustedDevice` for a signer that the
    installation's policy does not take.
    """
    signed = cms.verify_signed(der)
    policy = runtime.settings.device_signature_policy
    if "simulated" in policy:
        stored = await runtime.store.read(_factory)
        if stored is not None and cms.chain_ok(signed.signer, signed.certificates, [stored.certificate]):
            return SignedByDevice(signed.content, subject_of(signed.signer).get(SERIAL_NUMBER))
    if "apple" in policy and _by_apple(signed, runtime.settings.device_anchors):
        return SignedByDevice(signed.content, None)
    if "off" in policy:
        return SignedByDevice(signed.content, None)
    raise UntrustedDevice(
        f"the signer's certificate comes from nobody that this installation trusts (policy: {', '.join(policy)})"
    )


def _factory(tx: Tx) -> authorities.StoredAuthority | None:
    return authorities.find(tx, authorities.INSTALLATION, authorities.FACTORY)


def _by_apple(signed: cms.Signed, file: str) -> bool:
    if not file:
        return False
    try:
        anchors = list(certificates_in(Path(file).expanduser().read_bytes()))
        # The authorities above an iPhone's identity expired long ago and go on being used.
        return bool(anchors) and cms.chain_ok(
            signed.signer, signed.certificates, anchors, ignore_ca_validity=True
        )
    except (OSError, ValueError):
        return False
