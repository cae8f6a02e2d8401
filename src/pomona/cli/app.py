"""`pomona app`: apps for managed devices."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import collections
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.apps import App

app = typer.Typer(no_args_is_help=True, help="Apps for managed devices, by their number in the App Store.")

Id_ = Annotated[str, typer.Argument(help="Number of the app in the App Store, digits.")]
BundleId_ = Annotated[str | None, typer.Option(help="Bundle id, like com.example.app.")]
Version_ = Annotated[str | None, typer.Option(help="Version.")]
Website_ = Annotated[str | None, typer.Option(help="Address of its maker's page.")]
Store_ = Annotated[str | None, typer.Option(help="Address of its page in the App Store.")]
Systems_ = Annotated[
    list[str] | None,
    typer.Option("--os", help="IOS, IPADOS, MACOS, TVOS, WATCHOS or VISIONOS; may be repeated."),
]
Custom_ = Annotated[
    bool | None, typer.Option("--custom/--public", help="Whether it was made for this organisation.")
]


@app.command("add")
def add(
    ctx: typer.Context,
    id: Id_,
    name: Annotated[str, typer.Argument(help="Name of the app.")],
    bundle_id: BundleId_ = None,
    version: Version_ = None,
    website_url: Website_ = None,
    store_url: Store_ = None,
    system: Systems_ = None,
    custom: Custom_ = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Add an app."""
    from pomona.registry import apps
    from pomona.registry.actors import OPERATOR

    given = _given(name, bundle_id, version, website_url, store_url, system, custom)
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        made = runtime.store.write_sync(
            lambda tx: apps.add(tx, of.id, id, apps.About(**given), actor=OPERATOR, now=runtime.clock.now())
        )
    show_record(made.about.name, _record(made), as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List an organisation's apps."""
    from pomona.registry import apps

    found = collections.every(ctx, org, apps.of_organization)
    show_list("Apps", [_record(each) for each in found], as_json,
              columns=("id", "name", "bundle_id", "version", "systems"))  # fmt: skip


@app.command("show")
def show(ctx: typer.Context, id: Id_, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one app."""
    from pomona.registry import apps

    found = collections.one(ctx, org, apps.get, id)
    show_record(found.about.name, _record(found), as_json)


@app.command("update")
def update(
    ctx: typer.Context,
    id: Id_,
    name: Annotated[str | None, typer.Option(help="Name of the app.")] = None,
    bundle_id: BundleId_ = None,
    version: Version_ = None,
    website_url: Website_ = None,
    store_url: Store_ = None,
    system: Systems_ = None,
    custom: Custom_ = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Change what is told of an app; what is not named stays."""
    from pomona.registry import apps

    given = _given(name, bundle_id, version, website_url, store_url, system, custom)
    changed = collections.change(ctx, org, apps.get, id, partial(apps.update, changes=given))
    show_record(changed.about.name, _record(changed), as_json)


@app.command("delete")
def delete(ctx: typer.Context, id: Id_, org: Organization_ = None) -> None:
    """Delete an app that no blueprint has."""
    from pomona.registry import apps

    collections.change(ctx, org, apps.get, id, apps.delete)
    typer.echo(f"{id}: deleted")


def _given(
    name: str | None,
    bundle_id: str | None,
    version: str | None,
    website_url: str | None,
    store_url: str | None,
    systems: list[str] | None,
    custom: bool | None,
) -> dict[str, Any]:
    values = {
        "name": name,
        "bundle_id": bundle_id,
        "version": version,
        "website_url": website_url,
        "store_url": store_url,
        "systems": tuple(systems) if systems else None,
        "custom": custom,
    }
    return {field: value for field, value in values.items() if value is not None}


def _record(found: "App") -> dict[str, Any]:
    about = found.about
    return {
        "id": found.adam_id,
        "name": about.name,
        "bundle_id": about.bundle_id,
        "version": about.version,
        "systems": ", ".join(about.systems),
        "custom": about.custom,
        "website_url": about.website_url,
        "store_url": about.store_url,
        "created": when(found.created_at),
        "updated": when(found.updated_at),
    }
