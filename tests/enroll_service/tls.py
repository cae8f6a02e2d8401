"""The service behind a listener that asks for client certificates, and foreign programs that show them."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pomona.enroll_service import client_certificates, routes
from pomona.enroll_service.client_certificates import Issued
from pomona.keys.keyring import KeyRing
from pomona.keys.randomness import seeded
from pomona.registry import supplier_credentials, suppliers
from pomona.registry.supplier_credentials import Bounds, Credential
from pomona.registry.suppliers import Supplier
from pomona.runtime import Clock, Origins, Runtime, Settings
from pomona.server.asking_tls import asking_context
from pomona.server.authority import Authority
from pomona.server.tls import default_hosts
from pomona.store import Store
from pomona.work import worker
from pomona.work.orders import OrderWorker
from tests.support.threads import ServerThread
from tests.support.worlds import ADMIN

YEAR = 366 * 86_400_000


@dataclass
class Door:
    """A served face. `ca` is the file that clients trust; `folder` takes their certificates."""

    runtime: Runtime
    origin: str
    ca: Path
    folder: Path

    def supplier(self, number: str, *, ship_to: str = "52010", sold_to: str = "") -> Supplier:
        """Registers a supplier."""
        return self.runtime.store.write_sync(
            lambda tx: suppliers.register(
                tx,
                "RESELLER",
                number,
                ship_to=[ship_to],
                sold_to=sold_to,
                actor=ADMIN,
                now=self.runtime.clock.now(),
            )
        )

    def issue(self, name: str, bounds: Bounds, *, ago: int = 0, **more: Any) -> Issued:
        """Issues a certificate as it was `ago` milliseconds before now, and writes it to NAME.pem and NAME.key."""
        runtime = Runtime(
            self.runtime.settings, self.runtime.store, self.runtime.keys, Clock(lambda: self.runtime.clock.now() - ago),
            self.runtime.rng,
        )  # fmt: skip
        issued = client_certificates.issue(runtime, bounds, name=name, actor=ADMIN, **{"key": "ec", **more})
        self.write(name, issued.pem, issued.key_pem)
        return issued

    def register(self, name: str, bounds: Bounds, *, ago: int = 0) -> Credential:
        """Registers NAME.pem, as it was `ago` milliseconds before now."""
        runtime = Runtime(
            self.runtime.settings, self.runtime.store, self.runtime.keys, Clock(lambda: self.runtime.clock.now() - ago),
            self.runtime.rng,
        )  # fmt: skip
        data = (self.folder / f"{name}.pem").read_bytes()
        return client_certificates.register(runtime, bounds, data, name=name, actor=ADMIN)

    def write(self, name: str, certificate: bytes, key: bytes) -> None:
        """Keeps a pair for the clients."""
        (self.folder / f"{name}.pem").write_bytes(certificate)
        (self.folder / f"{name}.key").write_bytes(key)

    def revoke(self, id: str) -> None:
        """Ends a credential."""
        self.runtime.store.write_sync(
            lambda tx: supplier_credentials.revoke_one(tx, id, actor=ADMIN, now=self.runtime.clock.now())
        )

    def curl(self, path: str, body: Any, *options: str) -> Any:
        """curl's answer as JSON; raises `subprocess.CalledProcessError` when there is none."""
        command = [
            "curl",
            "--silent",
            "--show-error",
            "--cacert",
            str(self.ca),
            "--header",
            "Content-Type: application/json",
        ]
        done = subprocess.run(
            [*command, "--data", json.dumps(body), *options, f"{self.origin}/enroll-service/1.0/{path}"],
            capture_output=True, text=True, timeout=20, check=True, cwd=self.folder,
        )  # fmt: skip
        return json.loads(done.stdout)

    def shown(self, name: str) -> tuple[str, ...]:
        """curl's options for a pair of PEM files."""
        return ("--cert", f"{name}.pem", "--key", f"{name}.key")

    def anonymous(self) -> ssl.SSLContext:
        """Python's context of a client without a certificate."""
        return ssl.create_default_context(cafile=str(self.ca))

    def pair(self, name: str) -> ssl.SSLContext:
        """Python's context for a pair of PEM files, as `session.cert` makes one."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


@contextmanager
def door(
    store: Store, folder: Path, trusted_proxies: tuple[str, ...] = (), proxy_port: int = -1
) -> Iterator[Door]:
    """Serves the face and its workers until the block ends."""
    settings = Settings(data=folder, trusted_proxies=trusted_proxies, proxy_port=proxy_port)
    runtime = Runtime(
        settings, store, KeyRing(bytes(range(32))), Clock(), seeded("tls"), Origins(trusted=trusted_proxies)
    )
    authority = Authority(folder / "authority", runtime.clock.wall, runtime.rng)
    context = asking_context(authority, default_hosts())
    orders = OrderWorker(runtime, "test")
    tasks = [partial(worker.run, "orders", store, orders.topic, orders.look)]
    server = ServerThread(routes.app(runtime), tasks, context)
    port = server.start().rpartition(":")[2]
    try:
        yield Door(runtime, f"https://localhost:{port}", authority.certificate_file, folder)
    finally:
        server.stop()
