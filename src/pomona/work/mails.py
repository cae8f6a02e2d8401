"""Writes mails from the log and hands them to the mail server, while one is set."""

import asyncio
import logging
from functools import partial

from pomona.registry import mails
from pomona.runtime import Runtime
from pomona.work import smtp
from pomona.work.hourly import Pruning

BATCH = 20
"""Mails that go over one connection."""

_log = logging.getLogger("pomona.work")


class MailWorker:
    """`name` tells workers of different processes apart: it is the holder of the leases."""

    topic = mails.TOPIC

    def __init__(self, runtime: Runtime, name: str) -> None:
        self._runtime = runtime
        self._name = name
        self._pruning = Pruning(runtime, mails.prune)

    async def look(self) -> bool:
        """Writes what there is to write and sends a batch of it; nothing at all without a mail server."""
        runtime = self._runtime
        if not runtime.settings.smtp_host:
            return False
        await self._pruning.look()
        sender = smtp.sender_of(runtime.settings)
        more = False
        for id in await runtime.store.read(mails.behind):
            write = partial(
                mails.write, organization_id=id, sender=sender, now=runtime.clock.now(), rng=runtime.rng
            )
            more = await runtime.store.write(write) or more
        return await self.send() or more

    async def send(self) -> bool:
        """Hands a batch of what is due to the mail server; True when there may be more."""
        runtime = self._runtime
        take = partial(mails.take, worker=self._name, most=BATCH, now=runtime.clock.now())
        batch = await runtime.store.write(take)
        if not batch:
            return False
        outcomes = await asyncio.to_thread(smtp.send, runtime, batch)
        now = runtime.clock.now()
        for mail, outcome in zip(batch, outcomes, strict=True):
            settle = partial(mails.settle, mail=mail, worker=self._name, problem=outcome.problem,
                             final=outcome.final, now=now)  # fmt: skip
            await runtime.store.write(settle)
            if outcome.problem:
                extra = {"mail": mail.message_id, "problem": outcome.problem, "given_up": outcome.final}
                _log.warning("mail not sent", extra=extra)
        return len(batch) == BATCH
