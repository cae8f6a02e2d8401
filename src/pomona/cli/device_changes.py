"""`pomona device assign`, `unassign`, `release` and `keep`: each is an activity, done by the server or, without one, here."""

from pathlib import Path
from typing import Annotated

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.device_activities import do, service_id, show_preview
from pomona.cli.output import Json, refuse
from pomona.cli.serial_files import all_serials

Serials = Annotated[list[str] | None, typer.Argument(help="Serial numbers.")]
File = Annotated[Path | None, typer.Option("--file", help="CSV file with a column of serial numbers.")]
Preview_ = Annotated[bool, typer.Option("--preview", help="Say what would happen, and do nothing.")]


def assign(
    ctx: typer.Context,
    service: Annotated[str, typer.Argument(help="Name or id of the service they go to.")],
    serials: Serials = None,
    file: File = None,
    preview: Preview_ = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Assign devices to a device management service; one that is on another moves. Fails if any device could not."""
    wanted = all_serials(serials, file)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        target = service_id(runtime, owner, service)
        if preview:
            show_preview(runtime, owner, "ASSIGN_DEVICES", wanted, as_json, service=target)
            return
        do(runtime, owner, "ASSIGN_DEVICES", wanted, as_json, service=target)


def unassign(
    ctx: typer.Context,
    serials: Serials = None,
    file: File = None,
    service: Annotated[
        str | None, typer.Option(help="Only those that are on this service, by name or id.")
    ] = None,
    preview: Preview_ = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Take devices off their device management services. Fails if any device could not be."""
    wanted = all_serials(serials, file)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        target = None if service is None else service_id(runtime, owner, service)
        if preview:
            show_preview(runtime, owner, "UNASSIGN_DEVICES", wanted, as_json, service=target)
            return
        do(runtime, owner, "UNASSIGN_DEVICES", wanted, as_json, service=target)


def release(
    ctx: typer.Context,
    serials: Serials = None,
    file: File = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    preview: Preview_ = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Release devices from the organisation: sold, lost or beyond repair. This cannot be undone once it is final.

    It is final at once, unless the organisation puts releases off (`pomona org grace`); until then `pomona device keep` takes
    it back. Never release a device that goes to repair: its replacement would not be added.
    """
    from pomona.registry import releases

    wanted = all_serials(serials, file)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        if preview:
            show_preview(runtime, owner, "RELEASE_DEVICES", wanted, as_json)
            return
        if not yes:
            show_preview(runtime, owner, "RELEASE_DEVICES", wanted, False, err=True)
            hours = runtime.store.read_sync(lambda tx: releases.grace(tx, owner.id))
            final = f"This is final in {hours} hours." if hours else "This cannot be undone."
            which = wanted[0] if len(wanted) == 1 else f"{len(wanted)} devices"
            question = f"Release {which} from {owner.name}? {final}"
            if not typer.confirm(question, err=True):
                refuse("nothing was released")
        do(runtime, owner, "RELEASE_DEVICES", wanted, as_json)


def keep(
    ctx: typer.Context,
    serials: Serials = None,
    file: File = None,
    preview: Preview_ = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Take back the release of devices, while it is not final. Fails if any device is not about to leave."""
    wanted = all_serials(serials, file)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        if preview:
            show_preview(runtime, owner, "KEEP_DEVICES", wanted, as_json)
            return
        do(runtime, owner, "KEEP_DEVICES", wanted, as_json)
