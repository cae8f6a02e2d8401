"""SMART groups: a rule over people, whose members are kept and brought up to date with each change that it looks at."""

from collections.abc import Sequence

import msgspec

from pomona.registry.errors import Invalid
from pomona.store import Tx

STATUSES = ("ACTIVE", "LOCKED", "INACTIVE")


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is in: people with one of the `statuses`, and a membership with one of the `roles` in the `unit` (public id).

    What is left empty excludes nobody. In the root unit everybody has the role of their account.
    """

    roles: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    unit: str = ""

    @property
    def spoken(self) -> str:
        """For people: `role STAFF, status ACTIVE or LOCKED, unit 7dc3…`."""
        said = {"role": " or ".join(self.roles), "status": " or ".join(self.statuses), "unit": self.unit}
        return ", ".join(f"{word} {value}" for word, value in said.items() if value)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Rule).decode


def encoded(rule: Rule) -> str:
    """As it is kept. Raises `Invalid` for a rule that says nothing or names an unknown status."""
    if rule == Rule():
        raise Invalid("A rule says at least one of: roles, statuses, unit.", field="rule")
    for status in rule.statuses:
        if status not in STATUSES:
            raise Invalid(f"'{status}' is no status; expected some of {', '.join(STATUSES)}.", field="rule")
    return _encode(rule).decode()


def decoded(text: str) -> Rule:
    """A rule that is kept."""
    return _decode(text)


def naming(tx: Tx, organization_id: int, unit: str) -> str | None:
    """The name of a group whose rule is about a unit, if there is any."""
    groups = _of_organization(tx, organization_id)
    return next((name for _, name, rule in groups if rule.unit == unit), None)


def refresh(tx: Tx, organization_id: int, account_ids: Sequence[int], now: int) -> None:
    """Some people changed: puts them into the groups whose rule they fit now, and takes them out of the others."""
    if account_ids:
        # A group that is being made at the same moment must see these people, or be seen from here.
        tx.lock(organization_id)
        for id, _, rule in _of_organization(tx, organization_id):
            _apply(tx, organization_id, id, rule, account_ids, now)


def fill(tx: Tx, organization_id: int, group_id: int, rule: Rule, now: int) -> None:
    """Gives a group all the members that its rule means."""
    _apply(tx, organization_id, group_id, rule, None, now)


def _of_organization(tx: Tx, organization_id: int) -> list[tuple[int, str, Rule]]:
    sql = (
        "SELECT id, name, rule FROM user_group WHERE organization_id = $1 AND kind = 'SMART' AND rule IS NOT NULL"
        " ORDER BY id"
    )
    return [(id, name, decoded(rule)) for id, name, rule in tx.rows(sql, organization_id)]


def _apply(
    tx: Tx, organization_id: int, group_id: int, rule: Rule, account_ids: Sequence[int] | None, now: int
) -> None:
    params: list[object] = [group_id]
    among = ""
    if account_ids is not None:
        params.append(tx.pack([(id,) for id in account_ids]))
        among = f" AND {{id}} IN (SELECT c0 FROM {tx.each('$2', 'bigint')} e)"
    wanted = _wanted(tx, organization_id, rule, params)
    lost = tx.execute(
        f"DELETE FROM user_group_member WHERE group_id = $1{among.format(id='account_id')}"
        f" AND account_id NOT IN ({wanted})",
        *params,
    )
    gained = tx.execute(
        "INSERT INTO user_group_member (group_id, account_id) SELECT CAST($1 AS BIGINT), a.id FROM account a"
        f" WHERE true{among.format(id='a.id')} AND a.id IN ({wanted}) ON CONFLICT DO NOTHING",
        *params,
    )
    if lost or gained:
        sql = "UPDATE user_group SET member_count = member_count + $1, updated_at = $2 WHERE id = $3"
        tx.execute(sql, gained - lost, now, group_id)


def _wanted(tx: Tx, organization_id: int, rule: Rule, params: list[object]) -> str:
    """SQL of the internal ids of the people whom a rule means; adds its parameters to `params`."""

    def param(value: object) -> str:
        params.append(value)
        return f"${len(params)}"

    sql = f"SELECT p.id FROM account p WHERE p.organization_id = {param(organization_id)} AND p.managed = 1"
    if rule.statuses:
        sql += f" AND p.status IN (SELECT v FROM {tx.each(param(tx.pack(rule.statuses)))} s)"
    held = []
    root = _is_root(tx, organization_id, rule.unit)
    roles = f" IN (SELECT v FROM {tx.each(param(tx.pack(rule.roles)))} r)" if rule.roles else ""
    if root or not rule.unit:
        held.append(f"p.role{roles}" if roles else "true")
    if not root:
        role = f" AND m.role{roles}" if roles else ""
        unit = ""
        if rule.unit:
            unit = (
                " AND m.unit_id = (SELECT u.id FROM organizational_unit u WHERE u.organization_id ="
                f" p.organization_id AND u.uuid = {param(rule.unit)})"
            )
        held.append(f"EXISTS (SELECT 1 FROM unit_member m WHERE m.account_id = p.id{role}{unit})")
    return f"{sql} AND ({' OR '.join(held)})"


def _is_root(tx: Tx, organization_id: int, unit: str) -> bool:
    sql = "SELECT root FROM organizational_unit WHERE organization_id = $1 AND uuid = $2"
    return bool(unit) and bool(tx.value(sql, organization_id, unit))
