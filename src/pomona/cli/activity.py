"""`pomona activity`: bulk changes of devices, how they went, and their logs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization
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
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """List activities, newest first."""
    from pomona.registry import activities

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        found = runtime.store.read_sync(lambda tx: activities.newest(tx, owner.id, limit=limit))
    shown = [_record(each) for each in found if not running or each.status == "IN_PROGRESS"]
    show_list("Activities", shown, as_json, columns=_COLUMNS)


@app.command("show")
def show(ctx: typer.Context, id: Id = None, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one activity."""
    with installation(ctx) as runtime:
        found = _find(runtime, org, id)
    show_record(found.uuid, _record(found), as_json)


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
    }
