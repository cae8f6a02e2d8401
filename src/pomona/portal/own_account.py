"""One's own account: who one is here, where one is signed in, a new password, and the way out."""

from pomona.keys.passwords import check_password, hash_password
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.visit import Visit
from pomona.registry import mail_choices, people, portal_sessions
from pomona.registry.errors import Invalid
from pomona.registry.mail_topics import TOPICS
from pomona.store import Tx

SIGN_IN = "/portal/sign-in"


def show(tx: Tx, visit: Visit) -> Answer:
    """Who is signed in, and their sessions."""
    person = people.get(tx, visit.organization_id, visit.session.account_uuid)
    choices = mail_choices.of_person(tx, person)
    context = {
        "account": person,
        "sessions": portal_sessions.of_account(tx, visit.session, visit.now),
        "topics": [
            {"name": name, "label": topic.label, "meaning": topic.meaning, "wanted": choices.wanted[name]}
            for name, topic in TOPICS.items()
        ],
        "address": choices.address,
        "deliverable": choices.deliverable,
        "mailing": bool(visit.runtime.settings.smtp_host),
    }
    return Shown("own_account.html", context)


def choose_mails(tx: Tx, visit: Visit) -> Answer:
    """Keeps what is wanted by mail, and where it goes. What is as the role has it goes on following the role."""
    person = people.get(tx, visit.organization_id, visit.session.account_uuid)
    ticked = visit.form.texts("topic")
    wanted = {
        name: None if (name in ticked) == (person.role in topic.roles) else name in ticked
        for name, topic in TOPICS.items()
    }
    address = visit.form.text("address")
    mail_choices.choose(tx, person, wanted, address=address, actor=visit.actor, now=visit.now)
    return Moved("/portal/account", "mails-saved")


def sign_out(tx: Tx, visit: Visit) -> Answer:
    """Ends this session."""
    portal_sessions.close(tx, visit.session, visit.actor, visit.now)
    return Moved(SIGN_IN)


def sign_out_others(tx: Tx, visit: Visit) -> Answer:
    """Ends every other session of the same person."""
    portal_sessions.close_others(tx, visit.session, visit.actor, visit.now)
    return Moved("/portal/account", "others-signed-out")


def weigh_password(visit: Visit) -> str:
    """The new password's hash. Raises `Invalid` for a wrong old one, too many tries, or a new one that will not do."""
    store, email = visit.runtime.store, visit.session.email
    address = visit.actor.address or ""
    wait = store.write_sync(lambda tx: portal_sessions.attempt(tx, email, address, visit.now))
    if wait:
        raise Invalid(f"Too many attempts. Wait {-(-wait // 60_000)} minutes and try again.", field="current")
    known = store.read_sync(lambda tx: portal_sessions.credentials(tx, email))
    if known is None or not check_password(known.password_hash, visit.form.secret("current")):
        raise Invalid("That is not your password.", field="current")
    return hash_password(people.checked_password(visit.form.secret("fresh")))


def change_password(tx: Tx, visit: Visit) -> Answer:
    """Keeps the new password; every session ends, this one too."""
    person = people.get(tx, visit.organization_id, visit.session.account_uuid)
    people.set_password(tx, person, visit.prepared, actor=visit.actor, now=visit.now)
    return Moved(SIGN_IN)
