"""Two ways in which the original assigns devices otherwise than one would expect; switches of a service ask for them."""

from pomona.registry import operations, profile_assignments, results
from pomona.registry.operations import Op, Rows
from pomona.registry.profile_assignments import ProfileStatus
from pomona.registry.results import Result
from pomona.store import Tx

ResultRows = tuple[int, int, int]
"""An activity, its first result and the one after the last."""


def strip_profiles(tx: Tx, rows: ResultRows, service_id: int, now: int) -> None:
    """Devices that were assigned to the service they are on lose their profile, and their rows fail."""
    serials = tx.rows(
        "UPDATE activity_result SET status = $1 WHERE activity_id = $2 AND n >= $3 AND n < $4 AND status = $5"
        " RETURNING serial",
        *(int(Result.SAME_SERVER), *rows, int(Result.ALREADY_ASSIGNED)),
    )
    profile_assignments.remove(tx, service_id, [serial for (serial,) in serials], now=now)


def log_moves_as_modified(tx: Tx, rows: ResultRows, service_id: int, gained: int) -> None:
    """Tells the service of devices that came from another one as `modified`; only the others are `added`."""
    fresh = sum(count for before, count in results.losses(tx, *rows) if before is None)
    if fresh:
        operations.append_from_results(tx, service_id, Op.ADDED, *rows, fresh, only=Rows.FRESH)
    if gained > fresh:
        operations.append_from_results(tx, service_id, Op.MODIFIED, *rows, gained - fresh, only=Rows.MOVED)


def show_moves_as_removed(tx: Tx, rows: ResultRows, assigned_by: str, now: int) -> None:
    """Shows the profile of devices that came from another service as removed, although they never had one here."""
    tx.execute(
        "UPDATE device_state SET profile_status = $1, da = $2 FROM activity_result r WHERE r.activity_id = $3"
        " AND r.n >= $4 AND r.n < $5 AND r.status = 1 AND r.before_service IS NOT NULL"
        " AND device_state.device_id = r.device_id",
        *(
            int(ProfileStatus.REMOVED),
            tx.projections.assignment.state(assigned_by, now, status="removed"),
            *rows,
        ),
    )
