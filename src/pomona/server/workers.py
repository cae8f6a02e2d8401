"""The workers a serving process runs beside its listeners."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

from pomona.runtime import Runtime
from pomona.work import worker
from pomona.work.activities import ActivityWorker
from pomona.work.deadlines import Deadlines
from pomona.work.mails import MailWorker
from pomona.work.orders import OrderWorker
from pomona.work.token_warnings import TokenWarner
from pomona.work.webhooks import WebhookWorker


class Worker(Protocol):
    """Something that does what waits in the store."""

    topic: str

    async def look(self) -> bool:
        """Does what there is to do; True when it should be called again at once."""


@runtime_checkable
class Closing(Protocol):
    """A worker that has something on its way when it is stopped."""

    async def close(self) -> None:
        """Ends that in order."""


def all_workers(runtime: Runtime, name: str) -> dict[str, Worker]:
    """Every kind of worker, by what it does."""
    return {
        "activities": ActivityWorker(runtime, name),
        "deadlines": Deadlines(runtime),
        "orders": OrderWorker(runtime, name),
        "token warnings": TokenWarner(runtime),
        "webhooks": WebhookWorker(runtime, name),
        "mails": MailWorker(runtime, name),
    }


@contextlib.asynccontextmanager
async def start_workers(runtime: Runtime, name: str) -> AsyncIterator[None]:
    """Runs all workers until the block ends; what they were doing is resumed by whoever comes next."""
    workers = all_workers(runtime, name)
    tasks = [
        asyncio.create_task(worker.run(kind, runtime.store, each.topic, each.look), name=f"worker {kind}")
        for kind, each in workers.items()
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        closing = [each.close() for each in workers.values() if isinstance(each, Closing)]
        await asyncio.gather(*closing, return_exceptions=True)
