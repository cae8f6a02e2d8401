"""The calls about devices: the full list, the changes since, and the details of some."""

from pomona.device_assignment import pages, wire
from pomona.device_assignment.cursors import Cursor
from pomona.device_assignment.errors import Refused
from pomona.device_assignment.face import Answer, Call, Face
from pomona.formats.times import iso_seconds
from pomona.registry.profile_assignments import canonical
from pomona.registry.sessions import Party
from pomona.store import Tx
from pomona.store.tx import Page

SHORT = 1000
"""Serials up to which a request is answered on the event loop; more are read beside it."""


async def fetch(face: Face, call: Call) -> Answer:
    """`POST /server/devices`: all devices of the service, a page at a time.

    The first page notes how far the log had come; the last one's cursor syncs from there, so that whatever happens
    during a long fetch is told afterwards.
    """
    asked = wire.decode(wire.CURSOR_REQUEST, call.body)
    service_id = call.session.service_id
    cursor = face.cursors.for_fetch(asked.cursor, service_id)

    def work(tx: Tx, party: Party) -> Answer:
        watermark = party.last_operation if cursor is None else cursor.seq
        if watermark > party.last_operation:
            raise Refused(400, "INVALID_CURSOR")  # from a time that a restored backup has not seen
        position = 0 if cursor is None else cursor.position
        page = pages.fetch(tx, service_id, call.version, after=position, limit=asked.size)
        more = page.size == asked.size and pages.any_after(tx, service_id, page.high)
        step = Cursor("fetch" if more else "sync", service_id, watermark, page.high if more else 0, call.now)
        return _body(page, call.now, more, face.cursors.encode(step))

    return await face.read(call, work)


async def sync(face: Face, call: Call) -> Answer:
    """`POST /devices/sync`: what happened to the service's devices since a cursor, in the order it happened."""
    asked = wire.decode(wire.CURSOR_REQUEST, call.body)
    service_id = call.session.service_id
    cursor = face.cursors.for_sync(asked.cursor, service_id, call.now)

    def work(tx: Tx, party: Party) -> Answer:
        if cursor.seq > party.last_operation:
            raise Refused(400, "EXPIRED_CURSOR")  # as above; after this code every client fetches anew
        page = Page(b"", 0, cursor.seq)
        if cursor.seq < party.last_operation:
            page = pages.sync(tx, service_id, call.version, after=cursor.seq, limit=asked.size)
        seq = page.high if page.size else party.last_operation
        step = Cursor("sync", service_id, seq, 0, call.now)
        return _body(page, call.now, seq < party.last_operation, face.cursors.encode(step))

    return await face.read(call, work)


async def details(face: Face, call: Call) -> bytes:
    """`POST /devices`: the records of the serials given; NOT_ACCESSIBLE for those not on the service."""
    serials = required(wire.decode(wire.DEVICE_LIST, call.body).devices)
    known = {serial: canonical(serial) for serial in serials}
    wanted = sorted({each for each in known.values() if each})

    def work(tx: Tx, party: Party) -> dict[str, str]:
        return pages.details(tx, party.service_id, call.version, wanted)

    found = await (face.read if len(wanted) <= SHORT else face.scan)(call, work)
    absent = '{"response_status":"NOT_ACCESSIBLE"}'
    members = [
        f"{wire.encode(serial).decode()}:{found.get(stored or '', absent)}"
        for serial, stored in known.items()
    ]
    return f'{{"devices":{{{",".join(members)}}}}}'.encode()


def required(serials: list[str] | None) -> list[str]:
    """The serials of a request. Refuses DEVICE_ID_REQUIRED without any."""
    if not serials:
        raise Refused(400, "DEVICE_ID_REQUIRED")
    return serials


def _body(page: Page, now: int, more: bool, cursor: str) -> Answer:
    flag = "true" if more else "false"
    end = f'],"fetched_until":"{iso_seconds(now)}","more_to_follow":{flag},"cursor":"{cursor}"}}'
    return b'{"devices":[', page.body, end.encode()
