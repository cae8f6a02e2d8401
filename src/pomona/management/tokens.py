"""Whether the user of an account-driven device is still signed in: a bearer token with each request."""

from pomona.management.refusals import BadRequest, SignInNeeded
from pomona.management.request import Request
from pomona.registry import account_tokens
from pomona.registry.contacts import Contact
from pomona.store import Tx


async def check(request: Request, contact: Contact) -> None:
    """Nothing, for a device that needs no token or brought its own.

    Raises `SignInNeeded` when there is no live token of the account that enrolled, and `BadRequest` when the token
    belongs to another enrolment.
    """
    if not contact.needs_token:
        return
    if contact.token_account_id is None or contact.token_account_id != contact.account_id:
        raise SignInNeeded("The user must sign in with the account that enrolled this device.")
    if contact.token_enrollment_id is None:
        await _bind(request, contact)
    elif contact.token_enrollment_id != contact.enrollment_id:
        raise BadRequest("The bearer token belongs to another enrolment.")


async def _bind(request: Request, contact: Contact) -> None:
    bearer, now = request.bearer() or "", request.runtime.clock.now()

    def bind(tx: Tx) -> bool:
        token = account_tokens.find(tx, contact.organization_id, bearer, now)
        return token is not None and account_tokens.bind(tx, token, contact.enrollment_id)

    if not await request.runtime.store.write(bind):
        raise BadRequest("The bearer token belongs to another enrolment.")
