"""A device management service releases devices by itself, if its administrator lets it."""

from collections.abc import Sequence

from pomona.keys.randomness import Rng
from pomona.registry import activities, profile_assignments
from pomona.registry.actors import Actor
from pomona.registry.profile_assignments import Given
from pomona.registry.sessions import Party
from pomona.store import Tx

_WORKER = "disown"


def disown(
    tx: Tx, party: Party, serials: Sequence[str], *, actor: Actor, now: int, rng: Rng
) -> dict[str, Given]:
    """Releases the service's devices among `serials`, at most a chunk of them, in an activity that is done at once.

    FAILED for each of its devices when the service may not. The caller holds the organisation's lock.
    """
    held = profile_assignments.on_service(tx, party.service_id, serials)
    done = Given.FAILED
    if held and party.may_release:
        done = Given.SUCCESS
        activity = activities.create(
            tx, party.organization_id, "RELEASE_DEVICES", sorted(held), service_id=party.service_id, actor=actor,
            now=now, rng=rng,
        )  # fmt: skip
        while activities.step(tx, activity.id, _WORKER, now):
            pass
    known = {serial: profile_assignments.canonical(serial) for serial in serials}
    return {serial: done if known[serial] in held else Given.NOT_ACCESSIBLE for serial in serials}
