"""Makes webhooks' messages from the log and sends them, each webhook by itself so that a slow one holds up no other."""

import asyncio
import logging
from functools import partial

from pomona.registry import webhook_log, webhook_messages, webhooks
from pomona.registry.actors import SYSTEM
from pomona.registry.webhook_messages import Message, Outcome
from pomona.registry.webhook_schedule import PATIENCE
from pomona.registry.webhooks import Webhook
from pomona.runtime import Runtime
from pomona.store import StoreUnavailable
from pomona.work.hourly import Pruning
from pomona.work.webhook_sender import Sender

PARALLEL = 8
"""Messages on their way to one webhook; one at a time once a few of them failed."""

_DOUBTFUL = 3
_GONE = 410
_PATIENCE = 3.0
_log = logging.getLogger("pomona.work")


class WebhookWorker:
    """`name` tells workers of different processes apart: it is the holder of the leases."""

    topic = webhooks.TOPIC

    def __init__(self, runtime: Runtime, name: str) -> None:
        self._runtime = runtime
        self._name = name
        self._sender = Sender(runtime)
        self._running: dict[int, asyncio.Task[None]] = {}
        self._pruning = Pruning(runtime, webhook_log.prune)

    async def look(self) -> bool:
        """Makes what is to be sent, and sees to it that each webhook that has something is being served."""
        runtime = self._runtime
        await self._pruning.look()
        more = False
        for id in await runtime.store.read(webhook_messages.behind):
            expand = partial(
                webhook_messages.expand, webhook_id=id, keys=runtime.keys, now=runtime.clock.now()
            )
            more = await runtime.store.write(expand) or more
        for id in await runtime.store.read(partial(webhook_messages.due, now=runtime.clock.now())):
            if id not in self._running:
                self._running[id] = asyncio.create_task(self._serve(id), name=f"webhook {id}")
        return more

    async def serve(self, id: int) -> None:
        """Sends what is due to one webhook (internal id), and waits until that is done."""
        if id not in self._running:
            self._running[id] = asyncio.create_task(self._serve(id), name=f"webhook {id}")
        await asyncio.wait([self._running[id]])

    async def settle(self) -> None:
        """Waits until nothing is on its way."""
        while self._running:
            await asyncio.wait(self._running.values())

    async def close(self) -> None:
        """Lets what is on its way arrive, for a moment; what is cut off is sent again by whoever comes next."""
        tasks = list(self._running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._sender.close()

    async def _serve(self, id: int) -> None:
        """Sends what is due to a webhook, a batch at a time."""
        try:
            while await self._batch(id):
                pass
        except StoreUnavailable as problem:
            _log.warning("webhook waits for the database", extra={"problem": str(problem)})
        except Exception:  # noqa: BLE001 one webhook's trouble must not end the others'
            _log.exception("webhook failed")
        finally:
            del self._running[id]

    async def _batch(self, id: int) -> bool:
        runtime, now = self._runtime, self._runtime.clock.now()
        webhook = await runtime.store.read(partial(webhooks.by_id, id=id))
        if webhook is None:
            return False
        most = PARALLEL if webhook.failures < _DOUBTFUL else 1
        take = partial(webhook_messages.take, webhook_id=id, worker=self._name, most=most, now=now)
        messages = await runtime.store.write(take)
        if not messages:
            return False
        secrets = await runtime.store.read(
            partial(webhooks.secrets, webhook=webhook, keys=runtime.keys, now=now)
        )
        outcomes = await asyncio.gather(*(self._send(webhook, secrets, message) for message in messages))
        await self._judge(id, outcomes)
        return True

    async def _send(self, webhook: Webhook, secrets: list[bytes], message: Message) -> Outcome:
        runtime = self._runtime
        outcome = await self._sender.send(webhook.url, secrets, message)
        settle = partial(
            webhook_messages.settle, message=message, worker=self._name, outcome=outcome, now=runtime.clock.now(),
            rng=runtime.rng,
        )  # fmt: skip
        await runtime.store.write(settle)
        if outcome.problem:
            extra = {"webhook": webhook.uuid, "message_id": message.message_id, "problem": outcome.problem}
            _log.info("webhook message did not arrive", extra=extra)
        return outcome

    async def _judge(self, id: int, outcomes: list[Outcome]) -> None:
        """Switches a webhook off that is gone, or at which nothing arrived for days."""
        if not any(outcome.problem for outcome in outcomes):
            return
        runtime, now = self._runtime, self._runtime.clock.now()
        webhook = await runtime.store.read(partial(webhooks.by_id, id=id))
        if webhook is None or webhook.state != "ENABLED":
            return
        gone = any(outcome.status == _GONE for outcome in outcomes)
        silent = webhook.failing_since is not None and now - webhook.failing_since > PATIENCE
        if gone or silent:
            problem = "it answered that it is gone (410)" if gone else "nothing arrived for three days"
            give_up = partial(webhooks.give_up, webhook=webhook, problem=problem, actor=SYSTEM, now=now)
            await runtime.store.write(give_up)
            _log.warning("webhook switched off", extra={"webhook": webhook.uuid, "problem": problem})
