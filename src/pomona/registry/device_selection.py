"""Choosing devices among a million: parts that all must hold, pages by number, and never a count.

Where one part says that only few devices can be meant, wherever they are, just those are looked at. Otherwise a page
looks through a bounded number of devices in order and says where the next one goes on: a choice that almost nothing
passes makes a page short, never slow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pomona.registry.device_parts import Part, Places, Run, bounds
from pomona.store import Tx

WINDOW = 10_000
"""Candidates that a page looks through at most."""

_SOON = 100
"""With so few candidates, no other part need be asked for fewer."""

_JOINS = "JOIN device d ON d.id = c.id JOIN device_state s ON s.device_id = d.id"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A page of device numbers in order. `after` is what the next one begins behind, None at the end; `partly` says that
    the page is not full and yet more may follow, because the window was looked through."""

    ids: list[int]
    after: int | None
    partly: bool


def choose(
    tx: Tx,
    organization_id: int,
    parts: Sequence[Part],
    *,
    after: int | None,
    limit: int,
    newest_first: bool = False,
) -> Chosen:
    """A page of an organisation's devices that are all that `parts` say; `after` is what the page before gave."""
    candidates = _few(tx, organization_id, parts)
    if candidates is None:
        return _through_window(tx, organization_id, parts, after, limit, newest_first)
    first, last = bounds(organization_id)
    beyond = [
        (id,)
        for id in candidates
        # An order that went to another organisation may know devices of both.
        if first <= id <= last and (after is None or (id < after if newest_first else id > after))
    ]
    places = Places(tx, organization_id)
    listed = f"(SELECT DISTINCT c0 AS id FROM {tx.each(places.place(tx.pack(beyond)), 'bigint')} e)"
    ids = _passing(places, listed, parts, limit, newest_first)
    return Chosen(ids[:limit], ids[limit - 1] if len(ids) > limit else None, False)


def _few(tx: Tx, organization_id: int, parts: Sequence[Part]) -> list[int] | None:
    fewest: list[int] | None = None
    for part in parts:
        found = part.few(tx, organization_id)
        if found is not None and (fewest is None or len(found) < len(fewest)):
            fewest = found
            if len(found) <= _SOON:
                break
    return fewest


def _through_window(
    tx: Tx, organization_id: int, parts: Sequence[Part], after: int | None, limit: int, newest_first: bool
) -> Chosen:
    places = Places(tx, organization_id)
    window = _window(places, parts, after, newest_first)
    fixed = list(places.params)
    ids = _passing(places, window, parts, limit, newest_first)
    if len(ids) > limit:
        return Chosen(ids[:limit], ids[limit - 1], False)
    edge = "min" if newest_first else "max"
    row = tx.row(f"SELECT count(*), {edge}(c.id) FROM {window} c", *fixed)
    assert row is not None
    whole = int(row[0]) < WINDOW
    return Chosen(ids, None if whole else int(row[1]), not whole)


def _window(places: Places, parts: Sequence[Part], after: int | None, newest_first: bool) -> str:
    runs = (part.run(places) for part in parts)
    table, key, only = next((run for run in runs if run is not None), Run("device", "id", ""))
    first, last = bounds(places.organization_id)
    if newest_first:
        low, high, order = first, last if after is None else after - 1, "DESC"
    else:
        low, high, order = first if after is None else after + 1, last, "ASC"
    return (
        f"(SELECT {key} AS id FROM {table} WHERE {only} {key} >= {places.place(low)} AND {key} <= {places.place(high)}"
        f" ORDER BY {key} {order} LIMIT {WINDOW})"
    )


def _passing(
    places: Places, candidates: str, parts: Sequence[Part], limit: int, newest_first: bool
) -> list[int]:
    """One more than the page holds, if there are."""
    conditions = " AND ".join(part.condition(places) for part in parts)
    order = "DESC" if newest_first else "ASC"
    sql = f"SELECT c.id FROM {candidates} c {_JOINS} WHERE {conditions} ORDER BY c.id {order}"
    return [int(row[0]) for row in places.tx.rows(f"{sql} LIMIT {places.place(limit + 1)}", *places.params)]
