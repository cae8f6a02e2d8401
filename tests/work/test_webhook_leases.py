"""Several processes over one database: each message is sent by one at a time, and by another when that one fell silent."""

import asyncio
from functools import partial

from pomona.registry import webhook_messages
from pomona.registry.webhook_messages import LEASE, Outcome
from pomona.runtime import Runtime
from pomona.work.webhooks import WebhookWorker
from tests.support.webhook_receivers import Receiver
from tests.work.webhook_hands import add, deliver, expand, happen, lines, world_of


def test_two_workers_share_the_work(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    happen(runtime, world, 120)
    receiver.delay = 0.002

    async def run() -> None:
        workers = [WebhookWorker(runtime, name) for name in ("one", "two", "three")]

        async def work(worker: WebhookWorker) -> None:
            for _ in range(5):
                while await worker.look():
                    pass
                await worker.settle()

        await asyncio.gather(*(work(worker) for worker in workers))
        for worker in workers:
            await worker.close()

    asyncio.run(run())
    assert len(receiver.received) == 120, "each was sent once"
    assert len({got.id for got in receiver.received}) == 120
    assert {(line.state, line.attempts) for line in lines(runtime, webhook)} == {("DELIVERED", 1)}


def test_what_somebody_took_is_nobody_elses_until_the_lease_ends(
    runtime: Runtime, receiver: Receiver
) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    happen(runtime, world, 3)
    expand(runtime)
    now = runtime.clock.now()

    def take(worker: str, at: int) -> list[int]:
        take = partial(webhook_messages.take, webhook_id=webhook.id, worker=worker, most=2, now=at)
        return [message.id for message in runtime.store.write_sync(take)]

    first = take("dead", now)
    assert len(first) == 2
    assert len(take("alive", now)) == 1
    assert take("alive", now + LEASE - 1) == []
    assert runtime.store.read_sync(lambda tx: webhook_messages.due(tx, now + LEASE - 1)) == []
    assert runtime.store.read_sync(lambda tx: webhook_messages.due(tx, now + LEASE)) == [webhook.id]
    assert set(first) <= {*take("alive", now + LEASE), *take("alive", now + LEASE)}


def test_a_lease_of_a_clock_that_was_set_back_holds_nobody_up(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    add(runtime, world, receiver)
    happen(runtime, world)
    expand(runtime)
    runtime.store.write_sync(
        lambda tx: tx.execute(
            "UPDATE webhook_message SET leased_until = $1", runtime.clock.now() + 10 * LEASE
        )
    )
    deliver(runtime)
    assert len(receiver.received) == 1


def test_who_comes_late_changes_nothing(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    happen(runtime, world)
    expand(runtime)
    now = runtime.clock.now()
    take = partial(webhook_messages.take, webhook_id=webhook.id, most=1)
    [message] = runtime.store.write_sync(partial(take, worker="slow", now=now))
    runtime.store.write_sync(partial(take, worker="quick", now=now + LEASE))
    settle = partial(webhook_messages.settle, message=message, now=now, rng=runtime.rng)
    runtime.store.write_sync(partial(settle, worker="quick", outcome=Outcome(200, 1)))
    runtime.store.write_sync(partial(settle, worker="slow", outcome=Outcome(500, 1, "late")))
    [line] = lines(runtime, webhook)
    assert (line.state, line.attempts) == ("DELIVERED", 1)


def test_a_restart_frees_what_a_killed_process_held(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    happen(runtime, world)
    expand(runtime)
    take = partial(
        webhook_messages.take, webhook_id=webhook.id, worker="dead", most=1, now=runtime.clock.now()
    )
    assert len(runtime.store.write_sync(take)) == 1
    deliver(runtime)
    assert receiver.received == []
    runtime.store.write_sync(webhook_messages.forget_leases)
    deliver(runtime)
    assert len(receiver.received) == 1
