"""`pomona group`: groups of people."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import collections
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.smart_groups import Rule
    from pomona.registry.user_groups import Group

app = typer.Typer(
    no_args_is_help=True,
    help="Groups of people with a Managed Apple Account: chosen one by one, or by a rule (SMART).",
)

Name_ = Annotated[str, typer.Argument(help="Name or id of the group.")]
People_ = Annotated[list[str], typer.Argument(help="Account names, like pat@example.com.")]
Roles_ = Annotated[
    list[str] | None, typer.Option("--role", help="Rule: people with this role; may be repeated.")
]
Statuses_ = Annotated[
    list[str] | None,
    typer.Option("--status", help="Rule: ACTIVE, LOCKED or INACTIVE people; may be repeated."),
]
InUnit_ = Annotated[str, typer.Option("--in-unit", help="Rule: people of this unit, with their role there.")]


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the group.")],
    unit: Annotated[str | None, typer.Option(help="Unit it belongs to; default the first one.")] = None,
    role: Roles_ = None,
    status: Statuses_ = None,
    in_unit: InUnit_ = "",
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Make a group: empty, or SMART with a rule of --role, --status and --in-unit, which all have to hold."""
    from pomona.registry import organizational_units, user_groups
    from pomona.registry.actors import OPERATOR

    rule = _rule(role, status, in_unit)
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        made = runtime.store.write_sync(
            lambda tx: user_groups.create(
                tx,
                of.id,
                name,
                unit=None if unit is None else organizational_units.find(tx, of.id, unit),
                rule=rule,
                actor=OPERATOR,
                now=runtime.clock.now(),
                rng=runtime.rng,
            )
        )
    show_record(made.name, _record(made), as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List an organisation's groups."""
    from pomona.registry import user_groups

    found = collections.every(ctx, org, user_groups.of_organization)
    show_list("Groups", [_record(each) for each in found], as_json,
              columns=("name", "kind", "rule", "members", "unit", "id"))  # fmt: skip


@app.command("show")
def show(ctx: typer.Context, name: Name_, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one group."""
    from pomona.registry import user_groups

    found = collections.one(ctx, org, user_groups.find, name)
    show_record(found.name, _record(found), as_json)


@app.command("members")
def members(ctx: typer.Context, name: Name_, org: Organization_ = None, as_json: Json = False) -> None:
    """List who is in a group."""
    from pomona.registry import user_groups

    group, found = collections.members(ctx, org, user_groups.find, name, user_groups.members)
    rows = [{"email": person.email, "name": person.name, "status": person.status.value} for person in found]
    show_list(f"Members of {group.name}", rows, as_json)


@app.command("update")
def update(
    ctx: typer.Context,
    name: Name_,
    new_name: Annotated[str | None, typer.Option("--name", help="New name.")] = None,
    role: Roles_ = None,
    status: Statuses_ = None,
    in_unit: InUnit_ = "",
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Give a group another name, or a SMART one another rule: all of it, made of --role, --status and --in-unit."""
    from pomona.registry import user_groups

    changed = collections.change(
        ctx,
        org,
        user_groups.find,
        name,
        partial(user_groups.update, name=new_name, rule=_rule(role, status, in_unit)),
    )
    show_record(changed.name, _record(changed), as_json)


@app.command("add-members")
def add_members(ctx: typer.Context, name: Name_, people: People_, org: Organization_ = None) -> None:
    """Put people into a group."""
    from pomona.registry import user_groups

    collections.change_members(ctx, org, user_groups.find, name, people, user_groups.add_member)
    typer.echo(f"{name}: has {', '.join(people)}")


@app.command("remove-members")
def remove_members(ctx: typer.Context, name: Name_, people: People_, org: Organization_ = None) -> None:
    """Take people out of a group."""
    from pomona.registry import user_groups

    collections.change_members(ctx, org, user_groups.find, name, people, user_groups.remove_member)
    typer.echo(f"{name}: without {', '.join(people)}")


@app.command("delete")
def delete(ctx: typer.Context, name: Name_, org: Organization_ = None) -> None:
    """Delete a group; it leaves its blueprints, its members stay people."""
    from pomona.registry import user_groups

    collections.change(ctx, org, user_groups.find, name, user_groups.delete)
    typer.echo(f"{name}: deleted")


def _rule(roles: list[str] | None, statuses: list[str] | None, unit: str) -> "Rule | None":
    from pomona.registry.smart_groups import Rule

    return Rule(tuple(roles or ()), tuple(statuses or ()), unit) if roles or statuses or unit else None


def _record(group: "Group") -> dict[str, Any]:
    return {
        "name": group.name,
        "id": group.uuid,
        "kind": group.kind,
        "rule": "" if group.rule is None else group.rule.spoken,
        "members": group.member_count,
        "unit": group.unit,
        "created": when(group.created_at),
        "updated": when(group.updated_at),
    }
