"""Device management services of an organisation, and which one takes new devices of each kind."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from pomona.catalogue.kinds import Kind
from pomona.keys.randomness import Rng
from pomona.registry import audit
from pomona.registry.actors import Actor
from pomona.registry.errors import Duplicate, Forbidden, InUse, Invalid, LimitExceeded, NotFound
from pomona.store import Row, Tx

ServiceKind = Literal["MDM", "APPLE_CONFIGURATOR", "APPLE_MDM"]

MAX_SERVICES = 250
RESERVED_NAMES = frozenset({"unassigned", "reassigned"})
CONFIGURATOR_SERVICE = "Devices Added by Apple Configurator"
FAMILIES: dict[str, Kind | None] = {
    "APPLE_TV": Kind.APPLE_TV,
    "IPAD": Kind.IPAD,
    "IPHONE": Kind.IPHONE,
    "IPOD": None,
    "MAC": Kind.MAC,
    "VISION": Kind.VISION,
    "WATCH": Kind.WATCH,
}
"""Default families and the kind of device each takes. No device is an iPod any more."""

_COLUMNS = (
    "id, organization_id, uuid, name, kind, may_release, certificate, certificate_name, created_at, updated_at,"
    " connected_at, connected_from, device_count, last_operation, discovery_url, discovery_url_at, switches"
)


@dataclass(frozen=True, slots=True)
class Service:
    """`uuid` is 32 upper-case hex digits; `certificate` DER; `switches` its deviations from our defaults."""

    id: int
    organization_id: int
    uuid: str
    name: str
    kind: ServiceKind
    may_release: bool
    certificate: bytes | None
    certificate_name: str | None
    created_at: int
    updated_at: int
    connected_at: int | None
    connected_from: str | None
    device_count: int
    last_operation: int
    discovery_url: str | None
    discovery_url_at: int | None
    switches: dict[str, object]

    @property
    def subject(self) -> audit.Subject:
        """How the audit log names it."""
        return audit.Subject("SERVICE", self.uuid, self.name)


def add_built_in(
    tx: Tx, organization_id: int, kind: ServiceKind, name: str, *, now: int, rng: Rng
) -> Service:
    """The service that is Pomona's own (APPLE_MDM), or the placeholder for devices added by hand."""
    return get(tx, organization_id, _insert(tx, organization_id, name, kind, None, None, False, now, rng))


def create(
    tx: Tx,
    organization_id: int,
    name: str,
    certificate: bytes,
    *,
    certificate_name: str,
    may_release: bool,
    actor: Actor,
    now: int,
    rng: Rng,
) -> Service:
    """Links an external service by its public key certificate (DER, already checked).

    Raises `Invalid` for an empty, overlong or reserved name, `Duplicate` for one in use, `LimitExceeded` beyond 250.
    """
    tx.lock(organization_id)
    name = _checked_name(tx, organization_id, name)
    if (
        int(tx.value("SELECT count(*) FROM service WHERE organization_id = $1", organization_id))
        >= MAX_SERVICES
    ):
        raise LimitExceeded(f"An organisation may link {MAX_SERVICES} services; delete one that is not used.")
    id = _insert(tx, organization_id, name, "MDM", certificate, certificate_name, may_release, now, rng)
    service = get(tx, organization_id, id)
    audit.record(
        tx,
        organization_id,
        "SERVICE_CREATED",
        actor,
        service.subject,
        now=now,
        after={"may_release": may_release},
    )
    return service


