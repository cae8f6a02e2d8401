"""The store's verbs, on both engines."""

import asyncio
import threading
import time
from typing import Any

import pytest

from pomona.store import ScanDeadline, Store, Tx


def put(value: str) -> Any:
    def work(tx: Tx) -> None:
        tx.execute("INSERT INTO meta (key, value) VALUES ($1, $2)", value, value)

    return work


def kept(store: Store) -> set[str]:
    rows = store.read_sync(lambda tx: tx.rows("SELECT key FROM meta WHERE key <> 'schema'"))
    return {row[0] for row in rows}


def test_what_was_written_is_read(any_store: Store) -> None:
    any_store.write_sync(put("a"))
    assert kept(any_store) == {"a"}


def test_a_refused_write_leaves_nothing_and_harms_nobody(any_store: Store) -> None:
    def refused(tx: Tx) -> None:
        put("half")(tx)
        raise LookupError("changed my mind")

    async def together() -> list[Any]:
        writes = [any_store.write(put("a")), any_store.write(refused), any_store.write(put("b"))]
        return await asyncio.gather(*writes, return_exceptions=True)

    outcomes = asyncio.run(together())
    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, type(None)]
    assert kept(any_store) == {"a", "b"}


def test_a_statement_that_fails_is_undone_alone(any_store: Store) -> None:
    any_store.write_sync(put("a"))
    with pytest.raises(Exception, match=r"(?i)unique"):
        any_store.write_sync(put("a"))
    any_store.write_sync(put("b"))
    assert kept(any_store) == {"a", "b"}


def test_lists_travel_as_one_parameter(any_store: Store) -> None:
    def work(tx: Tx) -> tuple[Any, Any]:
        texts = tx.rows(f"SELECT n, v FROM {tx.each('$1')} e ORDER BY n", tx.pack(["x", "ü'\"", ""]))
        table = tx.each("$1", "text", "bigint")
        pairs = tx.rows(f"SELECT c0, c1 FROM {table} e ORDER BY n DESC", tx.pack([("a", 1), ("b", 1 << 40)]))
        return texts, pairs

    texts, pairs = any_store.read_sync(work)
    assert texts == [(0, "x"), (1, "ü'\""), (2, "")]
    assert pairs == [("b", 1 << 40), ("a", 1)]


def test_many_rows_and_a_page_of_documents(any_store: Store) -> None:
    rows = [(f"k{n:03}", f'{{"n":{n}}}') for n in range(10)]
    any_store.write_sync(lambda tx: tx.insert("meta", ("key", "value"), rows))
    sql = (
        "SELECT CAST(substr(key, 2) AS BIGINT) AS key, value AS doc FROM meta"
        " WHERE key LIKE 'k%' AND CAST(substr(key, 2) AS BIGINT) > $1 ORDER BY 1 LIMIT $2"
    )
    page = any_store.read_sync(lambda tx: tx.page(sql, 3, 4))
    assert page == (b'{"n":4},{"n":5},{"n":6},{"n":7}', 4, 7)
    assert any_store.read_sync(lambda tx: tx.page(sql, 99, 4)) == (b"", 0, 0)


def test_listeners_wake_after_the_commit_and_only_then(any_store: Store) -> None:
    seen: list[set[str]] = []
    woken = threading.Event()

    def wake() -> None:
        seen.append(kept(any_store))
        woken.set()

    stop = any_store.listen("news", wake)

    def work(tx: Tx) -> None:
        put("a")(tx)
        tx.notify("news")

    def refused(tx: Tx) -> None:
        tx.notify("news")
        raise LookupError

    with pytest.raises(LookupError):
        any_store.write_sync(refused)
    any_store.write_sync(work)
    assert woken.wait(5)
    stop()
    any_store.write_sync(lambda tx: tx.notify("news"))
    assert seen == [{"a"}]


def test_a_scan_has_a_deadline(any_store: Store) -> None:
    endless = (
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000)"
        " SELECT count(*) FROM c"
    )
    started = time.monotonic()
    with pytest.raises(ScanDeadline, match="ask for less"):
        any_store.scan_sync(lambda tx: tx.value(endless), 0.2)
    assert time.monotonic() - started < 5
    assert any_store.scan_sync(lambda tx: tx.value("SELECT 1"), 5) == 1


def test_a_read_sees_one_moment(any_store: Store) -> None:
    any_store.write_sync(put("a"))

    def twice(tx: Tx) -> tuple[int, int]:
        first = tx.value("SELECT count(*) FROM meta")
        any_store.write_sync(put("b"))
        return int(first), int(tx.value("SELECT count(*) FROM meta"))

    before, after = any_store.scan_sync(twice)
    assert before == after
