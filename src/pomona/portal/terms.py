"""New terms: while they wait to be accepted, services are refused; one person's word ends that."""

from pomona.portal.answers import Answer, Moved
from pomona.portal.visit import Visit
from pomona.registry import organizations
from pomona.store import Tx


def accept(tx: Tx, visit: Visit) -> Answer:
    """Accepts the terms for the organisation."""
    organizations.set_terms_pending(tx, visit.organization_id, False, actor=visit.actor, now=visit.now)
    return Moved("/portal/", "terms-accepted")
