"""Mails on the command line: what a person gets, what became of mails, and a test."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, say, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.mail_choices import Choices
    from pomona.registry.mails import Mail

Person_ = Annotated[str, typer.Argument(help="Account name, like pat@example.com.")]
Topics_ = list[str] | None


def notices(
    ctx: typer.Context,
    email: Person_,
    on: Annotated[Topics_, typer.Option("--on", help="A topic to get; may be repeated.")] = None,
    off: Annotated[Topics_, typer.Option("--off", help="A topic not to get; may be repeated.")] = None,
    default: Annotated[
        Topics_, typer.Option("--default", help="A topic to get as the role does; may be repeated.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Where mails go; empty for the account's own address.")
    ] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Show, and change, what a person is told of by mail."""
    from pomona.registry import mail_choices, people
    from pomona.registry.actors import OPERATOR

    wanted: dict[str, bool | None] = {
        **dict.fromkeys(on or (), True),
        **dict.fromkeys(off or (), False),
        **dict.fromkeys(default or (), None),
    }
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        person = runtime.store.read_sync(lambda tx: people.find(tx, of.id, email))
        if wanted or address is not None:
            runtime.store.write_sync(
                lambda tx: mail_choices.choose(
                    tx, person, wanted, address=address, actor=OPERATOR, now=runtime.clock.now()
                )
            )
        choices = runtime.store.read_sync(lambda tx: mail_choices.of_person(tx, person))
        served = bool(runtime.settings.smtp_host)
    if as_json:
        show_record(person.email, {"address": choices.address, "topics": _topics(choices)}, as_json)
    else:
        show_list(f"Mails to {choices.address}", _topics(choices), as_json)
    if not choices.deliverable:
        say(f"{choices.address} is in a reserved domain and no mailbox: give an address with --address.")
    if not served:
        say("No mail is sent: smtp_host is not set.")


def mails(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=10_000)] = 50,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """List an organisation's mails and what became of them."""
    from pomona.registry import mails

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        found = runtime.store.read_sync(lambda tx: mails.newest(tx, of.id, limit=limit))
    show_list("Mails", [_mail(each) for each in found], as_json,
              columns=("written", "to", "subject", "state", "attempts", "problem"))  # fmt: skip


def send_test(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="Where it is to go.")],
    org: Organization_ = None,
) -> None:
    """Send a mail now, from here, that says that it is a test. Exit status 1 when the mail server did not take it."""
    import asyncio
    import os

    from pomona.registry import mail_choices, mails
    from pomona.work import smtp
    from pomona.work.mails import MailWorker

    with installation(ctx) as runtime:
        if not runtime.settings.smtp_host:
            refuse("no mail is sent: smtp_host is not set.")
        of = organization(runtime, org)
        to = mail_choices.checked_address(address)
        sender = smtp.sender_of(runtime.settings)
        id = runtime.store.write_sync(
            lambda tx: mails.send_test(tx, of.id, to, sender, now=runtime.clock.now(), rng=runtime.rng)
        )
        worker = MailWorker(runtime, f"cli:{os.getpid()}")

        async def send() -> "Mail | None":
            while True:
                await worker.send()
                mail = await runtime.store.read(lambda tx: mails.get(tx, id))
                if mail is None or mail.state != "PENDING" or mail.attempts:
                    return mail
                await asyncio.sleep(0.1)

        sent = asyncio.run(send())
    if sent is None or sent.state != "SENT":
        refuse(sent.problem if sent else "the mail is gone")
    say(f"{to}: the mail server took it")


def _topics(choices: "Choices") -> list[dict[str, Any]]:
    from pomona.registry.mail_topics import TOPICS

    return [
        {
            "topic": name,
            "wanted": "yes" if wanted else "no",
            "by": "choice" if name in choices.chosen else "role",
            "about": TOPICS[name].meaning,
        }
        for name, wanted in choices.wanted.items()
    ]


def _mail(mail: "Mail") -> dict[str, Any]:
    return {
        "id": mail.message_id,
        "written": when(mail.created_at),
        "to": mail.recipient,
        "topic": mail.topic,
        "subject": mail.subject,
        "state": mail.state,
        "attempts": mail.attempts,
        "problem": mail.problem,
    }
