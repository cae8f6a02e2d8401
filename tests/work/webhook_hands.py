"""Hands for tests of webhooks: make them, let a worker go over them, and look at their log. Each call commits."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from pomona.registry import audit, webhook_log, webhook_messages, webhooks
from pomona.registry.audit import Subject
from pomona.registry.webhook_log import Line
from pomona.registry.webhooks import Made, Wanted, Webhook
from pomona.runtime import Runtime
from pomona.work.webhooks import WebhookWorker
from tests.support.webhook_receivers import Receiver
from tests.support.worlds import ADMIN, World

T = TypeVar("T")
HOUR = 3_600_000
DAY = 24 * HOUR


def world_of(runtime: Runtime, name: str = "Example") -> World:
    """An organisation whose time is the runtime's."""
    world = World(runtime.store, name)
    world.now = runtime.clock.now()
    return world


def add(runtime: Runtime, world: World, receiver: Receiver, name: str = "Hook", *events: str) -> Webhook:
    """A webhook of the organisation at the receiver, which learns its secret."""
    made = add_with_secret(runtime, world, receiver.url, name, *events)
    receiver.secrets.append(made.secret)
    return made.webhook


def add_with_secret(runtime: Runtime, world: World, url: str, name: str = "Hook", *events: str) -> Made:
    """A webhook, with its secret."""
    wanted = Wanted(name=name, url=url, events=events)
    return runtime.store.write_sync(
        partial(webhooks.add, organization_id=world.id, wanted=wanted, actor=ADMIN, now=runtime.clock.now(),
                keys=runtime.keys, rng=runtime.rng)
    )  # fmt: skip


def update(runtime: Runtime, webhook: Webhook, **values: object) -> Webhook:
    """Changes a webhook."""
    wanted = Wanted(**values)  # type: ignore[arg-type]
    return runtime.store.write_sync(
        lambda tx: webhooks.update(tx, webhook, wanted, actor=ADMIN, now=runtime.clock.now())
    )


def send_test(runtime: Runtime, webhook: Webhook) -> str:
    """Presses the test button."""
    return runtime.store.write_sync(
        lambda tx: webhook_messages.send_test(tx, webhook, "pat", now=runtime.clock.now(), rng=runtime.rng)
    )


def working(runtime: Runtime, work: Callable[[WebhookWorker], Awaitable[T]], name: str = "w") -> T:
    """Runs something with a worker."""

    async def run() -> T:
        worker = WebhookWorker(runtime, name)
        try:
            return await work(worker)
        finally:
            await worker.close()

    return asyncio.run(run())


async def go_over(worker: WebhookWorker) -> None:
    """Makes everything that is to be sent, and sends what is due."""
    while await worker.look():
        pass
    await worker.settle()


def deliver(runtime: Runtime, later: int = 0) -> None:
    """Lets a worker do all there is to do now, or `later` (ms)."""
    runtime.clock.offset += later
    working(runtime, go_over)


def reread(runtime: Runtime, webhook: Webhook) -> Webhook:
    """The webhook as it is now."""
    return runtime.store.read_sync(lambda tx: webhooks.get(tx, webhook.organization_id, webhook.uuid))


def lines(runtime: Runtime, webhook: Webhook) -> list[Line]:
    """Its messages, oldest first."""
    return runtime.store.read_sync(lambda tx: webhook_log.lines(tx, webhook, limit=10_000))[::-1]


def happen(runtime: Runtime, world: World, count: int = 1) -> None:
    """So many orders are received: one message each."""
    after = {"order_type": "OR", "ordered_at": 0, "po_number": "", "supplier_kind": "RESELLER", "supplier_number": "1",
             "supplier": "S", "available": 0, "pending": 0, "returned": 0, "refused": 0}  # fmt: skip
    for n in range(count):
        runtime.store.write_sync(
            partial(audit.record, organization_id=world.id, type="ORDER_RECEIVED", actor=ADMIN,
                    subject=Subject("ORDER", f"1:{n}", f"A{n}"), now=runtime.clock.now(), after=after)
        )  # fmt: skip


def expand(runtime: Runtime) -> None:
    """Makes messages of what happened, and sends none."""
    for id in runtime.store.read_sync(webhook_messages.behind):
        make = partial(webhook_messages.expand, webhook_id=id, keys=runtime.keys, now=runtime.clock.now())
        while runtime.store.write_sync(make):
            pass
