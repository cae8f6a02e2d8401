"""Devices that an organisation adds itself, as Apple Configurator does."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pomona.catalogue.facts import infer
from pomona.catalogue.products import Product
from pomona.keys.randomness import Rng
from pomona.registry import arrivals, audit, services
from pomona.registry.actors import Actor
from pomona.registry.arrivals import Arrival, Origin, Outcome, Target
from pomona.registry.errors import Invalid
from pomona.registry.services import Service
from pomona.store import Tx

SOURCE_ID = "CONFIGURATOR"
"""What stands in the place of a supplier's number."""

MOST = 10_000
"""Devices that are added at a time."""

Where = Service | Literal["placeholder", "default", "none"]
"""A service, the placeholder for devices added by hand, each kind's default, or none."""


def add(
    tx: Tx,
    organization_id: int,
    products: Mapping[str, Product | None],
    *,
    where: Where = "placeholder",
    actor: Actor,
    now: int,
    rng: Rng,
) -> dict[str, Outcome]:
    """Adds devices by canonical serial; `products` says what each is, None to derive it from the serial.

    Gives every serial's outcome: one that has an owner is left alone. Each new device's thirty days begin when it
    enrols. Raises `Invalid` for none or too many.
    """
    if not 0 < len(products) <= MOST:
        raise Invalid(f"Give 1 to {MOST} devices at a time; these are {len(products)}.", field="devices")
    tx.lock(organization_id)
    new = [Arrival(infer(serial, product)) for serial, product in products.items()]
    outcomes = arrivals.arrive(
        tx,
        Origin(organization_id, "MANUALLY_ADDED", SOURCE_ID),
        new,
        now=now,
        target=_target(tx, organization_id, where, now, rng),
        assigned_by=actor.name,
    )
    _record(tx, organization_id, [serial for serial in products if outcomes[serial].added], actor, now)
    return outcomes


def _target(tx: Tx, organization_id: int, where: Where, now: int, rng: Rng) -> Target | int:
    if isinstance(where, Service):
        return where.id
    if where == "placeholder":
        return services.configurator(tx, organization_id, now=now, rng=rng).id
    return Target.DEFAULT if where == "default" else Target.NONE


def _record(tx: Tx, organization_id: int, serials: Sequence[str], actor: Actor, now: int) -> None:
    for serial in serials:
        audit.record(
            tx,
            organization_id,
            "DEVICE_ADDED_TO_ORG",
            actor,
            audit.Subject("DEVICE", serial, serial),
            now=now,
            after={"source": "MANUALLY_ADDED"},
        )
