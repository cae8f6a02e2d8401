"""`pomona activity`: bulk changes of devices, how they went, and their logs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, finish, installation, organization
from pomona.cli.device_activities import NAMED, print_preview, report
from pomona.cli.device_migration import moment
from pomona.cli.output import Json, refuse, say, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.activities import Activity
    from pomona.runtime import Runtime

app = typer.Typer(no_args_is_help=True, help="Activities: every bulk change of devices is one, with a log.")

Id = Annotated[str | None, typer.Argument(help="Id of the activity; default the newest.")]

_COLUMNS = ("id", "type", "status", "sub_status", "done", "failed", "by", "created")
_ROWS = 5_000


@app.command("list")
def list_(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")] = 50,
    running: Annotated[bool, typer.Option("--running", help="Only those that have not ended.")] = False,
    type: Annotated[
        list[str] | None, typer.Option(help="Of this type, like ASSIGN_DEVICES; may be repeated.")
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option(help="In this state, like 'completed with issues'; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Asked for at this time or later, as 2027-01-15T08:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Asked for at this time or before.")] = None,
    by: Annotated[str, typer.Option(help="Name or id of who asked.")] = "",
    service: Annotated[str | None, typer.Option(help="About this service, by name or id.")] = None,
    device: Annotated[str, typer.Option(help="Serial number of a device that it was about.")] = "",
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """List activities, newest first. Filters are combined."""
    from pomona.registry import activity_search, services

    words = [*(status or ()), *(["IN_PROGRESS"] if running else ())]
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        states = tuple(activity_search.state(word) for word in words)
        of = service and runtime.store.read_sync(lambda tx: services.find(tx, owner.id, service))
        wanted = activity_search.ActivityFilter(
            tuple(each.upper() for each in type or ()), states, moment(since), moment(until), by,
            of.id if of else None, device.strip().upper(),
        )  # fmt: skip
        found = runtime.store.read_sync(lambda tx: activity_search.search(tx, owner.id, wanted, limit=limit))
    show_list("Activities", [_record(each) for each in found.activities], as_json, columns=_COLUMNS)


@app.command("show")
def show(ctx: typer.Context, id: Id = None, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one activity."""
    from pomona.registry import activity_records, undo

    with installation(ctx) as runtime:
        found = _find(runtime, org, id)
        now, days = runtime.clock.now(), runtime.settings.undo_days
        obstacle = runtime.store.read_sync(lambda tx: undo.obstacle(tx, found, now=now, days=days))
        origin = found.origin_id and runtime.store.read_sync(
            lambda tx: activity_records.by_id(tx, found.origin_id or 0)
        )
        after = runtime.store.read_sync(lambda tx: activity_records.following(tx, found))
    record = _record(found) | {"can_be_undone": obstacle is None, "why_not": obstacle}
    if origin:
        record["undoes" if found.type == undo.TYPE else "finishes"] = origin.uuid
    for each in after:
        record["undone_by" if each.type == undo.TYPE else "finished_by"] = each.uuid
    show_record(found.uuid, record, as_json)


@app.command("undo")
def undo_(
    ctx: typer.Context,
    id: Id = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would happen, and do nothing.")
    ] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Put every device back that is still as an activity left it, by a new activity. Fails if any could not be."""
    from pomona.registry import activities, previews
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        found, days = _find(runtime, org, id), runtime.settings.undo_days
        if preview:
            seen = runtime.store.scan_sync(
                lambda tx: previews.undoing(tx, found, now=runtime.clock.now(), days=days, failing=NAMED)
            )
            print_preview(runtime, organization(runtime, org), seen, as_json)
            return
        made = runtime.store.write_sync(
            lambda tx: activities.undoing(
                tx, found, actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng, days=days
            )
        )
        report(runtime, finish(runtime, made), as_json)


@app.command("stop")
def stop(ctx: typer.Context, id: Id = None, org: Organization_ = None, as_json: Json = False) -> None:
    """Stop an activity: what is done stays done, the rest is left as it is."""
    from pomona.registry import activities
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        found = _find(runtime, org, id)
        if found.status != "IN_PROGRESS":
            refuse(f"the activity {found.uuid} has ended already: {found.status}")
        stopped = runtime.store.write_sync(
            lambda tx: activities.stop(tx, found, actor=OPERATOR, now=runtime.clock.now())
        )
    show_record(stopped.uuid, _record(stopped), as_json)


@app.command("log")
def log(
    ctx: typer.Context,
    id: Id = None,
    output: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
    org: Organization_ = None,
) -> None:
    """Print the log of an activity as CSV: what became of each device."""
    from pomona.business_api.activity_logs import head
    from pomona.registry import results

    with installation(ctx) as runtime:
        found = _find(runtime, org, id)
        try:
            file = sys.stdout if output is None else output.open("w", encoding="utf-8", newline="")
        except OSError as problem:
            refuse(f"{output}: {problem.strerror}")
        file.write(head(found))
        after, more = -1, True
        while more:
            lines = runtime.store.scan_sync(
                lambda tx: results.lines(tx, found.id, after=after, limit=_ROWS)  # noqa: B023
            )
            file.write(lines.text)
            after, more = lines.last, lines.size == _ROWS
        if output is not None:
            file.close()
            say(f"written to {output}")


def _find(runtime: "Runtime", org: str | None, id: str | None) -> "Activity":
    from pomona.registry import activities

    owner = organization(runtime, org)
    if id is not None:
        return runtime.store.read_sync(lambda tx: activities.get(tx, owner.id, id))
    newest = runtime.store.read_sync(lambda tx: activities.newest(tx, owner.id, limit=1))
    if not newest:
        refuse("there is no activity yet")
    return newest[0]


def _record(activity: "Activity") -> dict[str, Any]:
    return {
        "id": activity.uuid,
        "type": activity.type,
        "status": activity.status,
        "sub_status": activity.sub_status,
        "total": activity.total,
        "done": activity.succeeded,
        "failed": activity.failed,
        "by": activity.actor.name,
        "created": when(activity.created_at),
        "started": when(activity.started_at) or None,
        "completed": when(activity.completed_at) or None,
        "deadline": when(activity.deadline) or None,
        "final": when(activity.final_at) or None,
        "problem": activity.metadata.get("problem"),
    }
