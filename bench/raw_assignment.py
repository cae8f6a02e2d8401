"""The peer of P4: plain SQL, written for this alone, that leaves the same rows as the activities do.

Run as a program: `python -m bench.raw_assignment FILE SERVICE REQUESTS` assigns the serials of a JSON file (a list of
lists) to a service, a transaction a list, and prints the CPU seconds it took.
"""

import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from pomona.server.installation import projections
from pomona.store.sqlite import connect

_ACTIVITY = (
    "INSERT INTO activity (uuid, organization_id, type, service_id, actor_kind, actor_id, actor_name, status,"
    " sub_status, created_at, started_at, completed_at, chunks, next_chunk, total, succeeded)"
    " VALUES (?, ?, 'ASSIGN_DEVICES', ?, 'API_USER', 'raw', 'raw', 'COMPLETED', 'COMPLETED_WITH_SUCCESS',"
    " ?, ?, ?, 1, 1, ?, ?) RETURNING id"
)
_RESULTS = (
    "INSERT INTO activity_result (activity_id, n, serial, device_id, status, before_service, before_assigned_at,"
    " before_assigned_by, before_profile, before_profile_status, before_profile_assigned_at,"
    " before_profile_pushed_at, before_deadline, before_migration, before_migration_origin, revision, operated_at)"
    " SELECT ?1, e.key, e.value, s.device_id, 1, s.service_id, s.assigned_at, s.assigned_by, s.profile_id,"
    " s.profile_status, s.profile_assigned_at, s.profile_pushed_at, s.migration_deadline, s.migration_status,"
    " s.migration_origin, s.revision + 1,"
    " max(?2, s.operated_at + 1000) FROM json_each(?3) e JOIN serial_owner o ON o.serial = e.value"
    " JOIN device_state s ON s.device_id = o.device_id"
)
_STATE = (
    "UPDATE device_state SET service_id = ?1, assigned_at = ?2, assigned_by = 'raw', profile_id = NULL,"
    " profile_status = 0, profile_assigned_at = NULL, profile_pushed_at = NULL, migration_deadline = NULL,"
    " migration_status = NULL, migration_origin = NULL, ba_migration = NULL, da_v1 = NULL, revision = r.revision,"
    " operated_at = r.operated_at, updated_at = ?2, da = ?3, ba = ?4"
    " FROM activity_result r WHERE r.activity_id = ?5 AND device_state.device_id = r.device_id"
)
_LOST = "SELECT before_service, count(*) FROM activity_result WHERE activity_id = ? GROUP BY before_service"
_DRAW = (
    "UPDATE service SET last_operation = last_operation + ?1, device_count = device_count + ?2 WHERE id = ?3"
    " RETURNING last_operation - ?1"
)
_LOG = (
    "INSERT INTO operation (service_id, seq, device_id, op, at, reason, activity_id)"
    " SELECT ?1, ?2 + n + 1, device_id, ?3, operated_at, 0, activity_id FROM activity_result"
    " WHERE activity_id = ?4 ORDER BY n"
)
_AUDIT = (
    "INSERT INTO audit_event (organization_id, at, type, actor_kind, actor_id, actor_name, subject_kind,"
    " subject_id, subject_name, activity_id, after)"
    " VALUES (?, ?, 'DEVICE_ASSIGNED_TO_SERVER', 'API_USER', 'raw', 'raw', 'ACTIVITY', ?, 'ASSIGN_DEVICES', ?, ?)"
)
_ADDED, _DELETED = 1, 3


def assign(database: Any, service: str, requests: list[list[str]]) -> None:
    """Every list in a transaction of its own. All of a list's devices come from one service."""
    [(service_id, organization_id)] = database.execute(
        "SELECT id, organization_id FROM service WHERE uuid = ?", (service,)
    ).fetchall()
    runs = projections()
    for serials in requests:
        now, number, size = time.time_ns() // 1_000_000, str(uuid.uuid4()), len(serials)
        state = runs.assignment.state("raw", now)
        database.execute("BEGIN IMMEDIATE")
        [(activity,)] = database.execute(
            _ACTIVITY, (number, organization_id, service_id, now, now, now, size, size)
        ).fetchall()
        database.execute(_RESULTS, (activity, now, json.dumps(serials)))
        for lost, count in database.execute(_LOST, (activity,)).fetchall():
            _log(database, lost, -count, _DELETED, activity)
        _log(database, service_id, size, _ADDED, activity)
        database.execute(_STATE, (service_id, now, state, runs.business.state(now, True), activity))
        after = json.dumps({"service": service_id, "succeeded": size, "failed": 0})
        database.execute(_AUDIT, (organization_id, now, number, activity, after))
        database.execute("COMMIT")


def _log(database: Any, service_id: int, gained: int, op: int, activity: int) -> None:
    [(base,)] = database.execute(_DRAW, (abs(gained), gained, service_id)).fetchall()
    database.execute(_LOG, (service_id, base, op, activity))


if __name__ == "__main__":
    lists = json.loads(Path(sys.argv[3]).read_bytes())
    file = connect(Path(sys.argv[1]))
    # The server moves its log into the database as it goes, and its CPU counts; so must this, in SQLite's own way.
    file.execute("PRAGMA wal_autocheckpoint = 16000")
    begun = time.process_time()
    assign(file, sys.argv[2], lists)
    print(time.process_time() - begun)
