"""`pomona org`: organisations."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import installation
from pomona.cli.output import Json, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.organizations import Organization

app = typer.Typer(no_args_is_help=True, help="Organisations: the tenants of this installation.")


@app.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name, as people know it.")],
    email: Annotated[str, typer.Option(help="Contact address that services are shown.")] = "",
    phone: Annotated[str, typer.Option(help="Contact telephone number.")] = "",
    address: Annotated[str, typer.Option(help="Postal address.")] = "",
    number: Annotated[
        str | None, typer.Option(help="Organisation ID (digits); default a random one.")
    ] = None,
    slug: Annotated[str | None, typer.Option(help="Word for URLs; default from the name.")] = None,
    school: Annotated[bool, typer.Option("--school", help="An educational organisation.")] = False,
    as_json: Json = False,
) -> None:
    """Make an organisation with its built-in device management service."""
    from pomona.registry import organizations
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        made = runtime.store.write_sync(
            lambda tx: organizations.create(
                tx,
                name,
                actor=OPERATOR,
                now=runtime.clock.now(),
                rng=runtime.rng,
                email=email,
                phone=phone,
                address=address,
                kind="edu" if school else "org",
                number=number,
                slug=slug,
            )
        )
    show_record(made.name, _record(made), as_json)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List organisations."""
    from pomona.registry import organizations

    with installation(ctx) as runtime:
        found = runtime.store.read_sync(organizations.all_of_them)
    show_list("Organisations", [_record(each) for each in found], as_json,
              columns=("number", "slug", "name", "kind", "terms", "created"))  # fmt: skip


@app.command("show")
def show(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Number, slug or name.")] = None,
    as_json: Json = False,
) -> None:
    """Show one organisation."""
    from pomona.registry import organizations

    with installation(ctx) as runtime:
        found = runtime.store.read_sync(lambda tx: organizations.find(tx, name))
    show_record(found.name, _record(found), as_json)


@app.command("terms")
def terms(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Number, slug or name.")] = None,
    pending: Annotated[
        bool, typer.Option("--pending/--accepted", help="Whether new terms wait to be accepted.")
    ] = False,
) -> None:
    """Accept new terms, or let them be pending: services' sessions are refused meanwhile (T_C_NOT_SIGNED)."""
    from pomona.registry import organizations
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        found = runtime.store.read_sync(lambda tx: organizations.find(tx, name))
        runtime.store.write_sync(
            lambda tx: organizations.set_terms_pending(
                tx, found.id, pending, actor=OPERATOR, now=runtime.clock.now()
            )
        )
    typer.echo(f"{found.name}: terms {'pending' if pending else 'accepted'}")


@app.command("management")
def management(
    ctx: typer.Context,
    on: Annotated[
        bool, typer.Option("--on/--off", help="Whether built-in device management is switched on.")
    ],
    name: Annotated[str | None, typer.Argument(help="Number, slug or name.")] = None,
) -> None:
    """Switch built-in management: off, the API refuses apps, packages, configurations and blueprints."""
    from pomona.registry import organizations
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        found = runtime.store.read_sync(lambda tx: organizations.find(tx, name))
        runtime.store.write_sync(
            lambda tx: organizations.set_management(tx, found.id, on, actor=OPERATOR, now=runtime.clock.now())
        )
    typer.echo(f"{found.name}: built-in management {'on' if on else 'off'}")


@app.command("grace")
def grace(
    ctx: typer.Context,
    hours: Annotated[
        int | None, typer.Argument(help="Hours; 0 for at once. Without it, say how it is.")
    ] = None,
    name: Annotated[str | None, typer.Option("--org", help="Number, slug or name.")] = None,
) -> None:
    """Say for how long releases of devices are put off: until then they can be taken back (`pomona device keep`)."""
    from pomona.registry import organizations, releases
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        found = runtime.store.read_sync(lambda tx: organizations.find(tx, name))
        if hours is not None:
            runtime.store.write_sync(
                lambda tx: releases.set_grace(tx, found.id, hours, actor=OPERATOR, now=runtime.clock.now())
            )
        now = runtime.store.read_sync(lambda tx: releases.grace(tx, found.id))
    typer.echo(f"{found.name}: releases are final {f'after {now} hours' if now else 'at once'}")


def _record(organization: "Organization") -> dict[str, Any]:
    return {
        "number": organization.number,
        "slug": organization.slug,
        "name": organization.name,
        "kind": organization.kind,
        "email": organization.email,
        "phone": organization.phone,
        "address": organization.address,
        "terms": "pending" if organization.terms_pending else "accepted",
        "management": "on" if organization.management else "off",
        "created": when(organization.created_at),
    }
