"""Who submits, by TLS client certificate: each mistake has its code, whichever program shows the certificate."""

import contextlib
import json
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pomona.keys.randomness import system_rng
from pomona.registry import suppliers
from pomona.registry.errors import Duplicate, Invalid
from pomona.registry.supplier_credentials import Bounds
from pomona.registry.suppliers import Supplier
from pomona.runtime.clock import wall_millis
from pomona.server import asking_tls
from pomona.server.authority import Authority, Leaf
from pomona.simulator.supplier import SupplierAccount, SupplierClient
from pomona.store import Store
from tests.enroll_service.service import CONTEXT, codes, order
from tests.enroll_service.tls import YEAR, Door, door
from tests.support.supply import link, owned
from tests.support.worlds import ADMIN, World, serials

ENROLL, STATUS = "bulk-enroll-devices", "check-transaction-status"
OURS = "16FCE4A0"
DAY = 86_400_000


def self_signed(
    name: str, *, usage: x509.ObjectIdentifier | None = None, bits: int = 0, days: int = 3650
) -> tuple[bytes, bytes]:
    """A certificate that somebody made with openssl, and its key; PEM. It began 400 days ago."""
    key = rsa.generate_private_key(65537, bits) if bits else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=400)
    number = x509.random_serial_number()
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), number, start, start + timedelta(days=days)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    made = builder.sign(key, hashes.SHA256())
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), encoded


class Scene:
    """Our reseller, linked to an organisation, and another one; certificates of every condition."""

    def __init__(self, at: Door) -> None:
        self.door = at
        self.world = World(at.runtime.store)
        self.ours = at.supplier(OURS, sold_to="52000")
        self.other = at.supplier("0A0B0C0D", ship_to="777")
        link(self.world, OURS)
        at.issue("good", Bounds([self.ours]))
        at.issue("rsa", Bounds([self.ours]), key="rsa")
        at.issue("expired", Bounds([self.ours]), ago=2 * YEAR)
        at.revoke(at.issue("revoked", Bounds([self.ours])).credential.id)
        at.issue("other", Bounds([self.other]))
        at.issue("both", Bounds([self.ours, self.other]))
        at.issue("account", Bounds(sold_to="52000"))
        at.issue("elsewhere", Bounds([self.ours], ship_tos=["888"]))
        forgotten = at.issue("forgotten", Bounds([self.ours])).credential.id
        at.runtime.store.write_sync(
            lambda tx: tx.execute("DELETE FROM supplier_credential WHERE hash = $1", bytes.fromhex(forgotten))
        )
        at.write("own", *self_signed("erp.example.com"))
        at.register("own", Bounds([self.ours]))
        at.write("old", *self_signed("old.example.com", days=390))
        at.register("old", Bounds([self.ours]), ago=100 * DAY)
        at.write("stranger", *self_signed("stranger.example.com"))

    def body(
        self, *devices: str, number: str = "A", ship_to: str = CONTEXT["shipTo"], reseller: str = OURS
    ) -> Any:
        """A submission."""
        return {
            "requestContext": CONTEXT | {"shipTo": ship_to}, "transactionId": f"T-{number}", "depResellerId": reseller,
            "orders": [order(number, self.world.organization.number, list(devices))],
        }  # fmt: skip

    def ship_to(self, supplier: Supplier, number: str, **change: Any) -> None:
        """Registers a ship-to number."""
        self.door.runtime.store.write_sync(
            lambda tx: suppliers.set_ship_to(tx, supplier.id, number, **change)
        )

    def active(self, yes: bool) -> None:
        """Whether our reseller may submit."""
        now = self.door.runtime.clock.now()
        self.door.runtime.store.write_sync(
            lambda tx: suppliers.set_active(tx, self.ours, yes, actor=ADMIN, now=now)
        )


@pytest.fixture
def scene(any_store: Store, tmp_path: Path) -> Iterator[Scene]:
    with door(any_store, tmp_path) as at:
        yield Scene(at)


