"""`pomona enrollment`: devices that the built-in device management service manages, and commands for them."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization, read_file
from pomona.cli.output import Json, refuse, show_json, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.commands import Command
    from pomona.registry.enrollments import Enrollment
    from pomona.registry.organizations import Organization
    from pomona.runtime import Runtime

app = typer.Typer(
    no_args_is_help=True,
    help="Enrolments: devices that the built-in device management service manages, and commands for them.",
)

Device_ = Annotated[str, typer.Argument(help="Serial number, UDID or EnrollmentID.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    left: Annotated[bool, typer.Option("--left", help="Those that left too.")] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """List enrolments."""
    from pomona.registry import enrollments

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        found: list[Enrollment] = []
        after = 0
        while page := runtime.store.read_sync(
            partial(enrollments.of_organization, organization_id=of.id, after=after, left=left)
        ):
            found += page
            after = page[-1].id
    columns = ("serial", "kind", "status", "name", "product", "os", "account", "last_seen")
    show_list("Enrolments", [_record(each) for each in found], as_json, columns=columns)


@app.command("show")
def show(ctx: typer.Context, device: Device_, org: Organization_ = None, as_json: Json = False) -> None:
    """Show an enrolment, what the device reported, and its newest commands."""
    from pomona.registry import commands

    with installation(ctx) as runtime:
        found = _find(runtime, organization(runtime, org), device)
        listed = runtime.store.read_sync(lambda tx: commands.of_enrollment(tx, found, limit=20))
    rows = [_command(each) for each in listed]
    if as_json:
        show_json({**_record(found), "information": found.information, "commands": rows})
        return
    show_record(found.subject.name, {**_record(found), **found.information}, False)
    show_list("Commands", rows, False, columns=("command", "type", "state", "updated"))


@app.command("command")
def command(
    ctx: typer.Context,
    device: Device_,
    type: Annotated[str, typer.Argument(help="Request type, such as DeviceInformation or ProfileList.")],
    keys: Annotated[str, typer.Option(help="The command's own keys as a JSON object.")] = "{}",
    profile: Annotated[
        Path | None, typer.Option(help="For InstallProfile: the .mobileconfig file to install.")
    ] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Queue a command. The device takes it when it next asks; `pomona enrollment show` has the answer."""
    from pomona.management import commands
    from pomona.registry.actors import OPERATOR

    told = _keys(keys)
    if profile is not None:
        told["Payload"] = read_file(profile)
    with installation(ctx) as runtime:
        found = _find(runtime, organization(runtime, org), device)
        queued = runtime.store.write_sync(
            lambda tx: commands.queue(
                tx, found, type, told, actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng
            )
        )
    show_record(found.subject.name, _command(queued), as_json)


@app.command("unenrol")
def unenrol(
    ctx: typer.Context,
    device: Device_,
    at_once: Annotated[
        bool,
        typer.Option(
            "--at-once", help="Do not wait for the device: it is told when it next asks, if it ever does."
        ),
    ] = False,
    org: Organization_ = None,
) -> None:
    """End a device's management: it is sent a command to remove its enrolment profile."""
    from pomona.management import commands, profile
    from pomona.registry import enrollments
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        found = _find(runtime, of, device)
        now, keys = runtime.clock.now(), {"Identifier": profile.identifier(of)}
        if at_once:
            runtime.store.write_sync(lambda tx: enrollments.leave(tx, found, actor=OPERATOR, now=now))
        else:
            runtime.store.write_sync(
                lambda tx: commands.queue(
                    tx, found, "RemoveProfile", keys, actor=OPERATOR, now=now, rng=runtime.rng
                )
            )
    done = "managed no longer" if at_once else "will remove its profile when it next asks"
    typer.echo(f"{found.subject.name}: {done}")


def _find(runtime: "Runtime", of: "Organization", device: str) -> "Enrollment":
    from pomona.registry import enrollments

    return runtime.store.read_sync(lambda tx: enrollments.find(tx, of.id, device))


def _keys(text: str) -> dict[str, Any]:
    try:
        keys = json.loads(text)
    except ValueError as problem:
        refuse(f"--keys is not JSON: {problem}")
    if not isinstance(keys, dict):
        refuse('--keys must be a JSON object, such as \'{"Identifier":"com.example.profile"}\'.')
    return keys


def _record(enrollment: "Enrollment") -> dict[str, Any]:
    return {
        "serial": enrollment.serial,
        "id": enrollment.key,
        "kind": enrollment.kind,
        "status": enrollment.status,
        "name": enrollment.device_name,
        "product": enrollment.product_type,
        "os": enrollment.os_version,
        "account": enrollment.email,
        "awaiting_configuration": enrollment.awaiting_configuration,
        "enrolled": when(enrollment.enrolled_at),
        "left": when(enrollment.left_at),
        "last_seen": when(enrollment.last_seen),
    }


def _command(command: "Command") -> dict[str, Any]:
    from pomona.formats import plists

    record: dict[str, Any] = {
        "command": command.uuid,
        "type": command.type,
        "state": command.state,
        "queued": when(command.created_at),
        "updated": when(command.updated_at),
    }
    if command.result is not None:
        record["result"] = plists.loads(command.result)
    return record
