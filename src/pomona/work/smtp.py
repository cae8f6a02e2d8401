"""Hands mails to a mail server: one connection for several, secured as the settings say."""

import smtplib
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

from pomona.registry.mail_texts import plain
from pomona.registry.mails import Mail, Sender
from pomona.runtime import Runtime, Settings
from pomona.runtime.settings import SMTP_PORTS
from pomona.work.trust import trust

SECONDS = 30.0
"""How long the server may take for each of its answers."""

_PERMANENT = 500


class Outcome(NamedTuple):
    """What came of a mail: why it was not taken, empty when it was; `final` when trying again is of no use."""

    problem: str = ""
    final: bool = False


def sender_of(settings: Settings) -> Sender:
    """What stands in mails of this installation."""
    address = parseaddr(settings.smtp_from)[1]
    return Sender(settings.public_origin.rstrip("/"), address.rpartition("@")[2] or "localhost")


def send(runtime: Runtime, mails: Sequence[Mail]) -> list[Outcome]:
    """Sends mails one after the other; blocks, so it is called in a thread. Never raises for what the server does."""
    outcomes: list[Outcome] = []
    try:
        with _connected(runtime.settings) as server:
            outcomes.extend(_handed_over(server, runtime, mail) for mail in mails)
    except (OSError, smtplib.SMTPException, ValueError) as problem:
        said = _said(problem)
        if len(outcomes) < len(mails):
            outcomes += [Outcome(f"the mail server could not be used: {said}")] * (len(mails) - len(outcomes))
    return outcomes


def check(settings: Settings) -> str:
    """Connects and signs in without sending anything; gives what was wrong, empty when nothing is."""
    try:
        with _connected(settings) as server:
            server.noop()
    except (OSError, smtplib.SMTPException, ValueError) as problem:
        return _said(problem)
    return ""


def message(runtime: Runtime, mail: Mail) -> EmailMessage:
    """A mail as it is sent. Raises `ValueError` for an address that none can be sent to."""
    made = EmailMessage()
    made["From"] = _sender(runtime.settings)
    made["To"] = _address("", mail.recipient)
    made["Subject"] = plain(mail.subject)
    made["Date"] = format_datetime(_utc(runtime.clock.wall()))
    made["Message-ID"] = mail.message_id
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made.set_content(mail.body)
    return made


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port or SMTP_PORTS[settings.smtp_security]
    context: ssl.SSLContext | None = None
    if settings.smtp_security != "none":
        context = trust(settings.trusted_authorities)
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def _handed_over(server: smtplib.SMTP, runtime: Runtime, mail: Mail) -> Outcome:
    try:
        server.send_message(message(runtime, mail))
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = next(iter(refused.recipients.values()))
        return Outcome(f"the mail server refused the recipient: {code} {_text(text)}", code >= _PERMANENT)
    except smtplib.SMTPDataError as refused:
        said = f"the mail server refused the mail: {refused.smtp_code} {_text(refused.smtp_error)}"
        return Outcome(said, refused.smtp_code >= _PERMANENT)
    except smtplib.SMTPNotSupportedError as problem:
        return Outcome(_said(problem), final=True)
    except (MessageError, ValueError) as problem:
        return Outcome(f"the mail cannot be written: {_said(problem)}", final=True)
    return Outcome()


def _sender(settings: Settings) -> Address:
    name, address = parseaddr(settings.smtp_from)
    return _address(name, address or "pomona@localhost")


def _address(name: str, text: str) -> Address:
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        raise ValueError("there is no mail address")
    return Address(plain(name), local, domain)


def _utc(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _said(problem: Exception) -> str:
    """What went wrong, without what was sent: an exception of the sign-in may quote the server, never the password."""
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"{problem.smtp_code} {_text(problem.smtp_error)}"
    return plain(str(problem)) or type(problem).__name__


def _text(said: bytes | str) -> str:
    return plain(said.decode(errors="replace") if isinstance(said, bytes) else said)