def update(
    tx: Tx,
    service: Service,
    *,
    name: str | None = None,
    may_release: bool | None = None,
    certificate: tuple[bytes, str] | None = None,
    actor: Actor,
    now: int,
) -> Service:
    """Changes what is given. A new certificate takes effect with the next token. Raises as `create` does."""
    tx.lock(service.organization_id)
    if service.kind != "MDM":
        raise Forbidden(f"'{service.name}' is built in and cannot be changed.")
    if name is not None and name != service.name:
        name = _checked_name(tx, service.organization_id, name)
    der, file = certificate or (service.certificate, service.certificate_name)
    tx.execute(
        "UPDATE service SET name = $1, may_release = $2, certificate = $3, certificate_name = $4,"
        " updated_at = $5 WHERE id = $6",
        service.name if name is None else name,
        int(service.may_release if may_release is None else may_release),
        *(der, file, now, service.id),
    )
    changed = get(tx, service.organization_id, service.id)
    before = {"name": service.name, "may_release": service.may_release}
    after = {
        "name": changed.name,
        "may_release": changed.may_release,
        "new_certificate": certificate is not None,
    }
    audit.record(
        tx,
        service.organization_id,
        "SERVICE_UPDATED",
        actor,
        changed.subject,
        now=now,
        before=before,
        after=after,
    )
    return changed


def delete(tx: Tx, service: Service, *, actor: Actor, now: int) -> None:
    """Unlinks a service that has no devices; its tokens die, defaults that name it are cleared and rules disabled.

    Raises `InUse` while devices are assigned to it, `Forbidden` for a built-in one.
    """
    tx.lock(service.organization_id)
    service = get(tx, service.organization_id, service.id)
    if service.kind != "MDM":
        raise Forbidden(f"'{service.name}' is built in and cannot be deleted.")
    if service.device_count:
        raise InUse(
            f"'{service.name}' still has {service.device_count} devices; assign them elsewhere or unassign them first."
        )
    tx.execute(
        "DELETE FROM default_assignment WHERE organization_id = $1 AND service_id = $2",
        service.organization_id,
        service.id,
    )
    _free_rules(tx, service, actor, now)
    tx.execute("DELETE FROM server_token WHERE service_id = $1", service.id)
    tx.execute("DELETE FROM profile WHERE service_id = $1", service.id)
    tx.execute("DELETE FROM service WHERE id = $1", service.id)
    audit.record(tx, service.organization_id, "SERVICE_DELETED", actor, service.subject, now=now)


def _free_rules(tx: Tx, service: Service, actor: Actor, now: int) -> None:
    """Rules for arriving devices that send them to the service wait until they are given another."""
    rows = tx.rows(
        "UPDATE arrival_rule SET enabled = 0, service_id = NULL, updated_at = $1"
        " WHERE organization_id = $2 AND service_id = $3 RETURNING uuid, name",
        *(now, service.organization_id, service.id),
    )
    for uuid, name in sorted(rows):
        audit.record(tx, service.organization_id, "ARRIVAL_RULE_UPDATED", actor,
                     audit.Subject("ARRIVAL_RULE", uuid, name), now=now, before={"service": service.name},
                     after={"service": None, "enabled": False})  # fmt: skip


def get(tx: Tx, organization_id: int, id: int) -> Service:
    """By internal id. Raises `NotFound`."""
    return _one(tx, organization_id, "id", id)


def by_uuid(tx: Tx, organization_id: int, uuid: str) -> Service:
    """By public id, in any case and with or without dashes. Raises `NotFound`."""
    return _one(tx, organization_id, "uuid", uuid.replace("-", "").upper(), uuid)


def by_name(tx: Tx, organization_id: int, name: str) -> Service:
    """By exact name. Raises `NotFound`."""
    return _one(tx, organization_id, "name", name)


def find(tx: Tx, organization_id: int, text: str) -> Service:
    """By public id or name, as a person would say it. Raises `NotFound`."""
    try:
        return by_uuid(tx, organization_id, text)
    except NotFound:
        return by_name(tx, organization_id, text)


def built_in(tx: Tx, organization_id: int) -> Service:
    """The organisation's own device management service. Raises `NotFound`."""
    return _one(tx, organization_id, "kind", "APPLE_MDM")


