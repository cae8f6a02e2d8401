"""Whoever asked for a change may be gone when it is committed: it is kept, and the store goes on for everybody else."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from pomona.store import Store, Tx


def in_time(work: Coroutine[Any, Any, Any]) -> None:
    async def waited() -> None:
        await asyncio.wait_for(work, 10)

    asyncio.run(waited())


def test_a_loop_that_closed_meanwhile_harms_nobody(any_store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        begun.set()
        assert go_on.wait(10)
        tx.execute("INSERT INTO meta (key, value) VALUES ('slow', 'kept')")

    async def leave() -> None:
        asyncio.ensure_future(any_store.write(slow)).add_done_callback(lambda task: task.cancelled())
        await asyncio.get_running_loop().run_in_executor(None, begun.wait)

    asyncio.run(leave())
    go_on.set()
    in_time(any_store.write(lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('next', 'kept')")))
    assert any_store.read_sync(lambda tx: tx.value("SELECT value FROM meta WHERE key = 'next'")) == "kept"


def test_the_change_of_a_caller_who_left_is_kept(store: Store) -> None:
    async def leave() -> None:
        work = asyncio.ensure_future(
            store.write(lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('left', 'kept')"))
        )
        await asyncio.sleep(0)
        work.cancel()

    asyncio.run(leave())
    in_time(store.write(lambda tx: None))
    assert store.read_sync(lambda tx: tx.value("SELECT value FROM meta WHERE key = 'left'")) == "kept"
