"""The parts a face works with."""

from dataclasses import dataclass, field

from pomona.keys.keyring import KeyRing
from pomona.keys.randomness import Rng, system_rng
from pomona.runtime.clock import Clock
from pomona.runtime.origin import Origins
from pomona.runtime.settings import Settings
from pomona.store import Store


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running Pomona. Faces, workers and the command line get it; nobody keeps globals."""

    settings: Settings
    store: Store
    keys: KeyRing
    clock: Clock = field(default_factory=Clock)
    rng: Rng = system_rng
    origins: Origins = field(default_factory=Origins)