def configurator(tx: Tx, organization_id: int, *, now: int, rng: Rng) -> Service:
    """The placeholder for devices added by hand, made when the first one comes."""
    try:
        return _one(tx, organization_id, "kind", "APPLE_CONFIGURATOR")
    except NotFound:
        return add_built_in(tx, organization_id, "APPLE_CONFIGURATOR", CONFIGURATOR_SERVICE, now=now, rng=rng)


def of_organization(tx: Tx, organization_id: int, *, after: int = 0, limit: int = 1000) -> list[Service]:
    """Services in the order they were linked, a page at a time."""
    sql = f"SELECT {_COLUMNS} FROM service WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    return [_service(row) for row in tx.rows(sql, organization_id, after, limit)]


def defaults(tx: Tx, organization_id: int) -> dict[str, int]:
    """The service (internal id) that takes new devices, by family."""
    rows = tx.rows(
        "SELECT family, service_id FROM default_assignment WHERE organization_id = $1", organization_id
    )
    return dict(rows)


def default_for(tx: Tx, organization_id: int, kind: Kind) -> int | None:
    """The service that takes new devices of `kind`, or None."""
    families = [family for family, of in FAMILIES.items() if of == kind]
    found: int | None = tx.value(
        "SELECT service_id FROM default_assignment WHERE organization_id = $1 AND family = $2",
        organization_id,
        families[0],
    )
    return found


def set_default(
    tx: Tx, organization_id: int, family: str, service: Service | None, *, actor: Actor, now: int
) -> None:
    """Makes `service` (or none) take new devices of a family. Devices that are here already stay where they are."""
    if family not in FAMILIES:
        raise Invalid(
            f"'{family}' is no family of devices; expected one of {', '.join(FAMILIES)}.", field="family"
        )
    tx.lock(organization_id)
    before = defaults(tx, organization_id).get(family)
    tx.execute(
        "DELETE FROM default_assignment WHERE organization_id = $1 AND family = $2", organization_id, family
    )
    if service is not None:
        tx.execute(
            "INSERT INTO default_assignment (organization_id, family, service_id) VALUES ($1, $2, $3)",
            *(organization_id, family, service.id),
        )
    subject = audit.Subject("DEFAULT_ASSIGNMENT", family, family)
    after = None if service is None else service.id
    audit.record(
        tx, organization_id, "DEFAULT_ASSIGNMENT_CHANGED", actor, subject, now=now, before=before, after=after
    )


def _checked_name(tx: Tx, organization_id: int, name: str) -> str:
    name = name.strip()
    if not name or len(name) > 200:
        raise Invalid("A service needs a name of 1 to 200 characters.", field="name")
    if name.lower() in RESERVED_NAMES:
        raise Invalid(f"'{name}' is a reserved word; choose another name.", field="name")
    if tx.value("SELECT id FROM service WHERE organization_id = $1 AND name = $2", organization_id, name):
        raise Duplicate(f"A service named '{name}' exists already; choose another name.", field="name")
    return name


def _insert(
    tx: Tx,
    organization_id: int,
    name: str,
    kind: ServiceKind,
    certificate: bytes | None,
    certificate_name: str | None,
    may_release: bool,
    now: int,
    rng: Rng,
) -> int:
    return int(
        tx.value(
            "INSERT INTO service (organization_id, uuid, name, kind, may_release, certificate, certificate_name,"
            " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            *(organization_id, rng(16).hex().upper(), name, kind, int(may_release)),
            *(certificate, certificate_name, now, now),
        )
    )


def _one(tx: Tx, organization_id: int, column: str, value: object, said: object = None) -> Service:
    row = tx.row(
        f"SELECT {_COLUMNS} FROM service WHERE organization_id = $1 AND {column} = $2", organization_id, value
    )
    if row is None:
        raise NotFound("device management service", value if said is None else said)
    return _service(row)


def _service(row: Row) -> Service:
    values = (*row[:5], bool(row[5]), *row[6:16], msgspec.json.decode(row[16]))
    return Service(*values)
