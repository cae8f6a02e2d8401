"""`POST /pomona/v1/service/token`: a service renews its own server token before it expires. Ours; the original has no such call.

The answer is encrypted to the service's certificate, so a session alone is not enough to use it, and the token before
works a day more, so that nobody can lock a service out. The switch `self_renewal` allows it.
"""

from pomona.device_assignment import wire
from pomona.device_assignment.errors import Refused
from pomona.device_assignment.face import Call, Face
from pomona.registry import services, tokens
from pomona.registry.services import Service
from pomona.registry.sessions import Party
from pomona.registry.tokens import Issued
from pomona.store import Tx

PATH = "/pomona/v1/service/token"
OVERLAP = 86_400_000
"""Milliseconds that the token before goes on working."""


async def renew(face: Face, call: Call) -> bytes:
    """Issues the token; the document has its file's name and text."""
    runtime = face.runtime
    address = runtime.origins.client_address(call.scope)

    def work(tx: Tx, party: Party) -> tuple[Service, Issued]:
        if not party.switches.self_renewal:
            raise Refused(403, "ACCESS_DENIED")
        service = services.get(tx, party.organization_id, party.service_id)
        issued = tokens.issue(
            tx,
            service,
            runtime.keys,
            actor=party.actor(address),
            now=call.now,
            rng=runtime.rng,
            overlap=OVERLAP,
        )
        return service, issued

    service, issued = await face.write(call, work)
    text = issued.file(service).decode("ascii")
    return wire.encode({"file_name": issued.file_name(service), "content": text})
