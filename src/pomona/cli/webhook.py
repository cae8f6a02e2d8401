"""`pomona webhook`: where Pomona reports what happens in an organisation, what it sent there, and sending it again."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import collections, webhook_sending
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, say, show_list, show_record, when
from pomona.cli.webhook_sending import Webhook_

if TYPE_CHECKING:
    from pomona.registry.webhooks import Webhook

app = typer.Typer(
    no_args_is_help=True,
    help="Webhooks: programs that are told of what happens, with messages signed by Standard Webhooks.",
)

app.command("test")(webhook_sending.send_test)
app.command("replay")(webhook_sending.replay)
app.command("deliveries")(webhook_sending.deliveries)

Events_ = Annotated[
    list[str] | None,
    typer.Option("--event", help="A type of event, such as device.added; may be repeated. All without any."),
]


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is called here.")],
    url: Annotated[str, typer.Argument(help="Where messages are sent: http:// or https://.")],
    event: Events_ = None,
    secret: Annotated[
        str | None, typer.Option(help="Secret to sign with, whsec_ and base64; made and printed without it.")
    ] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Add a webhook, and print its secret: it is shown this once."""
    from pomona.registry import webhooks
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        wanted = webhooks.Wanted(name=name, url=url, events=event, secret=secret)
        made = runtime.store.write_sync(
            lambda tx: webhooks.add(
                tx, of.id, wanted, actor=OPERATOR, now=runtime.clock.now(), keys=runtime.keys, rng=runtime.rng
            )
        )
    show_record(made.webhook.name, {**_record(made.webhook), "secret": made.secret}, as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List an organisation's webhooks."""
    from pomona.registry import webhooks

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        found = runtime.store.read_sync(lambda tx: webhooks.of_organization(tx, of.id))
    show_list(
        "Webhooks", [_record(each) for each in found], as_json, columns=("name", "state", "url", "delivered")
    )


@app.command("show")
def show(ctx: typer.Context, webhook: Webhook_, org: Organization_ = None, as_json: Json = False) -> None:
    """Show a webhook, but never its secret."""
    from pomona.registry import webhooks

    found = collections.one(ctx, org, webhooks.find, webhook)
    show_record(found.name, _record(found), as_json)


@app.command("types")
def types(as_json: Json = False) -> None:
    """List the types of events."""
    from pomona.registry.event_types import EVENT_TYPES

    show_list("Events", [{"type": type, "meaning": said} for type, said in EVENT_TYPES.items()], as_json)


@app.command("update")
def update(
    ctx: typer.Context,
    webhook: Webhook_,
    name: Annotated[str | None, typer.Option(help="New name.")] = None,
    url: Annotated[str | None, typer.Option(help="New address.")] = None,
    event: Events_ = None,
    all_events: Annotated[bool, typer.Option("--all-events", help="Tell it of everything.")] = False,
    enable: Annotated[bool | None, typer.Option("--enable/--disable", help="Switch it on or off.")] = None,
    skip_missed: Annotated[
        bool, typer.Option("--skip-missed", help="With --enable: do not send what happened meanwhile.")
    ] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Change a webhook: its name, address or events; switch it off, or on again."""
    from pomona.registry import webhooks

    wanted = webhooks.Wanted(
        name=name, url=url, events=[] if all_events else event, enabled=enable, skip_missed=skip_missed
    )
    changed = collections.change(ctx, org, webhooks.find, webhook, partial(webhooks.update, wanted=wanted))
    show_record(changed.name, _record(changed), as_json)


@app.command("remove")
def remove(ctx: typer.Context, webhook: Webhook_, org: Organization_ = None) -> None:
    """Remove a webhook and the log of what it was sent."""
    from pomona.registry import webhooks

    collections.change(ctx, org, webhooks.find, webhook, webhooks.remove)
    say(f"{webhook}: removed")


@app.command("rotate-secret")
def rotate_secret(
    ctx: typer.Context,
    webhook: Webhook_,
    hours: Annotated[int, typer.Option(help="How long messages are signed with the old one too.")] = 24,
    secret: Annotated[
        str | None, typer.Option(help="The new secret, whsec_ and base64; made and printed without it.")
    ] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Give a webhook a new secret, and print it: it is shown this once."""
    from pomona.registry import webhooks
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        of = organization(runtime, org)
        made = runtime.store.write_sync(
            lambda tx: webhooks.rotate(
                tx,
                webhooks.find(tx, of.id, webhook),
                secret,
                hours=hours,
                actor=OPERATOR,
                now=runtime.clock.now(),
                keys=runtime.keys,
                rng=runtime.rng,
            )
        )
    show_record(made.webhook.name, {**_record(made.webhook), "secret": made.secret}, as_json)


def _record(webhook: "Webhook") -> dict[str, Any]:
    return {
        "name": webhook.name,
        "id": webhook.uuid,
        "url": webhook.url,
        "events": ", ".join(webhook.events) or "all",
        "state": webhook.state,
        "failing_since": when(webhook.failing_since),
        "delivered": when(webhook.delivered_at),
        "old_secret_until": when(webhook.old_secret_until),
        "created": when(webhook.created_at),
    }
