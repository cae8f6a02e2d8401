"""`GET /pomona/v1/activities/{id}/log`: serves the logs that signed URLs name."""

from starlette.types import Scope, Send

from pomona.business_api import activity_logs
from pomona.business_api.activity_logs import BadLink
from pomona.business_api.call import encode
from pomona.runtime import Runtime
from pomona.store import StoreError

is_path = activity_logs.is_path


async def serve(runtime: Runtime, scope: Scope, send: Send) -> None:
    """Answers with the file, or with a problem document (RFC 9457). No authorisation is looked at."""
    if scope["method"] not in ("GET", "HEAD"):
        await _problem(send, 405, "A log can only be read.", ((b"allow", b"GET, HEAD"),))
        return
    try:
        link = activity_logs.opened(runtime, scope["path"], scope["query_string"])
        activity = await activity_logs.find(runtime, link.uuid)
    except BadLink as problem:
        await _problem(send, 403, str(problem))
        return
    except StoreError:
        await _problem(send, 503, "The database cannot be reached; try again.", ((b"retry-after", b"5"),))
        return
    if activity is None:
        await _problem(send, 404, "The activity of this log is no longer kept.")
        return
    headers = [
        (b"content-type", b"text/csv; charset=utf-8"),
        (b"content-disposition", link.disposition.encode("latin-1", "replace")),
        (b"cache-control", b"private, no-store"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["method"] == "GET":
        async for piece in activity_logs.lines(runtime, activity):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _problem(
    send: Send, status: int, detail: str, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    titles = {403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
    body = encode({"type": "about:blank", "title": titles[status], "status": status, "detail": detail})
    fields = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
