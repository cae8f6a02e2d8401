"""What an activity would do, before it is asked for: counted by kind of device, present service and outcome.

The decision is the one that the activity itself makes, written once as SQL in `assignments` and `releases`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pomona.catalogue.kinds import Kind
from pomona.registry import assignments, releases
from pomona.registry.devices import first_number, last_number
from pomona.registry.errors import Invalid
from pomona.registry.results import Result
from pomona.store import Tx

DECISIONS = {
    "ASSIGN_DEVICES": assignments.ASSIGN,
    "UNASSIGN_DEVICES": assignments.UNASSIGN,
    "RELEASE_DEVICES": releases.RELEASE,
}
"""What decides about a device in each type of activity."""


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
    """The whole: shares, largest first within what succeeds and what fails, and some of the serials that would fail."""

    total: int
    shares: tuple[Share, ...]
    failing: tuple[tuple[str, Result], ...]

    def count(self, *, succeeding: bool) -> int:
        """How many would end as asked, or not."""
        return sum(share.count for share in self.shares if share.result.succeeded is succeeding)

    @property
    def changing(self) -> int:
        """How many would change."""
        return sum(share.count for share in self.shares if share.result is Result.CHANGED)


def preview(
    tx: Tx,
    organization_id: int,
    type: str,
    serials: Sequence[str],
    *,
    service_id: int | None = None,
    failing: int = 50,
) -> Preview:
    """What an activity with these arguments would do now; serials are canonical, repeated ones count once.

    A long read for a long list. `failing` is how many of the serials that would fail are named. Raises `Invalid` for an
    unknown type.
    """
    if type not in DECISIONS:
        raise Invalid(f"'{type}' is no activity; expected one of {', '.join(DECISIONS)}.", field="type")
    # The decision knows the service as its third parameter; here it is the first to appear.
    decision = DECISIONS[type].replace("$3", "$1")
    source = (
        f" FROM {tx.each('$2')} e"
        " LEFT JOIN serial_owner o ON o.serial = e.v AND o.device_id BETWEEN $3 AND $4"
        " LEFT JOIN device_state s ON s.device_id = o.device_id"
    )
    distinct = list(dict.fromkeys(serials))
    params = (service_id, tx.pack(distinct), first_number(organization_id), last_number(organization_id))
    shares = tx.rows(
        f"SELECT x.result, d.kind, x.service_id, count(*) FROM (SELECT {decision} AS result, s.device_id, s.service_id"
        f"{source}) x LEFT JOIN device d ON d.id = x.device_id GROUP BY x.result, d.kind, x.service_id"
        " ORDER BY x.result, count(*) DESC",
        *params,
    )
    refused = tx.rows(
        f"SELECT x.serial, x.result FROM (SELECT {decision} AS result, e.v AS serial, e.n AS n{source}) x"
        " WHERE x.result >= 10 ORDER BY x.n LIMIT $5",
        *(*params, failing),
    )
    return Preview(
        len(distinct),
        tuple(
            Share(_kind(kind), service, Result(result), int(count)) for result, kind, service, count in shares
        ),
        tuple((serial, Result(result)) for serial, result in refused),
    )


def _kind(number: int | None) -> Kind | None:
    return None if number is None else Kind(number)
