"""`pomona person`: Managed Apple Accounts, and people who only sign in to the portal."""

import os
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import collections, person_notices
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.people import Person

app = typer.Typer(
    no_args_is_help=True,
    help="People: Managed Apple Accounts, which sign in on devices and in the portal, and people of the portal only.",
)

app.command("notices")(person_notices.notices)
app.command("mails")(person_notices.mails)
app.command("test-mail")(person_notices.send_test)

PASSWORD_VARIABLE = "POMONA_PERSON_PASSWORD"
Email_ = Annotated[str, typer.Argument(help="Account name, like pat@example.com.")]


@app.command("add")
def add(
    ctx: typer.Context,
    email: Email_,
    first_name: Annotated[str, typer.Option(help="First name.")] = "",
    last_name: Annotated[str, typer.Option(help="Last name.")] = "",
    role: Annotated[
        str, typer.Option(help="What they may do, such as ADMINISTRATOR, IT_ADMINISTRATOR, STAFF.")
    ] = "STAFF",
    portal_only: Annotated[
        bool, typer.Option("--portal-only", help="No Managed Apple Account: any mail address will do.")
    ] = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Cannot sign in until one is set.")
    ] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Add a person. The password is asked for, or taken from the environment variable POMONA_PERSON_PASSWORD."""
    from pomona.keys.passwords import hash_password
    from pomona.registry import people
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        hashed = None if no_password else hash_password(people.checked_password(_password()))
        made = runtime.store.write_sync(
            lambda tx: people.add(
                tx,
                of.id,
                email,
                first_name=first_name,
                last_name=last_name,
                role=role,
                password_hash=hashed,
                managed=not portal_only,
                actor=OPERATOR,
                now=runtime.clock.now(),
                rng=runtime.rng,
            )
        )
    show_record(made.email, _record(made), as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List an organisation's people."""
    from pomona.registry import people

    found = collections.every(ctx, org, people.of_organization)
    show_list("People", [_record(each) for each in found], as_json,
              columns=("email", "name", "role", "status", "kind", "password"))  # fmt: skip


@app.command("set-password")
def set_password(ctx: typer.Context, email: Email_, org: Organization_ = None) -> None:
    """Give a person a new password and sign them out everywhere. It is asked for, or taken from POMONA_PERSON_PASSWORD."""
    from pomona.keys.passwords import hash_password
    from pomona.registry import people
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        person = runtime.store.read_sync(lambda tx: people.find(tx, of.id, email))
        hashed = hash_password(people.checked_password(_password()))
        runtime.store.write_sync(
            lambda tx: people.set_password(tx, person, hashed, actor=OPERATOR, now=runtime.clock.now())
        )
    typer.echo(f"{person.email}: password set, signed out everywhere")


@app.command("set-status")
def set_status(
    ctx: typer.Context,
    email: Email_,
    status: Annotated[str, typer.Argument(help="ACTIVE, LOCKED or INACTIVE.")],
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Lock, retire or reinstate a person; unless they are active they are signed out everywhere."""
    from pomona.registry import people

    wanted = status.strip().upper()
    if wanted not in list(people.Status):
        refuse(f"'{status}' is no status; expected one of {', '.join(people.Status)}.")
    verb = partial(people.set_status, status=people.Status(wanted))
    changed = collections.change(ctx, org, people.find, email, verb)
    show_record(changed.email, _record(changed), as_json)


@app.command("set-role")
def set_role(
    ctx: typer.Context,
    email: Email_,
    role: Annotated[
        str, typer.Argument(help="What they may do, such as ADMINISTRATOR, IT_ADMINISTRATOR, STAFF.")
    ],
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Give a person another role."""
    from pomona.registry import people

    changed = collections.change(ctx, org, people.find, email, partial(people.set_role, role=role))
    show_record(changed.email, _record(changed), as_json)


def _password() -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _record(person: "Person") -> dict[str, Any]:
    return {
        "email": person.email,
        "uuid": person.uuid,
        "name": person.name,
        "role": person.role.value,
        "status": person.status.value,
        "kind": "Managed Apple Account" if person.managed else "portal only",
        "password": "set" if person.has_password else "none",
        "created": when(person.created_at),
    }
