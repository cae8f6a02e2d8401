"""The log of an activity: CSV at a signed URL that needs no authorisation, because clients fetch it without any."""

import hmac
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from urllib.parse import parse_qs, quote

from pomona.business_api.call import Call
from pomona.formats.times import iso_millis
from pomona.keys.keyring import BadSeal, decode, encode
from pomona.registry import activities, results
from pomona.registry.activities import Activity
from pomona.runtime import Runtime

LIFE = 3_600_000
"""Milliseconds for which a URL is good; each reading of the activity gives a new one."""

ROWS = 5_000
"""Rows that are read at a time."""

_PATH = re.compile(r"/pomona/v1/activities/([0-9a-f-]{36})/log")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DISPOSITION = "response-content-disposition"
_PURPOSE = "activity-log-url"


class BadLink(ValueError):
    """The URL is not one that was handed out here, or not any more; the text says which."""


class Link(NamedTuple):
    """What a good URL is for: an activity, and the Content-Disposition that was promised."""

    uuid: str
    disposition: str


def url(call: Call, uuid: str, completed_at: int) -> str:
    """A URL for the log of a completed activity. pyaxm takes the file's name out of its query."""
    moment = datetime.fromtimestamp(completed_at // 1000, UTC)
    prefix = "ASM" if call.account.kind == "SCHOOL" else "ABM"
    when = f"{_MONTHS[moment.month - 1]}-{moment.day}-{moment:%Y_%H-%M-%S}"
    disposition = f'attachment;filename="{prefix}-ActivityLog_{when}.csv"'
    expires = str(call.now + LIFE)
    signature = encode(_signature(call.runtime, uuid, expires, disposition))
    query = f"expires={expires}&signature={signature}&{_DISPOSITION}={quote(disposition, safe='')}"
    return f"{call.origin}/pomona/v1/activities/{uuid}/log?{query}"


def is_path(path: str) -> bool:
    """Whether a path is one of a log."""
    return _PATH.fullmatch(path) is not None


def opened(runtime: Runtime, path: str, query: bytes) -> Link:
    """What a URL is for. Raises `BadLink`."""
    match = _PATH.fullmatch(path)
    assert match is not None
    found = parse_qs(query.decode("latin-1"), max_num_fields=20)
    expires, signature, disposition = (
        found.get(name, [""])[0] for name in ("expires", "signature", _DISPOSITION)
    )
    try:
        good = hmac.compare_digest(decode(signature), _signature(runtime, match[1], expires, disposition))
    except BadSeal:
        good = False
    if not good:
        raise BadLink(
            "The URL of this log is incomplete or was changed; read the activity again for a new one."
        )
    if runtime.clock.now() > int(expires):
        raise BadLink("The URL of this log was good for an hour; read the activity again for a new one.")
    return Link(match[1], disposition)


async def lines(runtime: Runtime, activity: Activity) -> AsyncIterator[bytes]:
    """The file, some thousand rows at a time."""
    yield head(activity).encode()
    after = -1
    while True:
        chunk = await runtime.store.read(
            partial(results.lines, activity_id=activity.id, after=after, limit=ROWS)
        )
        yield chunk.text.encode()
        if chunk.size < ROWS:
            return
        after = chunk.last


def head(activity: Activity) -> str:
    """The lines above the table; readers skip to the line that begins with `serial_number`."""
    ended = "" if activity.completed_at is None else iso_millis(activity.completed_at)
    started = activity.created_at if activity.started_at is None else activity.started_at
    pairs = (
        ("OPERATION", activity.type),
        ("ACTIVITY_ID", activity.uuid),
        ("STARTED AT", iso_millis(started)),
        ("ENDED AT", ended),
        ("STATUS", activity.status),
        ("SUB_STATUS", activity.sub_status),
    )
    return "".join(f"{name},{value}\n" for name, value in pairs) + (
        "\nserial_number,operation_status,operation_substatus\n"
    )


async def find(runtime: Runtime, uuid: str) -> Activity | None:
    """The activity that a link names, whoever's it is: the link is the right to read it."""
    return await runtime.store.read(lambda tx: activities.by_uuid(tx, uuid))


def _signature(runtime: Runtime, uuid: str, expires: str, disposition: str) -> bytes:
    return runtime.keys.sign(_PURPOSE, f"{uuid}\n{expires}\n{disposition}".encode(), 32)
