"""`pomona package`: installer packages for managed Macs."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import collections
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.packages import Package

app = typer.Typer(
    no_args_is_help=True, help="Installer packages for managed Macs: where they lie, and their hashes."
)

Name_ = Annotated[str, typer.Argument(help="Name or id of the package.")]
Hash_ = Annotated[str | None, typer.Option("--hash", help="Hash of the file, SHA-256 in hexadecimal mostly.")]
Bundles_ = Annotated[
    list[str] | None, typer.Option("--bundle-id", help="Bundle id of what it installs; may be repeated.")
]
Version_ = Annotated[str | None, typer.Option(help="Version.")]
Description_ = Annotated[str | None, typer.Option(help="What it is.")]


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the package.")],
    url: Annotated[str, typer.Argument(help="Where devices fetch it, by https.")],
    hash: Hash_ = None,
    bundle_id: Bundles_ = None,
    version: Version_ = None,
    description: Description_ = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Add a package."""
    from pomona.registry import packages
    from pomona.registry.actors import OPERATOR

    given = _given(name, url, hash, bundle_id, version, description)
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        made = runtime.store.write_sync(
            lambda tx: packages.add(
                tx, of.id, packages.About(**given), actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng
            )
        )
    show_record(made.about.name, _record(made), as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List an organisation's packages."""
    from pomona.registry import packages

    found = collections.every(ctx, org, packages.of_organization)
    show_list(
        "Packages", [_record(each) for each in found], as_json, columns=("name", "version", "url", "id")
    )


@app.command("show")
def show(ctx: typer.Context, name: Name_, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one package."""
    from pomona.registry import packages

    found = collections.one(ctx, org, packages.find, name)
    show_record(found.about.name, _record(found), as_json)


@app.command("update")
def update(
    ctx: typer.Context,
    name: Name_,
    new_name: Annotated[str | None, typer.Option("--name", help="New name.")] = None,
    url: Annotated[str | None, typer.Option(help="Where devices fetch it, by https.")] = None,
    hash: Hash_ = None,
    bundle_id: Bundles_ = None,
    version: Version_ = None,
    description: Description_ = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Change what is told of a package; what is not named stays."""
    from pomona.registry import packages

    given = _given(new_name, url, hash, bundle_id, version, description)
    changed = collections.change(ctx, org, packages.find, name, partial(packages.update, changes=given))
    show_record(changed.about.name, _record(changed), as_json)


@app.command("delete")
def delete(ctx: typer.Context, name: Name_, org: Organization_ = None) -> None:
    """Delete a package that no blueprint has."""
    from pomona.registry import packages

    collections.change(ctx, org, packages.find, name, packages.delete)
    typer.echo(f"{name}: deleted")


def _given(
    name: str | None,
    url: str | None,
    hash: str | None,
    bundle_ids: list[str] | None,
    version: str | None,
    description: str | None,
) -> dict[str, Any]:
    values = {
        "name": name,
        "url": url,
        "hash": hash,
        "bundle_ids": tuple(bundle_ids) if bundle_ids else None,
        "version": version,
        "description": description,
    }
    return {field: value for field, value in values.items() if value is not None}


def _record(package: "Package") -> dict[str, Any]:
    about = package.about
    return {
        "name": about.name,
        "id": package.uuid,
        "url": about.url,
        "hash": about.hash,
        "bundle_ids": ", ".join(about.bundle_ids),
        "version": about.version,
        "description": about.description,
        "created": when(package.created_at),
        "updated": when(package.updated_at),
    }
