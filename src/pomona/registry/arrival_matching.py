"""Which rule decides about a device: for devices that arrive, and for those that are here, to show what a rule would catch.

Both ask the same conditions in the same order. Of what arrives, a batch comes from one place, so most of what a rule asks is
answered once for all of it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pomona.registry import arrival_rules, supplier_units
from pomona.registry.arrival_conditions import Coming
from pomona.registry.arrival_rules import Rule
from pomona.registry.devices import first_number, last_number
from pomona.store import Row, Tx


class Matcher:
    """The rules that devices from one place may match."""

    def __init__(self, rules: Iterable[Rule], coming: Coming) -> None:
        self.rules = [rule for rule in rules if rule.conditions.of(coming)]
        self._known: dict[tuple[int, str], Rule | None] = {}

    def rule(self, kind: int, product_type: str) -> Rule | None:
        """The rule that decides about such a device, None when none does."""
        key = (kind, product_type)
        if key not in self._known:
            found = (rule for rule in self.rules if rule.conditions.mean(kind, product_type))
            self._known[key] = next(found, None)
        return self._known[key]


class Caught(NamedTuple):
    """How many devices that are here a rule would have caught, how many of them came recently, and how many of them are
    where it would send them. `rule` is None for those that no rule catches."""

    rule: Rule | None
    here: int
    recent: int
    there: int


def matcher(tx: Tx, organization_id: int, source: str, source_id: str, order_number: str) -> Matcher | None:
    """What decides about a batch that arrives; None when no rule can."""
    rules = [rule for rule in arrival_rules.of_organization(tx, organization_id) if rule.works]
    if not rules:
        return None
    units = _units(tx, organization_id, rules)
    found = Matcher(rules, Coming(source, source_id, order_number, units.get((source, source_id), "")))
    return found if found.rules else None


def caught(tx: Tx, organization_id: int, rules: Sequence[Rule], since: int) -> list[Caught]:
    """What each of the rules, and none of them, would have caught of the devices that are here; a long read.

    `since` is from when on a device came recently (milliseconds). Rules are taken in the order given, working or not.
    """
    totals = {rule.id: [0, 0, 0] for rule in rules}
    totals[0] = [0, 0, 0]
    for rule, row in _groups(tx, organization_id, rules, since):
        total = totals[0 if rule is None else rule.id]
        total[0] += row[5]
        total[1] += row[6]
        if (
            rule is not None
            and row[4] == rule.service_id
            and (rule.unassigned or rule.service_id is not None)
        ):
            total[2] += row[5]
    return [*(Caught(rule, *totals[rule.id]) for rule in rules), Caught(None, *totals[0])]


def serials(
    tx: Tx, organization_id: int, rules: Sequence[Rule], wanted: Rule, *, only_waiting: bool
) -> list[str]:
    """The devices that are here and that `wanted`, one of the rules, would have caught, in the order of their arrival.

    A long read. With `only_waiting` only those that are on no service, the placeholder counting as none.
    """
    groups = {
        (row[0], row[1], row[2], row[3])
        for rule, row in _groups(tx, organization_id, rules, 0)
        if rule is not None and rule.id == wanted.id
    }
    if not groups:
        return []
    waiting = (
        " AND (s.service_id IS NULL OR s.service_id IN (SELECT v.id FROM service v WHERE v.organization_id = $4"
        " AND v.kind = 'APPLE_CONFIGURATOR'))"
        if only_waiting
        else ""
    )
    # No index helps to find a device by all four: each device of the organisation is looked at once.
    rows = tx.rows(
        "SELECT d.serial FROM device d JOIN device_state s ON s.device_id = d.id"
        " WHERE d.released_at IS NULL AND d.id BETWEEN $1 AND $2"
        " AND (d.source, d.source_id, coalesce(d.order_id, 0), coalesce(d.product_id, 0)) IN"
        f" (SELECT c0, c1, c2, c3 FROM {tx.each('$3', 'text', 'text', 'bigint', 'bigint')} e){waiting} ORDER BY d.id",
        *(first_number(organization_id), last_number(organization_id), tx.pack(sorted(groups))),
        *((organization_id,) if only_waiting else ()),
    )
    return [serial for (serial,) in rows]


def _units(tx: Tx, organization_id: int, rules: Iterable[Rule]) -> dict[tuple[str, str], str]:
    asked = any(rule.conditions.unit for rule in rules)
    return supplier_units.of_organization(tx, organization_id) if asked else {}


def _groups(
    tx: Tx, organization_id: int, rules: Sequence[Rule], since: int
) -> Iterable[tuple[Rule | None, Row]]:
    """The devices that are here in groups that no rule can tell apart, each with the rule that decides about it.

    A row is source, its number, order (0 for none), product and service, then how many there are and how many came recently.
    """
    rows = tx.rows(
        "SELECT d.source, d.source_id, coalesce(d.order_id, 0), d.product_id, s.service_id, count(*),"
        " sum(CASE WHEN d.added_at >= $1 THEN 1 ELSE 0 END)"
        " FROM device d JOIN device_state s ON s.device_id = d.id"
        " WHERE d.released_at IS NULL AND d.id BETWEEN $2 AND $3"
        " GROUP BY d.source, d.source_id, coalesce(d.order_id, 0), d.product_id, s.service_id",
        *(since, first_number(organization_id), last_number(organization_id)),
    )
    orders = _named(tx, "SELECT e.c0, o.number FROM {each} e JOIN purchase_order o ON o.id = e.c0", rows, 2)
    products = _named(
        tx, "SELECT e.c0, p.kind, p.product_type FROM {each} e JOIN product p ON p.id = e.c0", rows, 3
    )
    units = _units(tx, organization_id, rules)
    matchers: dict[tuple[str, str, int], Matcher] = {}
    for row in rows:
        key = (row[0], row[1], row[2])
        if key not in matchers:
            number = orders[row[2]][0] if row[2] else ""
            matchers[key] = Matcher(rules, Coming(row[0], row[1], number, units.get(key[:2], "")))
        yield matchers[key].rule(*products[row[3]]), row


def _named(tx: Tx, sql: str, rows: Iterable[Row], column: int) -> dict[int, Row]:
    ids = sorted({row[column] for row in rows})
    found = tx.rows(sql.replace("{each}", tx.each("$1", "bigint")), tx.pack([(id,) for id in ids]))
    return {id: tuple(values) for id, *values in found}
