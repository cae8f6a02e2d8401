"""`pomona blueprint`: which apps, configurations and packages are for which devices, people and groups."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import collections
from pomona.cli.blueprint_words import (
    Apps_,
    Configurations_,
    Devices_,
    File_,
    Groups_,
    Packages_,
    Users_,
    Words,
)
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.listing import everything
from pomona.cli.output import Json, refuse, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.blueprint_links import Relation
    from pomona.registry.blueprints import Blueprint
    from pomona.store import Tx

app = typer.Typer(
    no_args_is_help=True,
    help="Blueprints: which apps, configurations and packages are for which devices, people and groups.",
)

Name_ = Annotated[str, typer.Argument(help="Name or id of the blueprint.")]


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the blueprint.")],
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    apps: Apps_ = None,
    configuration: Configurations_ = None,
    package: Packages_ = None,
    device: Devices_ = None,
    devices: File_ = None,
    user: Users_ = None,
    group: Groups_ = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Make a blueprint of at least one app, configuration or package for at least one device, person or group."""
    from pomona.registry import blueprints
    from pomona.registry.actors import OPERATOR

    words = Words(apps, configuration, package, device, devices, user, group)
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        made = runtime.store.write_sync(
            lambda tx: blueprints.create(
                tx,
                of.id,
                name,
                description=description,
                links=words.links(tx, of.id),
                actor=OPERATOR,
                now=runtime.clock.now(),
                rng=runtime.rng,
            )
        )
        record = runtime.store.read_sync(lambda tx: _whole(tx, made))
    show_record(made.name, record, as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List an organisation's blueprints."""
    from pomona.registry import blueprints

    found = collections.every(ctx, org, blueprints.of_organization)
    show_list("Blueprints", [_record(each) for each in found], as_json,
              columns=("name", "description", "updated", "id"))  # fmt: skip


@app.command("show")
def show(ctx: typer.Context, name: Name_, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one blueprint, and how many of each it has."""
    from pomona.registry import blueprints

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        record = runtime.store.read_sync(lambda tx: _whole(tx, blueprints.find(tx, of.id, name)))
    show_record(str(record["name"]), record, as_json)


@app.command("contents")
def contents(
    ctx: typer.Context,
    name: Name_,
    kind: Annotated[str, typer.Argument(help="apps, configurations, packages, devices, users or groups.")],
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """List what a blueprint has of one kind."""
    from pomona.registry import blueprint_contents, blueprints

    relation = _relation(kind)
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        blueprint = runtime.store.read_sync(lambda tx: blueprints.find(tx, of.id, name))
        found = everything(
            runtime, lambda tx, after: blueprint_contents.page(tx, blueprint.id, relation, after=after)
        )
    rows = [{"id": each.public_id, "name": each.name} for each in found]
    show_list(f"{kind.capitalize()} of {blueprint.name}", rows, as_json)


@app.command("update")
def update(
    ctx: typer.Context,
    name: Name_,
    new_name: Annotated[str | None, typer.Option("--name", help="New name.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Give a blueprint another name or description."""
    from pomona.registry import blueprints

    changed = collections.change(
        ctx, org, blueprints.find, name, partial(blueprints.update, name=new_name, description=description)
    )
    show_record(changed.name, _record(changed), as_json)


@app.command("link")
def link(
    ctx: typer.Context,
    name: Name_,
    apps: Apps_ = None,
    configuration: Configurations_ = None,
    package: Packages_ = None,
    device: Devices_ = None,
    devices: File_ = None,
    user: Users_ = None,
    group: Groups_ = None,
    org: Organization_ = None,
) -> None:
    """Add to a blueprint."""
    words = Words(apps, configuration, package, device, devices, user, group)
    count = _change(ctx, name, words, org, adding=True)
    typer.echo(f"{name}: {count} added")


@app.command("unlink")
def unlink(
    ctx: typer.Context,
    name: Name_,
    apps: Apps_ = None,
    configuration: Configurations_ = None,
    package: Packages_ = None,
    device: Devices_ = None,
    devices: File_ = None,
    user: Users_ = None,
    group: Groups_ = None,
    org: Organization_ = None,
) -> None:
    """Take out of a blueprint."""
    words = Words(apps, configuration, package, device, devices, user, group)
    count = _change(ctx, name, words, org, adding=False)
    typer.echo(f"{name}: {count} taken out")


@app.command("delete")
def delete(ctx: typer.Context, name: Name_, org: Organization_ = None) -> None:
    """Delete a blueprint; what it has stays."""
    from pomona.registry import blueprints

    collections.change(ctx, org, blueprints.find, name, blueprints.delete)
    typer.echo(f"{name}: deleted")


def _change(ctx: typer.Context, name: str, words: Words, org: str | None, *, adding: bool) -> int:
    from pomona.registry import blueprints
    from pomona.registry.actors import OPERATOR

    verb = blueprints.link if adding else blueprints.unlink
    with installation(ctx) as runtime:
        of = organization(runtime, org)

        def work(tx: "Tx") -> int:
            blueprint = blueprints.find(tx, of.id, name)
            return sum(
                verb(tx, blueprint, relation, ids, actor=OPERATOR, now=runtime.clock.now())
                for relation, ids in words.links(tx, of.id).items()
            )

        return runtime.store.write_sync(work)


def _relation(kind: str) -> "Relation":
    from pomona.registry.blueprint_contents import KINDS

    if kind not in KINDS:
        refuse(f"'{kind}' is no kind of contents; expected one of {', '.join(KINDS)}.")
    return KINDS[kind]


def _whole(tx: "Tx", blueprint: "Blueprint") -> dict[str, Any]:
    from pomona.registry import blueprint_contents

    return _record(blueprint) | blueprint_contents.counts(tx, blueprint.id)


def _record(blueprint: "Blueprint") -> dict[str, Any]:
    return {
        "name": blueprint.name,
        "id": blueprint.uuid,
        "description": blueprint.description,
        "created": when(blueprint.created_at),
        "updated": when(blueprint.updated_at),
    }
