"""How a device gets its identity: SCEP, as its enrolment profile says."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from pomona.formats import cms, scep
from pomona.formats.mobileconfig import ScepSettings
from pomona.simulator.device_keys import KeySource
from pomona.simulator.device_network import DeviceProblem, expect, send

_STEP = "scep"


@dataclass(frozen=True, slots=True)
class Identity:
    """`certificate` is DER."""

    certificate: bytes
    key: rsa.RSAPrivateKey = field(repr=False)

    def signature(self, body: bytes) -> bytes:
        """A detached CMS signature over a message, its certificate included."""
        return cms.sign(body, self.certificate, self.key, detached=True)


async def obtain(client: httpx.AsyncClient, settings: ScepSettings, keys: KeySource) -> Identity:
    """Asks the authority of `settings` for a certificate. Raises `DeviceProblem`."""
    separator = "&" if "?" in settings.url else "?"
    base = f"{settings.url}{separator}operation="
    answered = expect(_STEP, await send(_STEP, client, "GET", f"{base}GetCACert"))
    key = await keys.key(settings.key_size)
    try:
        authority = scep.read_ca_certificates(answered.content, answered.headers.get("content-type", ""))[0]
        asked = scep.build_request(settings.subject, key, settings.challenge, authority, at=datetime.now(UTC))
        headers = {"content-type": scep.PKI_MESSAGE}
        response = await send(
            _STEP, client, "POST", f"{base}PKIOperation", content=asked.der, headers=headers
        )
        issued = scep.read_response(expect(_STEP, response).content, asked)
    except (ValueError, IndexError) as problem:
        raise DeviceProblem(_STEP, str(problem)) from None
    return Identity(issued, key)
