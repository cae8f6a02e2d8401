"""An organisation with everything that programs need to work on it, made in an installation before it is served."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pomona.activation import factory as factory_room
from pomona.catalogue.facts import infer
from pomona.catalogue.kinds import Kind
from pomona.formats.server_token import ServerToken
from pomona.formats.times import iso_seconds
from pomona.keys.randomness import seeded
from pomona.registry import api_accounts, api_keys, arrivals, supplier_credentials, tokens
from pomona.registry.api_accounts import PERMISSIONS
from pomona.registry.arrivals import Arrival, Origin
from pomona.registry.services import Service, built_in
from pomona.registry.tokens import Issued
from pomona.runtime import Runtime, Settings
from pomona.server.installation import installation
from pomona.simulator.business_client import Credentials
from pomona.simulator.factory import Factory
from tests.support.supply import Reseller, link
from tests.support.worlds import ADMIN, World, serials

RESELLER = "16FCE4A0"
SHIP_TO = "0000052010"
PROFILED = 200
ENROLLING = 40


@dataclass
class Linked:
    """An external device management service and its token."""

    id: int
    uuid: str
    token: ServerToken = field(repr=False)


@dataclass
class Prepared:
    """What the programs were given.

    `pools` are iPhones that belong to the first service at the start, `profiled` iPads of the second, `enrolling` serials of
    iPhones whose service is the built-in one.
    """

    organization_id: int
    number: str
    slug: str
    supplier_token: str = field(repr=False)
    api: Credentials = field(repr=False)
    factory: Factory = field(repr=False)
    first: Linked
    second: Linked
    pools: list[list[str]]
    profiled: list[str]
    enrolling: list[str]


def prepare(settings: Settings, pools: Sequence[int] = (4_500, 4_500, 400)) -> Prepared:
    """Makes the organisation in the installation that `settings` describe; `pools` says how many devices each has."""
    with installation(settings) as runtime:
        world = World(runtime.store)
        world.now = runtime.clock.now()
        first, second = world.service("First"), world.service("Second")
        own = runtime.store.read_sync(lambda tx: built_in(tx, world.id))
        world.default("IPHONE", first)
        found = Prepared(
            world.id,
            world.organization.number,
            world.organization.slug,
            _supplier(runtime, world),
            _api(runtime, world),
            _factory(runtime),
            _linked(runtime, first),
            _linked(runtime, second),
            [serials(size, seed=100 + n) for n, size in enumerate(pools)],
            serials(PROFILED, seed=200),
            serials(ENROLLING, seed=300),
        )
        for each in found.pools:
            _arrive(runtime, world, each, Kind.IPHONE, first)
        _arrive(runtime, world, found.profiled, Kind.IPAD, second)
        _arrive(runtime, world, found.enrolling, Kind.IPHONE, own)
    return found


def _arrive(runtime: Runtime, world: World, of: list[str], kind: Kind, service: Service) -> None:
    origin = Origin(world.id, "RESELLER", RESELLER)
    for first in range(0, len(of), 2_000):
        new = [Arrival(infer(serial, kind=kind)) for serial in of[first : first + 2_000]]
        runtime.store.write_sync(
            partial(arrivals.arrive, origin=origin, arrivals=new, now=world.now, target=service.id)
        )


def _supplier(runtime: Runtime, world: World) -> str:
    reseller = Reseller(runtime.store, RESELLER)
    link(world, RESELLER)
    return runtime.store.write_sync(
        lambda tx: supplier_credentials.issue_token(
            tx, [reseller.supplier], actor=ADMIN, now=world.now, rng=runtime.rng
        )
    )


def _api(runtime: Runtime, world: World) -> Credentials:
    pair = api_keys.generate("sec1", runtime.rng)
    account, key = runtime.store.write_sync(
        lambda tx: api_accounts.create(
            tx, world.id, "Automation", kind="BUSINESS", permissions=PERMISSIONS, public_key=pair.public,
            actor=ADMIN, now=world.now, rng=runtime.rng,
        )
    )  # fmt: skip
    assert key is not None
    return Credentials(account.client_id, key.key_id, pair.private)


def _linked(runtime: Runtime, service: Service) -> Linked:
    now = runtime.clock.now()
    issued = runtime.store.write_sync(
        lambda tx: tokens.issue(tx, service, runtime.keys, actor=ADMIN, now=now, rng=runtime.rng)
    )
    return Linked(service.id, service.uuid, _in_the_file(issued))


def _in_the_file(issued: Issued) -> ServerToken:
    token = issued.token
    return ServerToken(
        token.consumer_key, issued.consumer_secret, token.access_token, issued.access_secret,
        iso_seconds(token.expires_at),
    )  # fmt: skip


def _factory(runtime: Runtime) -> Factory:
    certificate, encoded = factory_room.ensure(runtime)
    key = serialization.load_der_private_key(encoded, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Factory(certificate, key, seeded("factory"))
