"""The floor of a listing: a bare ASGI application on the same server that sends the same bytes by one query a page.

Run as a program: `python -m bench.floor FILE PORT`. FILE is a database of `document (id, doc)`, the documents being the
ones Pomona itself sent. It is asked as the assignment service is (`POST` with a cursor in the body), or as the Business
API (`GET` with the cursor in the query), and looks at nothing else.
"""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
from starlette.types import Receive, Scope, Send

from bench.database import rows
from pomona.server.listener import Listener
from pomona.store.sqlite import connect

_PAGE = (
    "SELECT CAST(group_concat(doc, ',') AS BLOB), max(id) FROM"
    " (SELECT id, doc FROM document WHERE id > ? ORDER BY id LIMIT 1000)"
)


class Asked(msgspec.Struct):
    """A request's body."""

    cursor: str = "0"


class Floor:
    """The application. `GET /bare` is answered by 1200 bytes without a query, as is whatever opens a session."""

    def __init__(self, file: Path) -> None:
        self._database = connect(file, read_only=True)
        [(self._end,)] = self._database.execute("SELECT max(id) FROM document")
        self._asked = msgspec.json.Decoder(Asked)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers."""
        if scope["method"] == "POST":
            message = await receive()
            pieces = self._page(self._asked.decode(message["body"]).cursor)
        elif scope["query_string"]:
            pieces = self._page(scope["query_string"].partition(b"=")[2])
        else:
            pieces = (b'{"auth_session_token":"%s"}' % (b"x" * 1200),)
        length = str(sum(map(len, pieces))).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})

    def _page(self, cursor: str | bytes) -> tuple[bytes, ...]:
        [(page, last)] = self._database.execute(_PAGE, (int(cursor),))
        more = b"false" if last == self._end else b"true"
        return b'{"devices":[', page, b'],"more_to_follow":%s,"cursor":"%d"}' % (more, last)


def make(file: Path, pages: Iterable[list[bytes]]) -> None:
    """Writes a floor's database of documents in their order; replaces one that is there."""
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    database = connect(draft)
    database.execute("CREATE TABLE document (id INTEGER PRIMARY KEY, doc TEXT NOT NULL)")
    for page in pages:
        with database:
            database.executemany(
                "INSERT INTO document (doc) VALUES (?)", [(document.decode(),) for document in page]
            )
    database.close()
    draft.replace(file)


def documents(file: Path, after: int, limit: int) -> list[bytes]:
    """Some of a floor's documents."""
    sql = "SELECT doc FROM document WHERE id > ? ORDER BY id LIMIT ?"
    return [row[0].encode() for row in rows(file, sql, after, limit)]


async def _serve(file: Path, port: int) -> None:
    await Listener(Floor(file), port=port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
