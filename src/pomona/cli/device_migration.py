"""`pomona device migrate` and `deadline`: devices go over to another service without being erased."""

from typing import Annotated

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.device_activities import do, service_id, show_preview
from pomona.cli.device_changes import File, Preview_, Serials
from pomona.cli.output import Json, refuse
from pomona.cli.serial_files import all_serials


def migrate(
    ctx: typer.Context,
    service: Annotated[str, typer.Argument(help="Name or id of the service they go to.")],
    serials: Serials = None,
    by: Annotated[
        str,
        typer.Option(help="When they must have gone over, as 2027-01-15T08:00:00Z; 90 days ahead at most."),
    ] = "",
    file: File = None,
    preview: Preview_ = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Assign devices to a service that they have to go over to by a deadline, without being erased.

    For iPhone, iPad and Mac that fetched their profile from another external service. The new service sees the deadline
    (protocol 8 and later), and so does a device that asks for its activation record.
    """
    wanted, deadline = all_serials(serials, file), moment(by or None)
    if deadline is None:
        refuse("say with --by until when the devices must have gone over")
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        target, type = service_id(runtime, owner, service), "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE"
        if preview:
            show_preview(runtime, owner, type, wanted, as_json, service=target, deadline=deadline)
            return
        do(runtime, owner, type, wanted, as_json, service=target, deadline=deadline)


def deadline(
    ctx: typer.Context,
    serials: Serials = None,
    at: Annotated[
        str | None, typer.Option(help="When, as 2027-01-15T08:00:00Z; without it the migration is cancelled.")
    ] = None,
    file: File = None,
    preview: Preview_ = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Set another deadline for devices that are to go over, or cancel that: they return to the service they came from.

    Only while they have not begun.
    """
    wanted, when = all_serials(serials, file), moment(at)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        type = "CANCEL_MDM_MIGRATION" if when is None else "UPDATE_MDM_MIGRATION_DEADLINE"
        if preview:
            show_preview(runtime, owner, type, wanted, as_json, deadline=when)
            return
        do(runtime, owner, type, wanted, as_json, deadline=when)


def moment(text: str | None) -> int | None:
    """A time that a person wrote, in ms; ends the command with a sentence when it is none."""
    from pomona.formats.times import parse_iso

    try:
        return None if text is None else parse_iso(text)
    except ValueError as problem:
        refuse(problem)
