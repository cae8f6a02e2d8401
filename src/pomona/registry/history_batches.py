"""What happened to a device together with others: one event of the log tells it of all of them, by their numbers."""

from collections.abc import Collection

import msgspec

from pomona.registry.actors import Actor
from pomona.store import Row, Tx

_LOOKED_THROUGH = 500
"""Loads of manufacturing records that are looked through: there is one for some thousand devices."""

_COLUMNS = "at, type, actor_kind, actor_id, actor_name, actor_address, devices"
_decode = msgspec.json.Decoder(list[tuple[int, int]]).decode


def events(
    tx: Tx, organization_id: int, ids: Collection[int], moments: Collection[int], until: int
) -> list[dict[str, object]]:
    """Events about devices (all the numbers that a serial had), as `history_sources` gives them: lists that were added by
    hand at one of the `moments` (ms), and facts that were put right up to `until`."""
    added = tx.rows(
        f"SELECT {_COLUMNS} FROM {tx.each('$1', 'bigint')} e JOIN audit_event v ON v.organization_id = $2 AND v.at = e.c0"
        " WHERE v.subject_kind = 'BATCH' AND v.devices IS NOT NULL",
        *(tx.pack([(moment,) for moment in moments]), organization_id),
    )
    corrected = tx.rows(
        f"SELECT {_COLUMNS} FROM audit_event WHERE organization_id = $1 AND subject_kind = 'CATALOGUE'"
        " AND subject_id = 'manufacturing' AND at <= $2 ORDER BY id DESC LIMIT $3",
        *(organization_id, until, _LOOKED_THROUGH),
    )
    return [
        {"at": row[0], "what": "EVENT", "type": row[1], "actor": Actor(*row[2:6])}
        for row in (*added, *corrected)
        if _is_about(row, ids)
    ]


def _is_about(row: Row, ids: Collection[int]) -> bool:
    runs = _decode(row[6]) if row[6] else []
    return any(first <= id <= last for first, last in runs for id in ids)