class Case(NamedTuple):
    """A certificate, what is asked with it, and the code that answers it; None for one that does."""

    certificate: str
    code: str | None
    more: Mapping[str, str] = MappingProxyType({})
    says: str = ""


CASES = (
    Case("", "GRX-50038", says="Expected is a client certificate"),
    Case("expired", "GRX-50038", says="ended at 20"),
    Case("revoked", "GRX-50038", says="revoked at 20"),
    Case("forgotten", "GRX-50038", says="registered for nobody"),
    Case("old", "GRX-50038", says="ended at 20"),
    Case("other", "GRX-90004", {"ship_to": "777"}),
    Case("other", "GRX-50025"),
    Case("good", "GRX-90004", {"reseller": "0A0B0C0D"}),
    Case("good", "GRX-50025", {"ship_to": "99999"}),
    Case("elsewhere", "GRX-50025"),
    Case("good", "GRX-50026", {"ship_to": "111"}),
    Case("good", "GRX-90041", {"ship_to": "222"}),
    Case("both", "GRX-90004", {"ship_to": "777"}),
    Case("good", None),
    Case("rsa", None),
    Case("own", None),
    Case("both", None, {"reseller": "0A0B0C0D", "ship_to": "777"}),
    Case("account", None),
)


def test_each_condition_of_a_certificate_has_its_code(scene: Scene) -> None:
    scene.ship_to(scene.ours, "111", active=False)
    scene.ship_to(scene.ours, "222", actions=["STATUS"])
    for case in CASES:
        shown = scene.door.shown(case.certificate) if case.certificate else ()
        answer = scene.door.curl(ENROLL, scene.body(*serials(1), **case.more), *shown)
        if case.code is None:
            assert answer["enrollDevicesResponse"]["statusCode"] == "SUCCESS", case
        else:
            assert codes(answer) == ("flat", [case.code]), (case, answer)
            assert case.says in answer["errorMessage"], (case, answer)
    scene.active(False)
    answer = scene.door.curl(ENROLL, scene.body(*serials(1)), *scene.door.shown("good"))
    assert codes(answer) == ("flat", ["GRX-50001"])


def test_what_nobody_registered_is_told_so_until_somebody_does(scene: Scene) -> None:
    shown = scene.door.shown("stranger")
    for options in (shown, (*shown, "--tls-max", "1.2")):
        answer = scene.door.curl(ENROLL, scene.body(), *options)
        assert codes(answer) == ("flat", ["GRX-50038"])
        assert "registered for nobody" in answer["errorMessage"]
    scene.door.register("stranger", Bounds([scene.ours]))
    for options in (shown, (*shown, "--tls-max", "1.2")):
        assert "enrollDevicesResponse" in scene.door.curl(ENROLL, scene.body(*serials(1)), *options)


def test_a_certificate_without_its_key_ends_the_handshake(scene: Scene) -> None:
    # Certificates are no secret: whoever has seen one must not pass for its owner.
    stolen, thief = scene.door.folder / "good.pem", scene.door.folder / "stranger.key"
    (scene.door.folder / "stolen.pem").write_bytes(stolen.read_bytes())
    (scene.door.folder / "stolen.key").write_bytes(thief.read_bytes())
    with pytest.raises(subprocess.CalledProcessError):
        scene.door.curl(ENROLL, scene.body(), *scene.door.shown("stolen"))


def test_a_year_passes_in_the_laboratory(scene: Scene) -> None:
    assert "enrollDevicesResponse" in scene.door.curl(
        ENROLL, scene.body(*serials(1)), *scene.door.shown("good")
    )
    scene.door.runtime.clock.offset = 2 * YEAR
    answer = scene.door.curl(ENROLL, scene.body(*serials(1)), *scene.door.shown("good"))
    assert codes(answer) == ("flat", ["GRX-50038"])


