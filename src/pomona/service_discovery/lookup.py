"""Finding the organisation, and the service, that a user's device should enrol in."""

from dataclasses import dataclass

from pomona.catalogue.kinds import Kind
from pomona.registry import domains, organizations, people, services
from pomona.registry.errors import Invalid
from pomona.registry.organizations import Organization
from pomona.registry.people import Person, Status
from pomona.store import Tx


class NothingFound(Exception):
    """There is nowhere to send the device. The message says why and is for the log alone: to the device all are alike."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The organisation's own service."""

    organization: Organization


def organization_of(tx: Tx, identifier: str) -> Organization:
    """The organisation that verified the identifier's domain: the account's own where several did, else the first.

    Raises `NothingFound`.
    """
    holders = domains.holders(tx, _domain(identifier))
    if not holders:
        raise NothingFound("the domain is verified by nobody")
    person = _person(tx, identifier)
    chosen = person.organization_id if person and person.organization_id in holders else holders[0]
    return organizations.get(tx, chosen)


def target(tx: Tx, identifier: str, kind: Kind) -> BuiltIn | str:
    """Where the default service for `kind` of the account's organisation is: its discovery URL, or that it is ours.

    Raises `NothingFound` for an unverified domain, no such account or one that may not sign in, and for no default
    service or one that registered no URL.
    """
    holders = domains.holders(tx, _domain(identifier))
    person = _person(tx, identifier)
    if person is None or not person.managed or person.organization_id not in holders:
        raise NothingFound("no managed account of an organisation that verified the domain")
    if person.status is not Status.ACTIVE:
        raise NothingFound("the account may not sign in")
    service_id = services.default_for(tx, person.organization_id, kind)
    if service_id is None:
        raise NothingFound("no service takes devices of this kind")
    service = services.get(tx, person.organization_id, service_id)
    if service.kind == "APPLE_MDM":
        return BuiltIn(organizations.get(tx, person.organization_id))
    if not service.discovery_url:
        raise NothingFound("the service registered no discovery URL")
    return service.discovery_url


def _domain(identifier: str) -> str:
    try:
        return domains.of_identifier(identifier)[1]
    except Invalid:
        raise NothingFound("the identifier has no domain") from None


def _person(tx: Tx, identifier: str) -> Person | None:
    return people.by_email(tx, identifier) if identifier.isprintable() else None
