"""The workers a serving process runs beside its listeners."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

from pomona.runtime import Runtime
from pomona.work import worker
from pomona.work.activities import ActivityWorker
from pomona.work.deadlines import Deadlines
from pomona.work.orders import OrderWorker
from pomona.work.token_warnings import TokenWarner


class Worker(Protocol):
    """Something that does what waits in the store."""

    topic: str

    async def look(self) -> bool:
        """Does what there is to do; True when it should be called again at once."""


def all_workers(runtime: Runtime, name: str) -> dict[str, Worker]:
    """Every kind of worker, by what it does."""
    return {
        "activities": ActivityWorker(runtime, name),
        "deadlines": Deadlines(runtime),
        "orders": OrderWorker(runtime, name),
        "token warnings": TokenWarner(runtime),
    }


@contextlib.asynccontextmanager
async def start_workers(runtime: Runtime, name: str) -> AsyncIterator[None]:
    """Runs all workers until the block ends; what they were doing is resumed by whoever comes next."""
    tasks = [
        asyncio.create_task(worker.run(kind, runtime.store, each.topic, each.look), name=f"worker {kind}")
        for kind, each in all_workers(runtime, name).items()
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
