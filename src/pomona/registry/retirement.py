"""A device management service is deleted although devices are on it: an activity takes them off first."""

from pomona.keys.randomness import Rng
from pomona.registry import activities, services
from pomona.registry.activities import Activity
from pomona.registry.actors import Actor
from pomona.registry.errors import Forbidden, Invalid
from pomona.registry.services import Service
from pomona.store import Tx


def retire(
    tx: Tx, service: Service, to: Service | None, *, actor: Actor, now: int, rng: Rng
) -> Activity | None:
    """Deletes a service, once its devices are on another one or, without `to`, on none.

    That is an activity, whose metadata names the service as `empties`; None when it had no devices and is gone at once.
    Until the end its token works, so that it is told of its losses. Raises `Forbidden` for a service that is built in,
    `Invalid` when `to` is the service itself or of another organisation.
    """
    tx.lock(service.organization_id)
    service = services.get(tx, service.organization_id, service.id)
    if service.kind != "MDM":
        raise Forbidden(f"'{service.name}' is built in and cannot be deleted.")
    if to is not None and (to.id == service.id or to.organization_id != service.organization_id):
        raise Invalid("Choose another service of the organisation for the devices.", field="service")
    if not service.device_count:
        services.delete(tx, service, actor=actor, now=now)
        return None
    type, target = ("UNASSIGN_DEVICES", service.id) if to is None else ("ASSIGN_DEVICES", to.id)
    activity = activities.begin(
        tx, service.organization_id, type, target, {"empties": service.uuid}, actor, now, rng,
        -(-service.device_count // activities.CHUNK), service.device_count,
    )  # fmt: skip
    tx.notify(activities.TOPIC)
    return activity
