"""What an activity would do, before it is asked for: counted by kind of device, present service and outcome.

The decision is the one that the activity itself makes, written once as SQL where that is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pomona.catalogue.kinds import Kind
from pomona.registry import assignments, migrations, release_warnings, releases, undo
from pomona.registry.activity_records import Activity
from pomona.registry.devices import first_number, last_number
from pomona.registry.errors import Invalid
from pomona.registry.release_warnings import Warning
from pomona.registry.results import Result
from pomona.store import Row, Tx

_DECISIONS = {
    "ASSIGN_DEVICES": assignments.ASSIGN,
    "UNASSIGN_DEVICES": assignments.UNASSIGN,
    "CANCEL_MDM_MIGRATION": migrations.CANCEL,
    "RELEASE_DEVICES": releases.RELEASE,
    "KEEP_DEVICES": releases.KEEP,
}
"""What decides about a device in each type of activity that sets no deadline."""

_DEADLINE_TYPES = ("ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", "UPDATE_MDM_MIGRATION_DEADLINE")


@dataclass(frozen=True, slots=True)
class Share:
    """So many devices of a kind that are on a service now (internal id, None for none) would end with `result`.

    `kind` is None for serials that are not the organisation's.
    """

    kind: Kind | None
    service_id: int | None
    result: Result
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole: shares, largest first within what succeeds and what fails, some of the serials that would fail for each
    reason, and what speaks against a release."""

    total: int
    shares: tuple[Share, ...]
    failing: tuple[tuple[str, Result], ...]
    warnings: tuple[Warning, ...] = ()

    def count(self, *, succeeding: bool) -> int:
        """How many would end as asked, or not."""
        return sum(share.count for share in self.shares if share.result.succeeded is succeeding)

    @property
    def changing(self) -> int:
        """How many would change."""
        return sum(share.count for share in self.shares if share.result is Result.CHANGED)

    @property
    def refusals(self) -> dict[Result, tuple[int, list[str]]]:
        """By reason: how many would be refused, and some of their serials."""
        found: dict[Result, tuple[int, list[str]]] = {}
        for share in self.shares:
            if not share.result.succeeded:
                found[share.result] = (found.get(share.result, (0, []))[0] + share.count, [])
        for serial, result in self.failing:
            found[result][1].append(serial)
        return found


def preview(
    tx: Tx,
    organization_id: int,
    type: str,
    serials: Sequence[str],
    *,
    service_id: int | None = None,
    deadline: int | None = None,
    now: int = 0,
    failing: int = 50,
) -> Preview:
    """What an activity with these arguments would do now; serials are canonical, repeated ones count once.

    A long read for a long list. `failing` is how many of the serials that would fail are named for each reason. Raises
    `Invalid` for an unknown type and, of those that set one, for a `deadline` (ms) that could not be set at `now`.
    """
    # The decision knows the service as its third parameter; here it is the first to appear.
    decision = _decision(tx, type, service_id, deadline, now).replace("$3", "$1")
    source = (
        f" FROM {tx.each('$2')} e"
        " LEFT JOIN serial_owner o ON o.serial = e.v AND o.device_id BETWEEN $3 AND $4"
        " LEFT JOIN device_state s ON s.device_id = o.device_id"
    )
    distinct = list(dict.fromkeys(serials))
    seen = _look(
        tx,
        f"SELECT {decision} AS result, s.device_id, s.service_id, e.v AS serial, e.n AS n{source}",
        (service_id, tx.pack(distinct), first_number(organization_id), last_number(organization_id)),
        failing,
    )
    warnings: tuple[Warning, ...] = ()
    if type == "RELEASE_DEVICES":
        warnings = release_warnings.of_serials(tx, organization_id, distinct, named=failing)
    return Preview(len(distinct), *seen, warnings)


def undoing(tx: Tx, activity: Activity, *, now: int, days: int, failing: int = 50) -> Preview:
    """What undoing an activity would do now: `RELEASED`, `CHANGED_SINCE` and so on for what could not be put back.

    Raises `InUse`, with the reason, when it cannot be undone at all; `days` is the window for that.
    """
    undo.check(tx, activity, now=now, days=days)
    shares, refused = _look(
        tx,
        f"SELECT {undo.DECISION} AS result, s.device_id, s.service_id, b.serial, b.n {undo.SOURCE}"
        " WHERE b.activity_id = $1 AND b.status = 1",
        (activity.id,),
        failing,
    )
    return Preview(sum(share.count for share in shares), shares, refused)


def _decision(tx: Tx, type: str, service_id: int | None, deadline: int | None, now: int) -> str:
    if type in _DECISIONS:
        return _DECISIONS[type]
    if type not in _DEADLINE_TYPES:
        known = ", ".join((*_DECISIONS, *_DEADLINE_TYPES))
        raise Invalid(f"'{type}' is no activity; expected one of {known}.", field="type")
    checked = migrations.check_deadline(deadline, now)
    return (
        migrations.updating(checked)
        if type == "UPDATE_MDM_MIGRATION_DEADLINE"
        else migrations.assigning(tx, service_id, checked)
    )


def _look(
    tx: Tx, decided: str, params: tuple[object, ...], failing: int
) -> tuple[tuple[Share, ...], tuple[tuple[str, Result], ...]]:
    shares = tx.rows(
        f"SELECT x.result, d.kind, x.service_id, count(*) FROM ({decided}) x LEFT JOIN device d ON d.id = x.device_id"
        " GROUP BY x.result, d.kind, x.service_id ORDER BY x.result, count(*) DESC",
        *params,
    )
    refused = tx.rows(
        "SELECT y.serial, y.result FROM (SELECT x.serial, x.result, x.n,"
        f" row_number() OVER (PARTITION BY x.result ORDER BY x.n) AS place FROM ({decided}) x WHERE x.result >= 10) y"
        f" WHERE y.place <= ${len(params) + 1} ORDER BY y.n",
        *(*params, failing),
    )
    return tuple(_share(row) for row in shares), tuple((serial, Result(result)) for serial, result in refused)


def _share(row: Row) -> Share:
    result, kind, service_id, count = row
    return Share(None if kind is None else Kind(kind), service_id, Result(result), int(count))
