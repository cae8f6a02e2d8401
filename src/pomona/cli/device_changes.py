"""`pomona device assign`, `unassign` and `release`: each is an activity, done by the server or, without one, here."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, finish, installation, organization
from pomona.cli.output import Json, refuse, say, show_json, show_record, show_table
from pomona.cli.serial_files import all_serials

if TYPE_CHECKING:
    from pomona.registry.activities import Activity
    from pomona.registry.organizations import Organization
    from pomona.registry.previews import Preview
    from pomona.runtime import Runtime

Serials = Annotated[list[str] | None, typer.Argument(help="Serial numbers.")]
File = Annotated[Path | None, typer.Option("--file", help="CSV file with a column of serial numbers.")]
Preview_ = Annotated[bool, typer.Option("--preview", help="Say what would happen, and do nothing.")]

_NAMED = 20


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
        target = _service(runtime, owner, service)
        if preview:
            _show_preview(runtime, owner, "ASSIGN_DEVICES", wanted, target, as_json)
            return
        _do(runtime, owner, "ASSIGN_DEVICES", wanted, target, as_json)


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
        target = None if service is None else _service(runtime, owner, service)
        if preview:
            _show_preview(runtime, owner, "UNASSIGN_DEVICES", wanted, target, as_json)
            return
        _do(runtime, owner, "UNASSIGN_DEVICES", wanted, target, as_json)


def release(
    ctx: typer.Context,
    serials: Serials = None,
    file: File = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    preview: Preview_ = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Release devices from the organisation: sold, lost or beyond repair. This cannot be undone.

    Never release a device that goes to repair: its replacement would not be added.
    """
    wanted = all_serials(serials, file)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        if preview:
            _show_preview(runtime, owner, "RELEASE_DEVICES", wanted, None, as_json)
            return
        if not yes:
            _show_preview(runtime, owner, "RELEASE_DEVICES", wanted, None, False, err=True)
            which = wanted[0] if len(wanted) == 1 else f"{len(wanted)} devices"
            question = f"Release {which} from {owner.name}? This cannot be undone."
            if not typer.confirm(question, err=True):
                refuse("nothing was released")
        _do(runtime, owner, "RELEASE_DEVICES", wanted, None, as_json)


def _service(runtime: "Runtime", owner: "Organization", text: str) -> int:
    from pomona.registry import services

    return runtime.store.read_sync(lambda tx: services.find(tx, owner.id, text)).id


def _do(
    runtime: "Runtime",
    owner: "Organization",
    type: str,
    serials: list[str],
    service_id: int | None,
    as_json: bool,
) -> None:
    from pomona.registry import activities, results
    from pomona.registry.actors import OPERATOR

    created = runtime.store.write_sync(
        lambda tx: activities.create(
            tx,
            owner.id,
            type,
            serials,
            service_id=service_id,
            actor=OPERATOR,
            now=runtime.clock.now(),
            rng=runtime.rng,
            limit=runtime.settings.activity_limit,
        )
    )
    done = finish(runtime, created)
    failing = runtime.store.read_sync(lambda tx: results.failures(tx, done.id, limit=_NAMED))
    problems = [{"serial": row.serial, "reason": row.result.words[1]} for row in failing]
    record = _record(done)
    if as_json:
        show_json(record | {"failing": problems})
    else:
        show_record(type.replace("_", " ").capitalize(), record, False)
        for problem in problems:
            say(f"{problem['serial']}: {problem['reason'].replace('_', ' ').lower()}")
        if done.failed > len(problems):
            say(f"and {done.failed - len(problems)} more: pomona activity log {done.uuid}")
    if done.failed or done.status != "COMPLETED":
        raise typer.Exit(1)


def _record(activity: "Activity") -> dict[str, Any]:
    return {
        "activity": activity.uuid,
        "status": activity.status,
        "sub_status": activity.sub_status,
        "succeeded": activity.succeeded,
        "failed": activity.failed,
    }


def _show_preview(
    runtime: "Runtime",
    owner: "Organization",
    type: str,
    serials: list[str],
    service_id: int | None,
    as_json: bool,
    *,
    err: bool = False,
) -> None:
    from pomona.registry import previews, services

    found: Preview = runtime.store.scan_sync(
        lambda tx: previews.preview(tx, owner.id, type, serials, service_id=service_id, failing=_NAMED)
    )
    names = {
        each.id: each.name
        for each in runtime.store.read_sync(lambda tx: services.of_organization(tx, owner.id))
    }
    shares = [
        {
            "devices": share.count,
            "kind": None if share.kind is None else share.kind.label,
            "service": names.get(share.service_id or 0),
            "would": "change" if share.result == 1 else share.result.name.replace("_", " ").lower(),
        }
        for share in found.shares
    ]
    if as_json:
        failing = [{"serial": serial, "reason": result.words[1]} for serial, result in found.failing]
        show_json({"total": found.total, "changing": found.changing, "shares": shares, "failing": failing})
    elif err:
        for share in shares:
            of = " ".join(str(part) for part in (share["kind"], share["service"]) if part)
            say(f"{share['devices']:>8} {of}: {share['would']}")
    else:
        show_table("What would happen", tuple(shares[0]), [tuple(share.values()) for share in shares])
