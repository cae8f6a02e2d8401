"""The web session of account-driven enrolment (`apple-as-web`): a person signs in on the device and it gets a token."""

from pomona.formats.service_discovery import USER_IDENTIFIER
from pomona.management.refusals import NotAllowed
from pomona.management.request import Request
from pomona.management.sign_in import SignInFailed, form, sign_in
from pomona.management.sign_in_page import page
from pomona.registry import account_tokens
from pomona.runtime.asgi import Answer

CALLBACK = "apple-remotemanagement-user-login://authentication-results"
_PURPOSE = "Use your Managed Apple Account. Your organisation will then manage this device."


async def show(request: Request) -> Answer:
    """The form, with the name that the person typed on the device already in it."""
    organization = await request.organization()
    typed = request.call.query().get(USER_IDENTIFIER, "")
    return page(organization.name, _PURPOSE, _action(request), email=typed)


async def submit(request: Request) -> Answer:
    """Sends the device off with a token; shows the form again when the password was wrong.

    Raises `NotAllowed` for a person without a Managed Apple Account, which ends the enrolment.
    """
    organization = await request.organization()
    fields = await form(request)
    email = fields.get("email", "")
    try:
        person = await sign_in(request, organization, email, fields.get("password", ""))
    except SignInFailed as problem:
        return page(organization.name, _PURPOSE, _action(request), email=email, problem=str(problem))
    if not person.managed:
        raise NotAllowed("This is no Managed Apple Account; devices cannot be enrolled with it.")
    runtime, now = request.runtime, request.runtime.clock.now()
    token = await runtime.store.write(lambda tx: account_tokens.issue(tx, person, now=now, rng=runtime.rng))
    location = f"{CALLBACK}?access-token={token}"
    return Answer(308, headers=[("location", location), ("cache-control", "no-store")])


def _action(request: Request) -> str:
    return f"/manage/{request.slug}/authenticate"
