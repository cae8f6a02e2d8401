"""`GET /session`: a server token's signature for a session of thirty minutes."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.types import Scope

from pomona.device_assignment import auth
from pomona.device_assignment.auth import Session
from pomona.device_assignment.errors import Refused
from pomona.device_assignment.face import Face
from pomona.device_assignment.wire import encode
from pomona.formats.oauth1 import Authorization
from pomona.registry import sessions
from pomona.registry.sessions import Party
from pomona.registry.tokens import Credentials
from pomona.store import Tx

_ENDED = {
    "revoked": (401, "token_rejected"),
    "replaced": (403, "signature_invalid"),
    "expired": (401, "token_expired"),
}
"""What a token that has ended is answered with. A replaced one looks like a wrong secret: the client has an old file."""

_REASONS = {
    "revoked": "the server token was revoked",
    "replaced": "the server token was replaced by a newer one",
    "expired": "the server token has expired",
    "T_C_NOT_SIGNED": "the organisation has not accepted new terms",
    "ACCESS_DENIED": "the service's switch deny_access is on",
    "timestamp_refused": "the client's clock is more than five minutes off",
    "nonce_used": "the same request came twice",
}


async def open_session(face: Face, scope: Scope, headers: Mapping[bytes, bytes], now: int) -> bytes:
    """Checks the signature, then the token, the time and the nonce; gives a session."""
    runtime = face.runtime
    header = headers.get(b"authorization")
    signed = auth.parse(header.decode("latin-1") if header else None)
    urls = addresses(runtime.origins.of(scope), headers.get(b"host"))
    query = scope["query_string"].decode("latin-1")

    def check(tx: Tx) -> tuple[Credentials, Party | None]:
        known = auth.verify(tx, runtime.keys, signed, urls, f"?{query}" if query else "")
        return known, sessions.party(tx, known.token.id, now)

    known, party = await runtime.store.read(check)
    wall = runtime.clock.wall()
    refusal = _refusal(signed, party, wall)
    if refusal is None and not await runtime.store.write(
        lambda tx: sessions.use_nonce(tx, known.token.id, signed.nonce, signed.timestamp * 1000, wall=wall)
    ):
        refusal = (401, "nonce_used"), _REASONS["nonce_used"]
    address = runtime.origins.client_address(scope)
    if refusal is not None:
        face.contacts.refused(known.token.service_id, refusal[1], address, now)
        raise Refused(*refusal[0])
    session = Session(
        known.organization_id, known.token.service_id, known.token.id, known.token.issued_at, now
    )
    face.contacts.seen(session.service_id, address, now)
    return encode({"auth_session_token": face.sessions.seal(session, runtime.rng)})


def addresses(origin: str, host: bytes | None) -> list[str]:
    """The origins a client may have signed: ours, and what it called us, before whatever proxy took its TLS off."""
    called = (host or b"").decode("latin-1")
    named = (origin, f"https://{called}", f"http://{called}")
    return [each for each in dict.fromkeys(named) if _absolute(each)]


def _absolute(origin: str) -> bool:
    """Whether a signature can be over it: a Host header may hold anything."""
    try:
        parts = urlsplit(origin)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _refusal(signed: Authorization, party: Party | None, wall: int) -> tuple[tuple[int, str], str] | None:
    """Answer and reason, or None. The signature was right."""
    if party is None:
        return (401, "token_rejected"), _REASONS["revoked"]
    if party.token_state != "live":
        return _ENDED[party.token_state], _REASONS[party.token_state]
    if abs(wall - signed.timestamp * 1000) > auth.WINDOW:
        return (401, "timestamp_refused"), _REASONS["timestamp_refused"]
    if party.terms_pending:
        return (403, "T_C_NOT_SIGNED"), _REASONS["T_C_NOT_SIGNED"]
    if party.switches.deny_access:
        return (403, "ACCESS_DENIED"), _REASONS["ACCESS_DENIED"]
    return None
