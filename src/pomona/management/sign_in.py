"""People sign in at this face: on a device that asks for their Managed Apple Account, or to download a profile."""

import asyncio
from urllib.parse import parse_qsl

from pomona.keys.passwords import check_password
from pomona.management.refusals import BadRequest
from pomona.management.request import Request
from pomona.registry import people, portal_sessions
from pomona.registry.organizations import Organization
from pomona.registry.people import Person
from pomona.store import Tx

WRONG = "The account name or the password is wrong."
_FORM_LIMIT = 16_384


class SignInFailed(Exception):
    """The message is for the person: it never says which part was wrong."""


async def form(request: Request) -> dict[str, str]:
    """The fields of a submitted form. Raises `BadRequest` and `BodyTooLarge`."""
    body = await request.call.body(_FORM_LIMIT)
    try:
        fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise BadRequest(
            "The form cannot be read; expected application/x-www-form-urlencoded in UTF-8."
        ) from None
    return dict(fields)


async def sign_in(request: Request, organization: Organization, email: str, password: str) -> Person:
    """The person of this organisation whose password this is. Raises `SignInFailed`."""
    if not email.isprintable():
        raise SignInFailed(WRONG)
    runtime, address = request.runtime, request.address
    now = runtime.clock.now()
    wait = await runtime.store.write(lambda tx: portal_sessions.attempt(tx, email, address, now))
    if wait:
        raise SignInFailed(f"Too many attempts. Try again in {wait // 60_000 + 1} minutes.")
    person, stored = await runtime.store.read(lambda tx: _who(tx, organization, email))
    # A tenth of a second of argon2: not on the thread that serves everybody.
    right = await asyncio.to_thread(check_password, stored, password)
    if person is None or not right:
        raise SignInFailed(WRONG)
    await runtime.store.write(lambda tx: portal_sessions.forgive(tx, email, address))
    return person


def _who(tx: Tx, organization: Organization, email: str) -> tuple[Person | None, str | None]:
    person = people.by_email(tx, email)
    known = portal_sessions.credentials(tx, email)
    if person is None or known is None or person.organization_id != organization.id:
        return None, None
    return person, known.password_hash
