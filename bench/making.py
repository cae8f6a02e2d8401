"""Making an installation: an organisation with two services and its clients' credentials, and devices from orders."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pomona.catalogue.serials import batch
from pomona.registry import (
    api_accounts,
    api_keys,
    order_steps,
    organizations,
    services,
    submissions,
    supplier_credentials,
    supplier_links,
    suppliers,
    tokens,
)
from pomona.registry.actors import OPERATOR
from pomona.registry.order_documents import OrderDocument, OrderedDelivery
from pomona.registry.order_plans import Plans
from pomona.registry.organizations import Organization
from pomona.registry.services import Service
from pomona.registry.suppliers import Supplier
from pomona.runtime import Runtime, Settings
from pomona.server.installation import installation

SEED = 20261123
RESELLER = "16FCE4A0"
SHIP_TO = "0000052010"
_AN_ORDER = 100_000


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What clients need of the installation. Its secrets guard nothing but invented devices."""

    organization: str
    main: str
    spare: str
    client_id: str
    key_id: str
    private_key: str
    consumer_key: str
    consumer_secret: str
    access_token: str
    access_secret: str
    supplier_token: str


def make(folder: Path, size: int, database_url: str = "") -> Keys:
    """Fills an empty data folder, or an empty database on a server; gives the credentials."""
    with installation(Settings(data=folder, database_url=database_url)) as runtime:
        maker = _Maker(runtime)
        keys = maker.link()
        maker.stock(size)
    return keys


def order_body(transaction: str, customer: str, number: str, serials: list[str]) -> bytes:
    """A supplier's request to add devices, as it is sent."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    devices = [{"deviceId": serial} for serial in serials]
    order = {
        "orderNumber": number,
        "orderDate": moment,
        "orderType": "OR",
        "customerId": customer,
        "poNumber": "",
        "deliveries": [{"deliveryNumber": "D1", "shipDate": moment, "devices": devices}],
    }
    return supplier_body({"transactionId": transaction, "orders": [order]})


def supplier_body(members: dict[str, object]) -> bytes:
    """A supplier's request, with who it acts for."""
    context = {"shipTo": SHIP_TO, "timeZone": "0", "langCode": "en"}
    return msgspec.json.encode({"requestContext": context, "depResellerId": RESELLER, **members})


class _Maker:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._write = runtime.store.write_sync
        self._now = now = runtime.clock.now()
        self._organization: Organization = self._write(
            lambda tx: organizations.create(
                tx, "Bench", actor=OPERATOR, now=now, rng=runtime.rng, email="it@example.com"
            )
        )
        self._supplier: Supplier = self._write(
            lambda tx: suppliers.register(
                tx, "RESELLER", RESELLER, ship_to=[SHIP_TO], actor=OPERATOR, now=now
            )
        )

    def link(self) -> Keys:
        """Two services, of which the first takes every new device, the supplier, and an account of the Business API."""
        now, rng, id = self._now, self._runtime.rng, self._organization.id
        main, spare = self._service("Main"), self._service("Spare")
        pair = api_keys.generate("pkcs8", rng)
        account, key = self._write(
            lambda tx: api_accounts.create(
                tx, id, "Bench", public_key=pair.public, actor=OPERATOR, now=now, rng=rng
            )
        )
        assert key is not None
        token = self._write(
            lambda tx: tokens.issue(tx, main, self._runtime.keys, actor=OPERATOR, now=now, rng=rng)
        )
        for family in services.FAMILIES:
            self._default(family, main)
        self._write(lambda tx: supplier_links.link(tx, id, "RESELLER", RESELLER, actor=OPERATOR, now=now))
        return Keys(
            organization=self._organization.number,
            main=main.uuid,
            spare=spare.uuid,
            client_id=account.client_id,
            key_id=key.key_id,
            private_key=pair.private,
            consumer_key=token.token.consumer_key,
            consumer_secret=token.consumer_secret,
            access_token=token.token.access_token,
            access_secret=token.access_secret,
            supplier_token=self._write(
                lambda tx: supplier_credentials.issue_token(
                    tx, [self._supplier], actor=OPERATOR, now=now, rng=rng
                )
            ),
        )

    def stock(self, size: int) -> None:
        """Devices, in orders as large as one may be."""
        serials = [serial for serial, _ in batch(SEED, size)]
        for n, some in zip(count(), _cut(serials), strict=False):
            self._order(n, some)

    def _order(self, n: int, serials: list[str]) -> None:
        customer, id = self._organization.number, self._supplier.id
        document = OrderDocument(
            f"ORDER-{n}", "OR", customer, "", self._now, [OrderedDelivery("D1", self._now, serials)]
        )
        body = order_body(f"TXN-{n}", customer, document.number, serials)
        submission = submissions.prepare(f"TXN-{n}", body, [document])
        self._write(lambda tx: submissions.accept(tx, id, submission, now=self._now, rng=self._runtime.rng))
        plans = Plans()
        while self._write(lambda tx: order_steps.step(tx, id, now=self._runtime.clock.now(), plans=plans)):
            pass

    def _service(self, name: str) -> Service:
        certificate = _certificate()
        return self._write(
            lambda tx: services.create(
                tx,
                self._organization.id,
                name,
                certificate,
                certificate_name="bench.pem",
                may_release=True,
                actor=OPERATOR,
                now=self._now,
                rng=self._runtime.rng,
            )
        )

    def _default(self, family: str, service: Service) -> None:
        self._write(
            lambda tx: services.set_default(
                tx, self._organization.id, family, service, actor=OPERATOR, now=self._now
            )
        )


def _cut(serials: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(serials), _AN_ORDER):
        yield serials[first : first + _AN_ORDER]


def _certificate() -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=365))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
