"""One API account: what its program is set up with, its keys, its permissions, and its end."""

from pomona.portal.answers import Answer, Download, Moved, Shown
from pomona.portal.api_account_list import ABILITIES
from pomona.portal.events import event_lines
from pomona.portal.visit import Visit
from pomona.registry import api_accounts, api_keys, audit
from pomona.registry.api_accounts import ApiAccount
from pomona.registry.errors import Invalid
from pomona.store import Tx

_EVENTS = 20


def show(tx: Tx, visit: Visit) -> Answer:
    """The account, its live keys and its history."""
    account = _account(tx, visit)
    events = audit.about(tx, visit.organization_id, "API_USER", account.client_id, limit=_EVENTS)
    context = {
        "account": account,
        "keys": api_accounts.keys(tx, account.id),
        "abilities": ABILITIES,
        "origin": visit.origin,
        "events": event_lines(tx, visit, events),
    }
    return Shown("api_account_page.html", context)


def generate_key(tx: Tx, visit: Visit) -> Answer:
    """A new key: its private half is the file that is downloaded, and is kept nowhere."""
    account = _account(tx, visit)
    form = next((form for form in api_keys.KEY_FORMS if form == visit.form.text("key_form")), None)
    if form is None:
        raise Invalid("Choose how the private key is to be written.", field="key_form")
    pair = api_keys.generate(form, visit.runtime.rng)
    key = api_accounts.add_key(
        tx, account, pair.public, actor=visit.actor, now=visit.now, rng=visit.runtime.rng
    )
    return Download(f"{account.name}-{key.key_id}.pem", "application/x-pem-file", pair.private.encode())


def add_key(tx: Tx, visit: Visit) -> Answer:
    """Adds a key that the program made itself, by its public half."""
    account = _account(tx, visit)
    text = visit.form.text("public_key")
    api_accounts.add_key(tx, account, text, actor=visit.actor, now=visit.now, rng=visit.runtime.rng)
    return Moved(_address(account), "api-key-added")


def revoke_key(tx: Tx, visit: Visit) -> Answer:
    """Ends a key and the tokens made with it."""
    account = _account(tx, visit)
    api_accounts.revoke_key(tx, account, visit.form.text("key_id"), actor=visit.actor, now=visit.now)
    return Moved(_address(account), "api-key-revoked")


def change(tx: Tx, visit: Visit) -> Answer:
    """Saves name and permissions; they hold for tokens that are out already."""
    account = _account(tx, visit)
    name, permissions = visit.form.text("name"), visit.form.texts("permission")
    api_accounts.change(tx, account, name=name, permissions=permissions, actor=visit.actor, now=visit.now)
    return Moved(_address(account), "api-account-saved")


def delete(tx: Tx, visit: Visit) -> Answer:
    """Ends the account, its keys and its tokens."""
    api_accounts.delete(tx, _account(tx, visit), actor=visit.actor, now=visit.now)
    return Moved("/portal/api-accounts", "api-account-deleted")


def _account(tx: Tx, visit: Visit) -> ApiAccount:
    return api_accounts.get(tx, visit.organization_id, visit.path["client_id"])


def _address(account: ApiAccount) -> str:
    return f"/portal/api-accounts/{account.client_id}"
