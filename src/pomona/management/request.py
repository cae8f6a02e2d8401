"""A request of this face: which organisation's address it is for, and what goes with every one of them."""

from dataclasses import dataclass

from pomona.management.issuer import Issuers
from pomona.management.refusals import NotHere
from pomona.registry import organizations
from pomona.registry.organizations import Organization
from pomona.runtime import Runtime
from pomona.runtime.asgi import Call


@dataclass(frozen=True, slots=True)
class Request:
    """`slug` is the organisation that the address names, whether or not there is one."""

    call: Call
    slug: str
    runtime: Runtime
    issuers: Issuers

    @property
    def origin(self) -> str:
        """The origin that the client used."""
        return self.runtime.origins.of(self.call.scope)

    @property
    def address(self) -> str:
        """Where the request came from."""
        return self.runtime.origins.client_address(self.call.scope) or ""

    @property
    def sign_in_url(self) -> str:
        """Where the user of an account-driven device signs in."""
        return f"{self.origin}/manage/{self.slug}/authenticate"

    def bearer(self) -> str | None:
        """The bearer token that came along."""
        scheme, _, token = (self.call.header(b"authorization") or "").strip().partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    async def body(self) -> bytes:
        """The body, whatever its content type says. Raises `BodyTooLarge`."""
        return await self.call.body(self.runtime.settings.body_limit)

    async def organization(self) -> Organization:
        """The organisation. Raises `NotHere`."""
        found = await self.runtime.store.read(lambda tx: organizations.by_slug(tx, self.slug))
        if found is None:
            raise NotHere("There is no such organisation here.")
        return found
