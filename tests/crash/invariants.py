"""What must hold in a database whatever happened to the processes that worked on it.

Everything is computed anew from the rows: the log from the results, the state from the log, the counters from the lines.
"""

from collections import Counter
from collections.abc import Callable

from pomona.registry import submissions
from pomona.registry.devices import PROFILE_STATUSES, organization_of
from pomona.registry.operations import Op
from pomona.registry.results import Result
from pomona.store import Store, Tx
from tests.support.supply import counted

LEAST_APART = 1_000
"""Milliseconds between two operations of a device in one log."""


def settled(store: Store) -> bool:
    """Whether no work is left."""

    def read(tx: Tx) -> bool:
        running = tx.value("SELECT count(*) FROM activity WHERE status = 'IN_PROGRESS'")
        return not running and not submissions.waiting(tx)

    return store.read_sync(read)


def check(store: Store) -> None:
    """Checks all of it; call it when no work is left."""
    checks: tuple[Callable[[Tx], None], ...] = (
        _log_is_whole,
        _state_follows_from_log,
        _owners_are_one_each,
        _activities_are_complete,
        _log_follows_from_results,
        _each_result_continues_the_one_before,
        _orders_are_done,
        _projections_are_current,
    )
    for each in checks:
        store.scan_sync(each)
    counted(store)


def _log_is_whole(tx: Tx) -> None:
    """Each service's numbers run from 1 without a gap, and its counters are right."""
    logged = {row[0]: row[1:] for row in tx.rows(
        "SELECT service_id, count(*), min(seq), max(seq) FROM operation GROUP BY service_id"
    )}  # fmt: skip
    held: dict[int | None, int] = dict(
        tx.rows("SELECT service_id, count(*) FROM device_state GROUP BY service_id")
    )
    for id, last, count in tx.rows("SELECT id, last_operation, device_count FROM service"):
        assert logged.get(id, (0, 1, 0)) == (last, 1, last), f"log of service {id}"
        assert count == held.get(id, 0), f"device count of service {id}"


def _state_follows_from_log(tx: Tx) -> None:
    """Playing a log from its beginning gives the devices that the service has now."""
    on: dict[tuple[int, int], int] = {}
    last_at: dict[tuple[int, int], int] = {}
    sql = "SELECT service_id, device_id, op, at FROM operation ORDER BY service_id, seq"
    for service, device, op, at in tx.rows(sql):
        key = (service, device)
        assert (op == Op.ADDED) is (key not in on), f"{Op(op).name} of device {device} at service {service}"
        assert at >= last_at.get(key, 0) + LEAST_APART, f"times of device {device} at service {service}"
        last_at[key] = at
        if op == Op.DELETED:
            del on[key]
        else:
            on[key] = at
    state = tx.rows("SELECT service_id, device_id FROM device_state WHERE service_id IS NOT NULL")
    assert on.keys() == {(service, device) for service, device in state}


def _owners_are_one_each(tx: Tx) -> None:
    """A serial's owner is the one device of it that was not released, and no device number was lost."""
    owned = tx.rows("SELECT serial, device_id FROM serial_owner ORDER BY serial")
    assert owned == tx.rows("SELECT serial, id FROM device WHERE released_at IS NULL ORDER BY serial")
    numbers: dict[int, int] = Counter(organization_of(row[0]) for row in tx.rows("SELECT id FROM device"))
    for id, last in tx.rows("SELECT id, last_device FROM organization"):
        assert numbers.get(id, 0) == last, f"device numbers of organisation {id}"
    states = tx.value("SELECT count(*) FROM device_state")
    assert states == sum(numbers.values())


