"""All programs at work on one organisation at the same time."""

from collections.abc import Mapping
from typing import NamedTuple

from tests.crash.enrolling import Devices
from tests.crash.patience import Traffic
from tests.crash.prepared import Prepared
from tests.crash.programs import Hasty, Mover, ProfileGiver, Program, Reader, Supplier
from tests.crash.working import Working


class Everybody(NamedTuple):
    """The programs at work."""

    supplier: Supplier
    movers: list[Mover]
    hasty: Hasty
    profiles: ProfileGiver
    readers: list[Reader]
    devices: Devices

    @property
    def programs(self) -> list[Program]:
        """Those over plain HTTP clients."""
        return [self.supplier, *self.movers, self.hasty, self.profiles, *self.readers]

    @property
    def working(self) -> list[Working]:
        """All of them."""
        return [*self.programs, self.devices]

    @property
    def traffic(self) -> Traffic:
        """What all of those saw."""
        total = Traffic()
        for each in self.programs:
            total += each.traffic
        return total

    def start(self) -> None:
        """Begin."""
        for each in self.working:
            each.start()

    def finish(self) -> None:
        """Let all end what they began; what went wrong in any is raised."""
        for each in self.working:
            each.finish()

    def check(self) -> None:
        """Raise what went wrong in any so far."""
        for each in self.working:
            each.check()

    def close(self) -> None:
        """Let go of all connections."""
        for each in self.programs:
            each.close()


def everybody(origin: str, given: Prepared, seed: int) -> Everybody:
    """One supplier, three administrators' programs, one service that gives profiles, two readers, and the devices."""
    return Everybody(
        Supplier(origin, given, seed),
        [Mover(origin, given, pool, seed) for pool in (0, 1)],
        Hasty(origin, given, 2, seed),
        ProfileGiver(origin, given, seed),
        [Reader(origin, given.first, "first", seed), Reader(origin, given.second, "second", seed)],
        Devices(origin, given, seed),
    )


def figures(all_of_them: Everybody, kills: int, half_done: Mapping[str, int]) -> str:
    """What a run amounted to, in a line."""
    traffic = all_of_them.traffic
    done = {each.name: each.acknowledged for each in all_of_them.working}
    return (
        f"{kills} kills, in the middle of {dict(half_done)}; {sum(done.values())} changes acknowledged: {done};"
        f" {traffic.answered} requests answered, {traffic.unanswered + all_of_them.devices.unanswered} sent in vain,"
        f" {len(traffic.unavailable)} answers 503"
    )
