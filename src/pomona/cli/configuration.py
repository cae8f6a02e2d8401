"""`pomona configuration`: profiles for managed devices."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import collections
from pomona.cli.context import Organization_, installation, organization, read_file
from pomona.cli.output import Json, refuse, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.configuration_profiles import Profile
    from pomona.registry.configurations import Configuration

app = typer.Typer(
    no_args_is_help=True,
    help="Configurations: profiles (.mobileconfig) that blueprints hold for managed devices.",
)

Name_ = Annotated[str, typer.Argument(help="Name or id of the configuration.")]
Platforms_ = Annotated[
    list[str] | None,
    typer.Option(
        "--platform",
        help="MACOS, IOS, TVOS or VISIONOS; may be repeated. Default: found from the payloads.",
    ),
]


@app.command("add")
def add(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The unsigned profile, a .mobileconfig file.")],
    name: Annotated[str | None, typer.Option(help="Name; default that of the file.")] = None,
    platform: Platforms_ = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Add a profile. Only property lists below 1 MB whose PayloadVersion is 1 are taken."""
    from pomona.registry import configurations
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        profile = _profile(file)
        of = organization(runtime, org)
        made = runtime.store.write_sync(
            lambda tx: configurations.create(
                tx,
                of.id,
                name or file.stem,
                profile,
                filename=_file_name(file),
                platforms=_platforms(platform),
                actor=OPERATOR,
                now=runtime.clock.now(),
                rng=runtime.rng,
            )
        )
    show_record(made.name, _record(made), as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List an organisation's configurations."""
    from pomona.registry import configurations

    found = collections.every(ctx, org, configurations.of_organization)
    show_list("Configurations", [_record(each) for each in found], as_json,
              columns=("name", "platforms", "version", "updated", "id"))  # fmt: skip


@app.command("show")
def show(ctx: typer.Context, name: Name_, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one configuration, without its profile."""
    from pomona.registry import configurations

    found = collections.one(ctx, org, configurations.find, name)
    show_record(found.name, _record(found), as_json)


@app.command("export")
def export(
    ctx: typer.Context,
    name: Name_,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; default standard output.")
    ] = None,
    org: Organization_ = None,
) -> None:
    """Write the profile, byte for byte as it was added."""
    from pomona.registry import configuration_profiles, configurations

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        text = runtime.store.read_sync(
            lambda tx: configurations.profile_text(tx, configurations.find(tx, of.id, name))
        )
    content = configuration_profiles.content_of(text)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        out.write_bytes(content)
    except OSError as problem:
        refuse(f"{out}: {problem.strerror}")
    typer.echo(f"{out}: {len(content)} bytes", err=True)


@app.command("update")
def update(
    ctx: typer.Context,
    name: Name_,
    new_name: Annotated[str | None, typer.Option("--name", help="New name.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="The new profile, a .mobileconfig file.")
    ] = None,
    platform: Platforms_ = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Change a configuration; what is not named stays, the platforms too."""
    from pomona.registry import configurations
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        profile = None if file is None else _profile(file)
        of = organization(runtime, org)
        changed = runtime.store.write_sync(
            lambda tx: configurations.update(
                tx,
                configurations.find(tx, of.id, name),
                name=new_name,
                profile=profile,
                filename=None if file is None else _file_name(file),
                platforms=_platforms(platform),
                actor=OPERATOR,
                now=runtime.clock.now(),
            )
        )
    show_record(changed.name, _record(changed), as_json)


@app.command("delete")
def delete(ctx: typer.Context, name: Name_, org: Organization_ = None) -> None:
    """Delete a configuration that no blueprint has."""
    from pomona.registry import configurations

    collections.change(ctx, org, configurations.find, name, configurations.delete)
    typer.echo(f"{name}: deleted")


def _profile(file: Path) -> "Profile":
    from pomona.registry import configuration_profiles

    return configuration_profiles.read(configuration_profiles.text_of(read_file(file)))


def _file_name(file: Path) -> str | None:
    """A file that is called otherwise gets a name from the configuration's id."""
    return file.name if file.suffix == ".mobileconfig" else None


def _platforms(names: list[str] | None) -> list[str] | None:
    return [f"PLATFORM_{name.upper().removeprefix('PLATFORM_')}" for name in names] if names else None


def _record(configuration: "Configuration") -> dict[str, Any]:
    return {
        "name": configuration.name,
        "id": configuration.uuid,
        "file": configuration.filename,
        "platforms": ", ".join(name.removeprefix("PLATFORM_") for name in configuration.platforms),
        "version": configuration.version,
        "created": when(configuration.created_at),
        "updated": when(configuration.updated_at),
    }
