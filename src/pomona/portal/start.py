"""Where `/portal/` leads: the first page that the person's role lets them see."""

from pomona.portal.answers import Answer, Moved
from pomona.portal.menu import first
from pomona.portal.visit import Visit
from pomona.store import Tx


def show(tx: Tx, visit: Visit) -> Answer:
    """On to the first entry of the menu, else to one's own account; what there is to say goes along."""
    return Moved(first(visit.permissions) or "/portal/account", visit.query.get("said", ""))