def test_an_account_is_good_for_its_later_numbers_too(scene: Scene) -> None:
    scene.door.supplier("AAAA0001", sold_to="0000052000")
    scene.door.supplier("AAAA0002", sold_to="52001")
    shown = scene.door.shown("account")
    assert "enrollDevicesResponse" in scene.door.curl(
        ENROLL, scene.body(*serials(1), reseller="AAAA0001"), *shown
    )
    assert codes(scene.door.curl(ENROLL, scene.body(*serials(1), reseller="AAAA0002"), *shown)) == (
        "flat", ["GRX-90004"],
    )  # fmt: skip


def test_python_with_a_pair_of_pem_files_from_order_to_device(scene: Scene) -> None:
    ours = serials(3)
    with httpx.Client(base_url=scene.door.origin, verify=scene.door.pair("good"), timeout=20) as http:
        client = SupplierClient(http, SupplierAccount(OURS, CONTEXT["shipTo"]))
        fate = client.follow(client.submit("T1", [order("A", scene.world.organization.number, ours)]))
        assert (fate.status, len(fate.devices)) == ("COMPLETE", 3)
        (shown,) = client.details(["A"])
    assert [each["deviceId"] for each in shown["deliveries"][0]["devices"]] == sorted(ours)
    assert len(owned(scene.world, ours)) == 3


def test_pkcs12_as_openssl_and_curl_read_it(scene: Scene) -> None:
    issued = scene.door.issue("packed", Bounds([scene.ours]))
    (scene.door.folder / "packed.p12").write_bytes(issued.pkcs12("correct horse"))
    told = subprocess.run(
        ["openssl", "pkcs12", "-in", "packed.p12", "-passin", "pass:correct horse", "-nodes", "-info"],
        capture_output=True, text=True, check=True, cwd=scene.door.folder,
    )  # fmt: skip
    assert "AES-256-CBC" in told.stderr
    assert told.stdout.count("BEGIN CERTIFICATE") == 2
    assert f"OU = {OURS}" in told.stdout
    packed = ("--cert-type", "P12", "--cert", "packed.p12:correct horse")
    assert "enrollDevicesResponse" in scene.door.curl(ENROLL, scene.body(*serials(1)), *packed)
    with pytest.raises(subprocess.CalledProcessError):
        scene.door.curl(ENROLL, scene.body(), "--cert-type", "P12", "--cert", "packed.p12:wrong")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_s_client(scene: Scene, version: str) -> None:
    body = json.dumps(scene.body(*serials(1)))
    request = (
        f"POST /enroll-service/1.0/{ENROLL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    )
    port = scene.door.origin.rpartition(":")[2]
    for name, expected in (("own", '"statusCode":"SUCCESS"'), ("revoked", '"errorCode":"GRX-50038"')):
        told = subprocess.run(
            ["openssl", "s_client", "-connect", f"localhost:{port}", "-CAfile", str(scene.door.ca), "-ign_eof", "-quiet",
             version, "-verify_return_error", "-cert", f"{name}.pem", "-key", f"{name}.key"],
            input=request, capture_output=True, text=True, timeout=20, check=True, cwd=scene.door.folder,
        )  # fmt: skip
        assert expected in told.stdout


def test_a_request_made_by_openssl_is_signed_and_its_key_stays_there(scene: Scene) -> None:
    folder = scene.door.folder
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "mine.key", "-out", "mine.csr",
         "-subj", "/CN=whoever I say I am"],
        capture_output=True, check=True, cwd=folder,
    )  # fmt: skip
    key = (folder / "mine.key").read_bytes()
    issued = scene.door.issue("mine", Bounds([scene.ours]), request=(folder / "mine.csr").read_bytes())
    assert issued.key_pem == b""
    (folder / "mine.key").write_bytes(key)
    assert "whoever" not in x509.load_pem_x509_certificate(issued.pem).subject.rfc4514_string()
    assert "enrollDevicesResponse" in scene.door.curl(
        ENROLL, scene.body(*serials(1)), *scene.door.shown("mine")
    )


REFUSED: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("no X.509 certificate", lambda: b"nothing"),
    ("not for TLS clients", lambda: self_signed("web", usage=ExtendedKeyUsageOID.SERVER_AUTH)[0]),
    ("1024 bits", lambda: self_signed("weak", bits=1024)[0]),
    ("which is not now", lambda: self_signed("past", days=30)[0]),
)


