"""Small worlds for registry tests: an organisation, devices, services; time is a number the test chooses."""

import random
import time
from collections.abc import Sequence

from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.catalogue.serials import batch
from pomona.keys.randomness import seeded
from pomona.registry import (
    activities,
    arrivals,
    devices,
    organizations,
    profile_assignments,
    profiles,
    services,
)
from pomona.registry.activities import Activity
from pomona.registry.actors import Actor
from pomona.registry.arrivals import Arrival, Origin, Outcome
from pomona.registry.devices import Device
from pomona.registry.organizations import Organization
from pomona.registry.profiles import Profile
from pomona.registry.services import Service
from pomona.store import Store, Tx

NOW = 1_700_000_000_000
ADMIN = Actor("USER", "00000000-0000-4000-8000-000000000001", "admin@example.com", "127.0.0.1")


class World:
    """An organisation in a store, with short verbs. Each call commits."""

    def __init__(self, store: Store, name: str = "Example") -> None:
        self.store = store
        self.rng = seeded(name)
        self.now = NOW
        self.organization: Organization = store.write_sync(
            lambda tx: organizations.create(
                tx, name, actor=ADMIN, now=self.now, rng=self.rng, email="it@example.com"
            )
        )

    @classmethod
    def of(cls, store: Store, organization_id: int) -> "World":
        """The world of an organisation that is there already."""
        world = cls.__new__(cls)
        world.store, world.rng, world.now = store, seeded(f"again {organization_id}"), NOW
        world.organization = store.read_sync(lambda tx: organizations.get(tx, organization_id))
        return world

    @property
    def id(self) -> int:
        """The organisation's internal id."""
        return self.organization.id

    def tick(self, millis: int = 5_000) -> int:
        """Lets time pass."""
        self.now += millis
        return self.now

    def service(self, name: str) -> Service:
        """Links an external service."""
        return self.store.write_sync(
            lambda tx: services.create(
                tx,
                self.id,
                name,
                b"certificate",
                certificate_name="service.pem",
                may_release=False,
                actor=ADMIN,
                now=self.now,
                rng=self.rng,
            )
        )

    def reread(self, service: Service) -> Service:
        """The service as it is now."""
        return self.store.read_sync(lambda tx: services.get(tx, self.id, service.id))

    def default(self, family: str, service: Service | None) -> None:
        """Sets a default assignment."""
        self.store.write_sync(
            lambda tx: services.set_default(tx, self.id, family, service, actor=ADMIN, now=self.now)
        )

    def arrive(
        self, serials: Sequence[str], kind: Kind = Kind.IPHONE, source_id: str = "16FCE4A0"
    ) -> dict[str, Outcome]:
        """Adds devices as a reseller's order would."""
        origin = Origin(self.id, "RESELLER", source_id)
        new = [Arrival(infer(serial, kind=kind)) for serial in serials]
        return self.store.write_sync(
            lambda tx: arrivals.arrive(tx, origin, new, now=self.now, assigned_by="it@example.com")
        )

    def stock(self, count: int, seed: int = 1) -> list[str]:
        """Adds `count` invented devices of all kinds; gives their serials."""
        made = batch(seed, count)
        origin = Origin(self.id, "RESELLER", "16FCE4A0")
        new = [Arrival(infer(serial, product)) for serial, product in made]
        self.store.write_sync(lambda tx: arrivals.arrive(tx, origin, new, now=self.now))
        return [serial for serial, _ in made]

    def activity(
        self,
        type: str,
        serials: Sequence[str],
        service: Service | None = None,
        *,
        deadline: int | None = None,
    ) -> Activity:
        """Creates an activity and does it."""
        created = self.store.write_sync(
            lambda tx: activities.create(
                tx,
                self.id,
                type,
                serials,
                service_id=None if service is None else service.id,
                deadline=deadline,
                actor=ADMIN,
                now=self.now,
                rng=self.rng,
            )
        )
        self.work(created)
        return self._ended(created)

    def _ended(self, activity: Activity) -> Activity:
        """A served worker may have been first: it does the rest."""
        end = time.monotonic() + 20
        while True:
            found = self.store.read_sync(lambda tx: activities.get(tx, self.id, activity.uuid))
            if found.status != "IN_PROGRESS" or time.monotonic() > end:
                return found
            time.sleep(0.01)

    def set_up(self, service: Service, serials: Sequence[str]) -> None:
        """Assigns devices to a service that has a profile for them, which they fetch."""
        self.activity("ASSIGN_DEVICES", serials, service)
        self.give_profile(service, serials)
        self.fetch(serials)

    def give_profile(self, service: Service, serials: Sequence[str]) -> Profile:
        """Assigns a new profile of a service to its devices."""

        def give(tx: Tx) -> Profile:
            profile = profiles.define(
                tx, self.id, service.id, "Profile", b'{"url":"https://mdm.example/"}', actor=ADMIN, now=self.now,
                rng=self.rng,
            )  # fmt: skip
            profile_assignments.assign(tx, profile, serials, now=self.now)
            return profile

        return self.store.write_sync(give)

    def fetch(self, serials: Sequence[str]) -> None:
        """Each device fetches the profile that waits for it, as when it is set up."""
        for serial in serials:
            self.store.write_sync(lambda tx: profile_assignments.fetched(tx, serial, now=self.now))  # noqa: B023

    def undo(self, activity: Activity, *, days: int = 90) -> Activity:
        """Undoes an activity, to the end."""
        made = self.store.write_sync(
            lambda tx: activities.undoing(tx, activity, actor=ADMIN, now=self.now, rng=self.rng, days=days)
        )
        self.work(made)
        return self.store.read_sync(lambda tx: activities.get(tx, self.id, made.uuid))

    def device(self, serial: str) -> Device:
        """A device as it is now."""
        return self.store.read_sync(lambda tx: devices.get(tx, self.id, serial))

    def work(self, activity: Activity, worker: str = "test") -> None:
        """Does an activity to its end."""
        while self.store.write_sync(lambda tx: activities.step(tx, activity.id, worker, self.now)):
            pass


def serials(count: int, seed: int = 1) -> list[str]:
    """Invented canonical serials."""
    rng = random.Random(seed)
    return ["O" + "".join(rng.choices("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=11)) for _ in range(count)]
