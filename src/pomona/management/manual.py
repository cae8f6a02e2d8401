"""Enrolment by a downloaded profile: a person signs in, gets a signed profile, and installs it."""

from datetime import UTC, datetime

from pomona.formats import cms, mobileconfig, plists
from pomona.management import profile
from pomona.management.enrol import wanted
from pomona.management.request import Request
from pomona.management.sign_in import SignInFailed, form, sign_in
from pomona.management.sign_in_page import page
from pomona.registry import challenges
from pomona.registry.challenges import Purpose
from pomona.runtime.asgi import Answer

_PURPOSE = "Download a profile that lets your organisation manage this device."


async def show(request: Request) -> Answer:
    """The form."""
    organization = await request.organization()
    return page(organization.name, _PURPOSE, _action(request))


async def submit(request: Request) -> Answer:
    """The profile as a file to save, good for one device; the form again when the password was wrong."""
    organization = await request.organization()
    fields = await form(request)
    email = fields.get("email", "")
    try:
        person = await sign_in(request, organization, email, fields.get("password", ""))
    except SignInFailed as problem:
        return page(organization.name, _PURPOSE, _action(request), email=email, problem=str(problem))
    issuer = await request.issuers.of(organization)
    runtime, now = request.runtime, request.runtime.clock.now()
    purpose = Purpose(organization.id, "manual", account_id=person.id)
    challenge = await runtime.store.write(lambda tx: challenges.issue(tx, purpose, now=now, rng=runtime.rng))
    built = profile.build(wanted(request, organization, "manual", challenge, "Managed device"))
    at = datetime.fromtimestamp(runtime.clock.wall() / 1000, UTC)
    signed = cms.sign(plists.dumps(built), issuer.certificate, issuer.key, at=at)
    headers = [
        ("content-disposition", 'attachment; filename="enroll.mobileconfig"'),
        ("cache-control", "no-store"),
    ]
    return Answer(200, signed, mobileconfig.CONTENT_TYPE, headers)


def _action(request: Request) -> str:
    return f"/manage/{request.slug}/manual"
