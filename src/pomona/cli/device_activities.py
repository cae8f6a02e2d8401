"""What the commands that change devices have in common: say what would happen, do it, and say what happened."""

from typing import TYPE_CHECKING, Any

import typer

from pomona.cli.context import finish
from pomona.cli.output import say, show_json, show_record, show_table

if TYPE_CHECKING:
    from pomona.registry.activities import Activity
    from pomona.registry.organizations import Organization
    from pomona.registry.previews import Preview
    from pomona.runtime import Runtime

NAMED = 20
"""Serials that are named of those that fail."""


def service_id(runtime: "Runtime", owner: "Organization", text: str) -> int:
    """The internal id of a service that a person named."""
    from pomona.registry import services

    return runtime.store.read_sync(lambda tx: services.find(tx, owner.id, text)).id


def do(
    runtime: "Runtime",
    owner: "Organization",
    type: str,
    serials: list[str],
    as_json: bool,
    *,
    service: int | None = None,
    deadline: int | None = None,
) -> None:
    """Makes an activity, waits for its end and shows it; exit status 1 when any device could not be changed."""
    from pomona.registry import activities
    from pomona.registry.actors import OPERATOR

    created = runtime.store.write_sync(
        lambda tx: activities.create(
            tx,
            owner.id,
            type,
            serials,
            service_id=service,
            deadline=deadline,
            actor=OPERATOR,
            now=runtime.clock.now(),
            rng=runtime.rng,
            limit=runtime.settings.activity_limit,
        )
    )
    report(runtime, finish(runtime, created), as_json)


def report(runtime: "Runtime", done: "Activity", as_json: bool) -> None:
    """Shows how an activity ended; exit status 1 when any device could not be changed."""
    from pomona.registry import results

    failing = runtime.store.read_sync(lambda tx: results.failures(tx, done.id, limit=NAMED))
    problems = [
        {"serial": row.serial, "reason": row.result.words[1]}
        | ({"by": row.changed_by} if row.changed_by else {})
        for row in failing
    ]
    record = _record(done)
    if as_json:
        show_json(record | {"failing": problems})
    else:
        show_record(done.type.replace("_", " ").capitalize(), record, False)
        for problem in problems:
            by = f", by {problem['by']}" if "by" in problem else ""
            say(f"{problem['serial']}: {problem['reason'].replace('_', ' ').lower()}{by}")
        if done.failed > len(problems):
            say(f"and {done.failed - len(problems)} more: pomona activity log {done.uuid}")
    if done.failed or done.status != "COMPLETED":
        raise typer.Exit(1)


def show_preview(
    runtime: "Runtime",
    owner: "Organization",
    type: str,
    serials: list[str],
    as_json: bool,
    *,
    service: int | None = None,
    deadline: int | None = None,
    err: bool = False,
) -> None:
    """Says what an activity would do; on standard error in a few lines, before a question."""
    from pomona.registry import previews

    found: Preview = runtime.store.scan_sync(
        lambda tx: previews.preview(
            tx,
            owner.id,
            type,
            serials,
            service_id=service,
            deadline=deadline,
            now=runtime.clock.now(),
            failing=NAMED,
        )
    )
    print_preview(runtime, owner, found, as_json, err=err)


def print_preview(
    runtime: "Runtime", owner: "Organization", found: "Preview", as_json: bool, *, err: bool = False
) -> None:
    """Shows a preview."""
    from pomona.registry import services

    known = runtime.store.read_sync(lambda tx: services.of_organization(tx, owner.id))
    names = {each.id: each.name for each in known}
    shares = [
        {
            "devices": share.count,
            "kind": None if share.kind is None else share.kind.label,
            "service": names.get(share.service_id or 0),
            "would": "change" if share.result == 1 else share.result.name.replace("_", " ").lower(),
        }
        for share in found.shares
    ]
    warnings = [
        {"reason": each.reason, "devices": each.count, "serials": list(each.serials[:NAMED])}
        for each in found.warnings
    ]
    if as_json:
        failing = [{"serial": serial, "reason": result.words[1]} for serial, result in found.failing]
        show_json({"total": found.total, "changing": found.changing, "shares": shares, "failing": failing,
                   "warnings": warnings})  # fmt: skip
        return
    if err:
        for share in shares:
            of = " ".join(str(part) for part in (share["kind"], share["service"]) if part)
            say(f"{share['devices']:>8} {of}: {share['would']}")
    else:
        show_table("What would happen", tuple(shares[0]), [tuple(share.values()) for share in shares])
    for each in found.warnings:
        named = ", ".join(each.serials[:3]) + (" …" if each.count > 3 else "")
        say(f"WARNING: {each.count} ({named}): {each.sentence}")


def _record(activity: "Activity") -> dict[str, Any]:
    from pomona.cli.output import when

    record: dict[str, Any] = {
        "activity": activity.uuid,
        "status": activity.status,
        "sub_status": activity.sub_status,
        "succeeded": activity.succeeded,
        "failed": activity.failed,
    }
    if activity.final_at is not None:
        record["final"] = when(activity.final_at)
    return record
