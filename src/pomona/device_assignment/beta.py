"""`GET /os-beta-enrollment/tokens`: what a device needs to be shown to take part in a beta programme."""

from pomona.device_assignment import wire
from pomona.device_assignment.errors import Refused
from pomona.device_assignment.face import Call, Face
from pomona.keys.keyring import KeyRing
from pomona.registry.sessions import Party
from pomona.store import Tx

PROGRAMMES = (
    ("iOS", "iOS 27 AppleSeed Beta"),
    ("iOS", "iPadOS 27 AppleSeed Beta"),
    ("OSX", "macOS 27 AppleSeed Beta"),
    ("tvOS", "tvOS 27 AppleSeed Beta"),
    ("visionOS", "visionOS 27 AppleSeed Beta"),
    ("watchOS", "watchOS 27 AppleSeed Beta"),
    ("homePodOS", "HomePod Software 27 AppleSeed Beta"),
)
"""`os` as it is on the wire, and the programme's title."""

_PURPOSE = "beta-token"


async def tokens(face: Face, call: Call) -> bytes:
    """One token for each programme, the same for an organisation at any time; they open nothing at Apple.

    Refuses APPLE_SEED_FOR_IT_TURNED_OFF where the organisation does not take part.
    """

    def work(tx: Tx, party: Party) -> bytes:
        if not party.switches.beta_tokens:
            raise Refused(403, "APPLE_SEED_FOR_IT_TURNED_OFF")
        keys, organization_id = face.runtime.keys, party.organization_id
        offered = [
            {"token": token(keys, organization_id, title), "title": title, "os": os}
            for os, title in PROGRAMMES
        ]
        return wire.encode({"betaEnrollmentTokens": offered})

    return await face.read(call, work)


def token(keys: KeyRing, organization_id: int, title: str) -> str:
    """64 hex digits that belong to an organisation and a programme."""
    return keys.sign(_PURPOSE, f"{organization_id}:{title}".encode(), 32).hex()