def test_what_cannot_be_registered(scene: Scene) -> None:
    for said, make in REFUSED:
        (scene.door.folder / "bad.pem").write_bytes(make())
        with pytest.raises(Invalid, match=said):
            scene.door.register("bad", Bounds([scene.ours]))
    with pytest.raises(Duplicate, match="registered already"):
        scene.door.register("own", Bounds([scene.ours]))
    with pytest.raises(Invalid, match="at least one supplier"):
        scene.door.issue("nobody", Bounds())
    with pytest.raises(Invalid, match="days"):
        scene.door.issue("long", Bounds([scene.ours]), days=4000)
    with pytest.raises(Invalid, match="no certificate request"):
        scene.door.issue("bad", Bounds([scene.ours]), request=b"-----BEGIN NOTHING-----")
    with pytest.raises(Invalid, match="cannot be used"):
        scene.door.issue("bad", Bounds([scene.ours]), request=b"nothing")


def test_the_private_key_is_kept_nowhere(scene: Scene) -> None:
    issued = scene.door.issue("secret", Bounds([scene.ours]), key="rsa")
    assert issued.key is not None
    numbers = issued.key.private_numbers()
    assert isinstance(numbers, rsa.RSAPrivateNumbers)
    secret = numbers.d.to_bytes(256, "big")
    tables = ("supplier_credential", "authority", "audit_event")
    kept = scene.door.runtime.store.read_sync(
        lambda tx: [value for table in tables for row in tx.rows(f"SELECT * FROM {table}") for value in row]
    )
    held = b"".join(bytes(each) for each in kept if isinstance(each, bytes | memoryview))
    assert secret not in held
    assert "PRIVATE" not in repr(issued)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_session_that_is_resumed_shows_the_same_certificate(
    scene: Scene, version: ssl.TLSVersion, host: str
) -> None:
    context = scene.door.pair("good")
    context.maximum_version = version
    body = json.dumps({"requestContext": CONTEXT, "depResellerId": OURS, "orderNumbers": ["A"]})
    request = (
        f"POST /enroll-service/1.0/show-order-details HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode()
    port = int(scene.door.origin.rpartition(":")[2])
    session: ssl.SSLSession | None = None
    for resumed in (False, True):
        with (
            socket.create_connection((host, port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=host, session=session) as connection,
        ):
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
            session = connection.session
            assert connection.session_reused is resumed
        assert b'"statusCode":"COMPLETE"' in answer, answer


def test_what_clients_show_is_kept_for_their_connection_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts: list[ssl.SSLContext] = []
    made = asking_tls._context

    def noted(leaf: Leaf) -> ssl.SSLContext:
        contexts.append(made(leaf))
        return contexts[-1]

    monkeypatch.setattr(asking_tls, "_context", noted)
    authority = Authority(tmp_path, wall_millis, system_rng)
    first = asking_tls.asking_context(authority, ["localhost", "127.0.0.1"])
    pem, key = self_signed("stranger.example.com")
    (tmp_path / "c.pem").write_bytes(pem + key)
    client = ssl.create_default_context(cafile=str(authority.certificate_file))
    client.load_cert_chain(tmp_path / "c.pem")
    for name in ("localhost", "127.0.0.1"):
        handshake(client, first, name)
    assert [each.cert_store_stats()["x509"] for each in contexts] == [0, 1, 1]


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> None:
    """A handshake without a network; a name that is an address is not told to the server."""
    ends = [ssl.MemoryBIO() for _ in range(2)]
    shaking = [
        client.wrap_bio(ends[0], ends[1], server_hostname=name),
        server.wrap_bio(ends[1], ends[0], server_side=True),
    ]
    while shaking:
        for each in list(shaking):
            with contextlib.suppress(ssl.SSLWantReadError):
                each.do_handshake()
                shaking.remove(each)
