"""`pomona unit`: organisational units."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import collections
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.organizational_units import Unit

app = typer.Typer(
    no_args_is_help=True,
    help="Organisational units: everybody is in the first one; in others, people have a role of their own.",
)

Name_ = Annotated[str, typer.Argument(help="Name or id of the unit.")]
People_ = Annotated[list[str], typer.Argument(help="Account names, like pat@example.com.")]


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the unit.")],
    description: Annotated[str, typer.Option(help="What it is.")] = "",
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Make a unit."""
    from pomona.registry import organizational_units
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        made = runtime.store.write_sync(
            lambda tx: organizational_units.create(
                tx,
                of.id,
                name,
                description=description,
                actor=OPERATOR,
                now=runtime.clock.now(),
                rng=runtime.rng,
            )
        )
    show_record(made.name, _record(made), as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List an organisation's units."""
    from pomona.registry import organizational_units

    found = collections.every(ctx, org, organizational_units.of_organization)
    show_list("Units", [_record(each) for each in found], as_json, columns=("name", "description", "id"))


@app.command("show")
def show(ctx: typer.Context, name: Name_, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one unit."""
    from pomona.registry import organizational_units

    found = collections.one(ctx, org, organizational_units.find, name)
    show_record(found.name, _record(found), as_json)


@app.command("members")
def members(ctx: typer.Context, name: Name_, org: Organization_ = None, as_json: Json = False) -> None:
    """List who is in a unit, with their roles there."""
    from pomona.registry import organizational_units

    unit, found = collections.members(ctx, org, organizational_units.find, name, organizational_units.members)
    rows = [
        {
            "email": each.person.email,
            "name": each.person.name,
            "role": each.role,
            "status": each.person.status.value,
        }
        for each in found
    ]
    show_list(f"Members of {unit.name}", rows, as_json)


@app.command("update")
def update(
    ctx: typer.Context,
    name: Name_,
    new_name: Annotated[str | None, typer.Option("--name", help="New name.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is.")] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Give a unit another name or description."""
    from pomona.registry import organizational_units

    changed = collections.change(
        ctx,
        org,
        organizational_units.find,
        name,
        partial(organizational_units.update, name=new_name, description=description),
    )
    show_record(changed.name, _record(changed), as_json)


@app.command("add-members")
def add_members(
    ctx: typer.Context,
    name: Name_,
    people: People_,
    role: Annotated[str, typer.Option(help="Their role in this unit.")] = "STAFF",
    org: Organization_ = None,
) -> None:
    """Put people into a unit, or give them another role in it."""
    from pomona.registry import organizational_units

    collections.change_members(
        ctx, org, organizational_units.find, name, people, partial(organizational_units.set_member, role=role)
    )
    typer.echo(f"{name}: has {', '.join(people)}")


@app.command("remove-members")
def remove_members(ctx: typer.Context, name: Name_, people: People_, org: Organization_ = None) -> None:
    """Take people out of a unit."""
    from pomona.registry import organizational_units

    collections.change_members(
        ctx, org, organizational_units.find, name, people, organizational_units.remove_member
    )
    typer.echo(f"{name}: without {', '.join(people)}")


@app.command("delete")
def delete(ctx: typer.Context, name: Name_, org: Organization_ = None) -> None:
    """Delete a unit that no group needs; its members stay in the first one."""
    from pomona.registry import organizational_units

    collections.change(ctx, org, organizational_units.find, name, organizational_units.delete)
    typer.echo(f"{name}: deleted")


def _record(unit: "Unit") -> dict[str, Any]:
    return {
        "name": unit.name,
        "id": unit.uuid,
        "description": unit.description,
        "first": bool(unit.root),
        "created": when(unit.created_at),
        "updated": when(unit.updated_at),
    }
