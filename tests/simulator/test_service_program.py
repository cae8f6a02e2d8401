"""The simulated external service as a program of its own: linked, mirroring, assigning, renewed, verified."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pomona.device_assignment.routes import app
from pomona.formats import server_token
from pomona.formats.times import iso_seconds
from pomona.formats.uploaded_certificate import parse_certificate
from pomona.registry import services, tokens
from pomona.registry.services import Service
from pomona.runtime import Runtime
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World, serials

PROGRAM = "import typer; from pomona.cli.simulate_service import service; typer.run(service)"


class Program:
    """`pomona simulate service` and what it says."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(self, step: str) -> dict[str, Any]:
        """The next event of a kind."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event: dict[str, Any] = json.loads(line)
            if event["step"] == step:
                return event
        assert self.process.stderr is not None
        raise AssertionError(f"no {step}: {self.process.stderr.read()}")

    def end(self) -> int:
        """Asks it to end; gives its status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def close(self) -> None:
        """Leaves nothing behind."""
        self.process.kill()
        self.process.wait(15)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    """Those that a test starts; they end with it."""
    started: list[Program] = []
    yield started
    for program in started:
        program.close()


def link(world: World, certificate: Path) -> Service:
    der = parse_certificate(certificate.read_bytes())
    return world.store.write_sync(
        lambda tx: services.create(
            tx, world.id, "External", der, certificate_name="c.pem", may_release=False, actor=ADMIN, now=world.now,
            rng=world.rng,
        )
    )  # fmt: skip


def token_file(runtime: Runtime, service: Service) -> bytes:
    issued = runtime.store.write_sync(
        lambda tx: tokens.issue(
            tx, service, runtime.keys, actor=ADMIN, now=runtime.clock.now(), rng=runtime.rng
        )
    )
    token = issued.token
    assert service.certificate is not None
    plain = server_token.ServerToken(
        token.consumer_key, issued.consumer_secret, token.access_token, issued.access_secret,
        iso_seconds(token.expires_at),
    )  # fmt: skip
    return server_token.build(plain, service.certificate)


def test_it_links_mirrors_assigns_and_survives_a_renewal(
    runtime: Runtime, serve: Serve, tmp_path: Path, programs: list[Program]
) -> None:
    origin = serve(app(runtime))
    world = World(runtime.store)
    world.now = runtime.clock.now()
    folder = tmp_path / "external"
    program = Program(str(folder), "--origin", origin, "--every", "0.1", "--name", "Müller & Söhne")
    programs.append(program)
    ready = program.until("ready")
    service = link(world, Path(ready["certificate"]))
    ours = serials(5)
    world.arrive(ours)
    world.activity("ASSIGN_DEVICES", ours[:3], service)
    (folder / "token.p7m").write_bytes(token_file(runtime, service))
    assert program.until("linked")["server_uuid"] == service.uuid
    profile = program.until("profile")["profile_uuid"]
    assert program.until("synced") == {
        "step": "synced", "added": 3, "modified": 0, "deleted": 0, "fetched": True, "devices": 3,
    }  # fmt: skip
    assert program.until("assigned") == {"step": "assigned", "SUCCESS": 3}
    world.activity("ASSIGN_DEVICES", ours[3:], service)
    world.activity("UNASSIGN_DEVICES", ours[:1], service)
    while program.until("synced")["devices"] != 4:
        pass
    state = httpx.get(f"{ready['url']}/state").json()
    assert sorted(state["devices"]) == sorted(ours[1:])
    assert {device["profile_uuid"] for device in state["devices"].values()} == {profile}
    assert httpx.post(f"{ready['url']}/verify").json() == {"equal": True, "different": []}

    renewed = token_file(runtime, service)
    assert program.until("refused") == {"step": "refused", "status": 403, "code": "signature_invalid"}
    (folder / "token.p7m").write_bytes(renewed)
    world.activity("UNASSIGN_DEVICES", ours[1:2], service)
    while program.until("synced")["devices"] != 3:
        pass
    assert program.end() == 0

    verified = Program(str(folder), "--origin", origin, "--verify")
    programs.append(verified)
    assert verified.until("verified") == {"step": "verified", "equal": True, "devices": 3, "different": 0}
    assert verified.process.wait(15) == 0


def test_a_damaged_file_of_what_it_kept_costs_a_full_fetch(
    runtime: Runtime, serve: Serve, tmp_path: Path, programs: list[Program]
) -> None:
    origin = serve(app(runtime))
    world = World(runtime.store)
    world.now = runtime.clock.now()
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), "--certificate"],
        capture_output=True,
        text=True,
        check=True,
    )
    service = link(world, Path(made.stdout.strip()))
    world.arrive(serials(2))
    world.activity("ASSIGN_DEVICES", serials(2), service)
    (tmp_path / "given.p7m").write_bytes(token_file(runtime, service))
    (tmp_path / "service.json").write_text("{")
    arguments = (str(tmp_path), "--origin", origin, "--token", str(tmp_path / "given.p7m"))
    program = Program(*arguments, "--no-profile", "--limit", "1")
    programs.append(program)
    assert program.until("synced")["fetched"] is True
    assert program.end() == 0
    kept = json.loads((tmp_path / "service.json").read_text())
    assert {device["profile_status"] for device in kept["devices"]} == {"empty"}
    assert oct((tmp_path / "key.pem").stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    ("prepare", "complaint"),
    [
        (lambda folder: (folder / "token.p7m").write_bytes(b"nonsense"), "cannot be read"),
        (lambda folder: (folder / "key.pem").write_bytes(b"nonsense"), "cannot be used"),
    ],
)
def test_what_it_cannot_use_is_named(tmp_path: Path, prepare: Any, complaint: str) -> None:
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), "--certificate"], capture_output=True, check=True
    )
    prepare(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), "--verify"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
