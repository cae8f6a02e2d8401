"""API accounts: the programs that use the Business API, and what each may do."""

from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.visit import Visit
from pomona.registry import api_accounts
from pomona.registry.api_accounts import KINDS
from pomona.registry.errors import Invalid
from pomona.store import Tx

ABILITIES = (
    ("read", "See everything", "devices, services, activities, people and events"),
    ("assign", "Assign", "assign devices to services and take them off"),
    ("release", "Release", "take devices out of the organisation for good"),
    ("services", "Services", "link, change and unlink services, and fetch their tokens"),
    ("devices", "Devices", "add devices by hand, and change the rules for those that arrive"),
    ("blueprints", "Blueprints", "change blueprints and configurations"),
    ("webhooks", "Webhooks", "change where Pomona reports what happened"),
)
"""What an API account may be allowed: the permission, its name and what it means. Every account may read."""


def show(tx: Tx, visit: Visit) -> Answer:
    """All accounts; there are 50 at most."""
    return Shown(
        "api_account_list.html", {"accounts": api_accounts.of_organization(tx, visit.organization_id)}
    )


def form(tx: Tx, visit: Visit) -> Answer:
    """The form for a new account."""
    chosen = visit.form.texts("permission") if visit.problem else ["read"]
    return Shown("api_account_add.html", {"abilities": ABILITIES, "chosen": chosen})


def add(tx: Tx, visit: Visit) -> Answer:
    """Makes the account, still without a key."""
    kind = next((kind for kind in KINDS if kind == visit.form.text("kind")), None)
    if kind is None:
        raise Invalid("Choose which API the program uses.", field="kind")
    account, _ = api_accounts.create(
        tx,
        visit.organization_id,
        visit.form.text("name"),
        kind=kind,
        permissions=visit.form.texts("permission"),
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    return Moved(f"/portal/api-accounts/{account.client_id}", "api-account-added")
