"""How a device management service stands, in a word: what an administrator should see to."""

from typing import NamedTuple

from pomona.portal import wording
from pomona.registry.services import Service
from pomona.registry.tokens import Token

_ATTENTION_DAYS = 60


class State(NamedTuple):
    """A badge's look (`ok`, `wait`, `bad`, `off`), its word, and what to do about it."""

    look: str
    word: str
    advice: str


def state(service: Service, token: Token | None, now: int) -> State:
    """By its token first: without one that works nothing else matters."""
    if service.kind != "MDM":
        return State("ok", "Ready", "") if service.kind == "APPLE_MDM" else State("off", "Placeholder", "")
    if token is None:
        return State("wait", "No token yet", "Download the server token and give it to the service.")
    return _by_token(service, token, now)


def _by_token(service: Service, token: Token, now: int) -> State:
    renew = "Download a new token and give it to the service."
    held = token.state(now)
    if held == "revoked":
        return State("bad", "Token revoked", renew)
    if held == "expired":
        return State("bad", f"Token ended {wording.age(token.expires_at, now)}", renew)
    days = token.days_left(now)
    if days < _ATTENTION_DAYS:
        return State("wait", f"Token ends in {wording.count(days, 'day')}", renew)
    if service.connected_at is None or service.connected_at < token.issued_at:
        return State("wait", "Waits for the service", "The service has not used its newest token yet.")
    return State("ok", f"Seen {wording.age(service.connected_at, now)}", "")