def _activities_are_complete(tx: Tx) -> None:
    """Each has ended, with a result for each device, counters that agree, and one audit event."""
    results = {row[0]: row[1:] for row in tx.rows(
        "SELECT activity_id, count(*), min(n), max(n), sum(CASE WHEN status < 10 THEN 1 ELSE 0 END)"
        " FROM activity_result GROUP BY activity_id"
    )}  # fmt: skip
    events: dict[int, int] = dict(tx.rows(
        "SELECT activity_id, count(*) FROM audit_event WHERE activity_id IS NOT NULL GROUP BY activity_id"
    ))  # fmt: skip
    rows = tx.rows("SELECT id, status, total, succeeded, failed, chunks, next_chunk FROM activity")
    for id, status, total, succeeded, failed, chunks, next_chunk in rows:
        assert status == "COMPLETED", f"activity {id} is {status}"
        assert results[id] == (total, 0, total - 1, succeeded), f"results of activity {id}"
        assert (succeeded + failed, next_chunk) == (total, chunks), f"counters of activity {id}"
        assert events.get(id) == 1, f"audit events of activity {id}"
    assert not tx.value("SELECT count(*) FROM activity_chunk")


def _log_follows_from_results(tx: Tx) -> None:
    """Each changed result gave exactly the operations it should, none of them twice."""
    expected: Counter[tuple[int, ...]] = Counter()
    rows = tx.rows(
        "SELECT r.activity_id, r.device_id, r.operated_at, r.before_service, a.service_id, a.type"
        " FROM activity_result r JOIN activity a ON a.id = r.activity_id WHERE r.status = 1"
    )
    for activity, device, at, before, service, type in rows:
        if before is not None:
            expected[activity, before, device, Op.DELETED, at] += 1
        if type == "ASSIGN_DEVICES":
            expected[activity, service, device, Op.ADDED, at] += 1
    logged = tx.rows(
        "SELECT activity_id, service_id, device_id, op, at FROM operation WHERE activity_id IS NOT NULL"
    )
    assert Counter(logged) == expected


def _each_result_continues_the_one_before(tx: Tx) -> None:
    """A device's changes form a chain: each begins where the last one ended, and the state is where the last one ended."""
    rows = tx.rows(
        "SELECT r.device_id, r.revision, r.before_service, r.operated_at,"
        " CASE a.type WHEN 'ASSIGN_DEVICES' THEN a.service_id END"
        " FROM activity_result r JOIN activity a ON a.id = r.activity_id"
        f" WHERE r.status = {Result.CHANGED:d} ORDER BY r.device_id, r.revision"
    )
    ends: dict[int, tuple[int, int | None, int]] = {}
    for device, revision, before, at, after in rows:
        if device in ends:
            last_revision, place, last_at = ends[device]
            assert revision == last_revision + 1, f"revisions of device {device}"
            assert before == place, f"device {device} was not where revision {last_revision} put it"
            assert at >= last_at + LEAST_APART, f"times of device {device}"
        ends[device] = (revision, after, at)
    states = {row[0]: row[1:] for row in tx.rows("SELECT device_id, revision, service_id FROM device_state")}
    for device, (revision, place, _) in ends.items():
        assert states[device] == (revision, place), f"state of device {device}"


def _orders_are_done(tx: Tx) -> None:
    """Every submission has been worked off, and a live claim is of a device that is owned."""
    assert not tx.value("SELECT count(*) FROM submission WHERE completed_at IS NULL OR failed <> 0")
    claimed = tx.rows("SELECT serial, device_id FROM claim WHERE state = 1 ORDER BY serial")
    owned = tx.rows(
        "SELECT o.serial, o.device_id FROM serial_owner o JOIN device d ON d.id = o.device_id"
        " WHERE d.order_id IS NOT NULL ORDER BY o.serial"
    )
    assert claimed == owned


def _projections_are_current(tx: Tx) -> None:
    """What is kept encoded beside a device's state says what its columns say."""
    rows = tx.rows(
        "SELECT s.device_id, s.da, s.ba, s.updated_at, s.assigned_by, s.assigned_at, s.profile_status, p.uuid,"
        " s.profile_assigned_at, s.profile_pushed_at FROM device_state s LEFT JOIN profile p ON p.id = s.profile_id"
    )
    for id, kept, business, updated_at, by, at, status, uuid, given_at, pushed_at in rows:
        assert business == tx.projections.business.state(updated_at, at is not None), f"device {id}"
        if at is None:
            assert kept == "", f"device {id}"
            continue
        encoded = tx.projections.assignment.state(
            by, at, status=PROFILE_STATUSES[status], profile=uuid, profile_assigned_at=given_at, pushed_at=pushed_at
        )  # fmt: skip
        assert kept == encoded, f"device {id}"
