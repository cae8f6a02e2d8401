"""`pomona domain`: domains that Managed Apple Accounts live in and account-driven enrolment finds the organisation by."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.domains import Domain

app = typer.Typer(
    no_args_is_help=True,
    help="Domains of an organisation: its reserved one, and those that it shows to be its own.",
)

Name_ = Annotated[str, typer.Argument(help="Domain name, like example.com.")]


@app.command("add")
def add(ctx: typer.Context, name: Name_, org: Organization_ = None, as_json: Json = False) -> None:
    """Add a domain, and print the TXT record that has to stand there within 14 days."""
    from pomona.registry import domains
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        added = runtime.store.write_sync(
            lambda tx: domains.add(tx, of.id, name, actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng)
        )
    show_record(added.name, _record(added), as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List an organisation's domains."""
    from pomona.registry import domains

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        found: list[Domain] = []
        after = ""
        while page := runtime.store.read_sync(
            partial(domains.of_organization, organization_id=of.id, after=after)
        ):
            found += page
            after = page[-1].name
    show_list(
        "Domains", [_record(each) for each in found], as_json, columns=("name", "state", "by", "record")
    )


@app.command("verify")
def verify(
    ctx: typer.Context,
    name: Name_,
    vouched: Annotated[
        bool,
        typer.Option(
            "--i-vouch",
            help="Ask no name server: you say that it is the organisation's; the audit log keeps that.",
        ),
    ] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Verify a domain by its TXT record, or by your word where no name server can be asked (a laboratory, say)."""
    from pomona.registry import domains
    from pomona.registry.actors import OPERATOR
    from pomona.runtime.name_servers import NoAnswer, txt_records

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        now = runtime.clock.now()
        waiting = runtime.store.read_sync(lambda tx: domains.get(tx, of.id, name))
        if vouched:
            done = runtime.store.write_sync(
                lambda tx: domains.vouch(tx, of.id, name, actor=OPERATOR, now=now)
            )
        else:
            try:
                records = txt_records(waiting.name)
            except NoAnswer as problem:
                refuse(problem)
            done = runtime.store.write_sync(
                lambda tx: domains.verify(tx, of.id, name, records, actor=OPERATOR, now=now)
            )
    show_record(done.name, _record(done), as_json)


@app.command("remove")
def remove(ctx: typer.Context, name: Name_, org: Organization_ = None) -> None:
    """Give a domain up that no account is in."""
    from pomona.registry import domains
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        runtime.store.write_sync(
            lambda tx: domains.remove(tx, of.id, name, actor=OPERATOR, now=runtime.clock.now())
        )
    typer.echo(f"{name}: removed")


def _record(domain: "Domain") -> dict[str, Any]:
    verified = domain.verified_at is not None
    return {
        "name": domain.name,
        "state": "verified" if verified else "to be verified",
        "by": domain.verified_by or "",
        "record": "" if verified else domain.txt,
        "expires": "" if verified else when(domain.proof_expires_at),
        "added": when(domain.added_at),
        "verified": when(domain.verified_at),
    }
