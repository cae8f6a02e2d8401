"""What a webhook was and is sent: a test, once more, and the list of it all."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, say, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.webhook_log import Attempt, Line
    from pomona.registry.webhooks import Webhook

Webhook_ = Annotated[str, typer.Argument(help="Name or id of the webhook.")]


def send_test(
    ctx: typer.Context, webhook: Webhook_, org: Organization_ = None, as_json: Json = False
) -> None:
    """Send a test message now, from here, and print what was answered. Exit status 1 when it did not arrive."""
    import asyncio

    from pomona.registry import webhook_log, webhook_messages, webhooks
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        found = runtime.store.read_sync(lambda tx: webhooks.find(tx, of.id, webhook))
        message_id = runtime.store.write_sync(
            lambda tx: webhook_messages.send_test(
                tx, found, OPERATOR.name, now=runtime.clock.now(), rng=runtime.rng
            )
        )
        asyncio.run(_sent(runtime, found, message_id))
        message = runtime.store.read_sync(lambda tx: webhook_messages.get(tx, found, message_id))
        attempt = runtime.store.read_sync(lambda tx: webhook_log.attempts(tx, message))[-1]
    show_record(message_id, {"state": message.state, **_attempt(attempt)}, as_json)
    if attempt.problem:
        raise typer.Exit(1)


def replay(
    ctx: typer.Context,
    webhook: Webhook_,
    message: Annotated[str | None, typer.Option(help="Id of the message to send again, msg_….")] = None,
    since: Annotated[
        str | None, typer.Option(help="Send again what was made since then, like 2026-01-02T03:04:05Z.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="With --since: only what was given up.")] = False,
    org: Organization_ = None,
) -> None:
    """Send messages again, with the ids that they had. A running server sends them."""
    from pomona.formats.times import parse_iso
    from pomona.registry import webhook_log, webhooks
    from pomona.registry.actors import OPERATOR

    if (message is None) == (since is None):
        refuse("say which: --message or --since.")
    with installation(ctx) as runtime:
        of = organization(runtime, org)
        now = runtime.clock.now()
        found = runtime.store.read_sync(lambda tx: webhooks.find(tx, of.id, webhook))
        if message is not None:
            runtime.store.write_sync(
                lambda tx: webhook_log.replay(tx, found, message, actor=OPERATOR, now=now)
            )
            count = 1
        else:
            try:
                moment = parse_iso(since or "")
            except ValueError as problem:
                refuse(problem)
            count = runtime.store.write_sync(
                lambda tx: webhook_log.replay_since(
                    tx, found, moment, only_failed=failed, actor=OPERATOR, now=now
                )
            )
    say(f"{found.name}: {count} to be sent again")


def deliveries(
    ctx: typer.Context,
    webhook: Webhook_,
    state: Annotated[str | None, typer.Option(help="PENDING, DELIVERED or FAILED only.")] = None,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=10_000)] = 50,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """List what was sent to a webhook, and what came of it."""
    from pomona.registry import webhook_log, webhooks

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        found = runtime.store.read_sync(lambda tx: webhooks.find(tx, of.id, webhook))
        wanted = None if state is None else state.strip().upper()
        lines = runtime.store.read_sync(lambda tx: webhook_log.lines(tx, found, state=wanted, limit=limit))
    show_list("Deliveries", [_line(each) for each in lines], as_json,
              columns=("message", "type", "state", "attempts", "answered", "problem"))  # fmt: skip


async def _sent(runtime: Any, webhook: "Webhook", message_id: str) -> None:
    """Waits for a message to be sent, by this process or by a server that was quicker."""
    import asyncio
    import os

    from pomona.registry import webhook_messages
    from pomona.work.webhooks import WebhookWorker

    worker = WebhookWorker(runtime, f"cli:{os.getpid()}")
    try:
        while True:
            await worker.serve(webhook.id)
            message = await runtime.store.read(lambda tx: webhook_messages.get(tx, webhook, message_id))
            if message.state != "PENDING":
                return
            await asyncio.sleep(0.1)
    finally:
        await worker.close()


def _line(line: "Line") -> dict[str, Any]:
    last: dict[str, Any] = {"answered": None, "problem": ""} if line.last is None else _attempt(line.last)
    return {
        "message": line.message_id,
        "type": line.type,
        "state": line.state,
        "attempts": line.attempts,
        "made": when(line.created_at),
        "due": when(line.due_at) if line.state == "PENDING" else "",
        **last,
    }


def _attempt(attempt: "Attempt") -> dict[str, Any]:
    return {
        "answered": attempt.status,
        "milliseconds": attempt.millis,
        "problem": attempt.problem,
        "response": attempt.response,
    }
