"""What speaks against releasing a device although it can be released: warnings, for whoever is about to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pomona.registry.blueprint_links import Relation
from pomona.registry.devices import first_number, last_number
from pomona.store import Tx

Reason = Literal["IN_REPAIR", "ACTIVATION_LOCK", "ENROLLED", "IN_BLUEPRINT"]

SENTENCES: dict[Reason, str] = {
    "IN_REPAIR": "In repair: once it is released, the unit that comes instead is not added.",
    "ACTIVATION_LOCK": "Locked for the organisation: after the release only its bypass code opens it.",
    "ENROLLED": "Enrolled in the built-in service: take it out of management first, or erase it.",
    "IN_BLUEPRINT": "A member of a blueprint, which it leaves.",
}

_TABLES: dict[Reason, str] = {
    "IN_REPAIR": "SELECT x.device_id FROM device_repair x WHERE x.device_id = o.device_id",
    "ACTIVATION_LOCK": "SELECT x.device_id FROM activation_lock x WHERE x.device_id = o.device_id",
    "ENROLLED": "SELECT x.id FROM enrollment x WHERE x.organization_id = $4 AND x.serial = o.serial"
    " AND x.status = 'enrolled'",
    "IN_BLUEPRINT": f"SELECT x.blueprint_id FROM blueprint_link x WHERE x.relation = {Relation.ORG_DEVICES:d} AND x.target_id = o.device_id",
}


@dataclass(frozen=True, slots=True)
class Warning:
    """A reason, how many devices it is about, and some of their serials."""

    reason: Reason
    count: int
    serials: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What it means for such a device."""
        return SENTENCES[self.reason]


def of_serials(
    tx: Tx, organization_id: int, serials: Sequence[str], *, named: int = 50
) -> tuple[Warning, ...]:
    """The warnings about the organisation's devices among canonical `serials`; `named` serials of each are given."""
    params = (tx.pack(list(serials)), first_number(organization_id), last_number(organization_id))
    found = []
    for reason, exists in _TABLES.items():
        where = f" {tx.each('$1')} e JOIN serial_owner o ON o.serial = e.v AND o.device_id BETWEEN $2 AND $3"
        more = (organization_id,) if "$4" in exists else ()
        rows = tx.rows(f"SELECT e.v FROM{where} WHERE EXISTS ({exists}) ORDER BY e.n", *params, *more)
        if rows:
            found.append(Warning(reason, len(rows), tuple(serial for (serial,) in rows[:named])))
    return tuple(found)
