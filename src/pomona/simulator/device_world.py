"""What simulated devices share: the network, the factory, keys, randomness, and where the makers' cloud is."""

from dataclasses import dataclass

from pomona.simulator.device_keys import KeySource
from pomona.simulator.device_network import Network
from pomona.simulator.factory import Factory
from pomona.simulator.randomness import Rng


@dataclass(frozen=True, slots=True)
class DeviceWorld:
    """`cloud` is the origin that activation and alternate discovery are asked at.

    `well_known` stands for `https://{domain}` of every user's domain, because no simulated domain has a web server; empty
    for the real thing.
    """

    cloud: str
    network: Network
    factory: Factory
    keys: KeySource
    rng: Rng
    well_known: str = ""
