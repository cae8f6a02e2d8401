"""`pomona simulate service`: an external device management service, in a process of its own."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.output import refuse

if TYPE_CHECKING:
    from pomona.formats.server_token import ServerToken
    from pomona.simulator.service import Event, SimulatedService, Tell
    from pomona.simulator.service_identity import ServiceIdentity


def service(  # noqa: PLR0913, PLR0917 - the options of a command
    folder: Annotated[
        Path, typer.Argument(help="Where it keeps its key, certificate, token and mirror; made on demand.")
    ],
    origin: Annotated[str, typer.Option(help="Origin of the assignment service.")] = "http://127.0.0.1:8080",
    name: Annotated[
        str, typer.Option(help="Name in its certificate and profiles; default the folder's.")
    ] = "",
    token: Annotated[
        Path | None,
        typer.Option(help="Server token (.p7m); default `token.p7m` in the folder, waited for if absent."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address that its devices reach it at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port for its devices; 0 for any free one.")] = 0,
    every: Annotated[float, typer.Option(min=0.05, help="Seconds between two looks for changes.")] = 2,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Devices a page; default what the service offers.")
    ] = None,
    no_profile: Annotated[
        bool, typer.Option("--no-profile", help="Only mirror: define no profile and assign none.")
    ] = False,
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM of the authorities to trust besides the system's.")
    ] = None,
    certificate_only: Annotated[
        bool,
        typer.Option(
            "--certificate", help="Make key and certificate, print the certificate's path, and end."
        ),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Look once, compare the mirror with a full fetch, and end: status 1 if they differ.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each event.")] = False,
) -> None:
    """Simulate a device management service: link by its token, mirror its devices, give them its profile, enrol them.

    Upload FOLDER/certificate.pem (`pomona service add`), put the token that you get there, and it goes on by itself. It
    knows only what the wire gives it; `GET /state` at its own port shows its view.
    """
    from pomona.simulator import service_identity, service_process

    called = name or folder.resolve().name
    try:
        identity = service_identity.load_or_make(folder, called)
    except (OSError, ValueError) as problem:
        refuse(f"{folder} cannot be used: {problem}")
    if certificate_only:
        typer.echo(folder / service_identity.CERTIFICATE)
        return
    path = token or folder / service_identity.TOKEN
    setup = _Setup(folder, origin.rstrip("/"), path, ca_file, limit, _json_line if as_json else _text_line)
    try:
        if verify:
            _verify(setup, identity)
        else:
            _stay(setup, identity, called, host, port, every, not no_profile)
    except service_process.TokenProblem as problem:
        refuse(problem)


class _Setup:
    """What the command was told."""

    def __init__(
        self,
        folder: Path,
        origin: str,
        token: Path,
        ca_file: Path | None,
        limit: int | None,
        tell: "Tell",
    ) -> None:
        self.folder = folder
        self.token = token
        self.limit = limit
        self.tell = tell
        self._origin = origin
        self._ca_file = None if ca_file is None else str(ca_file)

    def linked(self, token: "ServerToken", profile: dict[str, Any] | None) -> "SimulatedService":
        """The service, with what it kept from before."""
        from pomona.simulator import service_files
        from pomona.simulator.assignment_client import AssignmentClient, open_http
        from pomona.simulator.service import SimulatedService

        try:
            http = open_http(self._origin, self._ca_file)
        except OSError as problem:
            refuse(f"{self._ca_file} cannot be used: {problem}")
        client = AssignmentClient(http, token, os.urandom)
        return SimulatedService(client, service_files.load(self.folder), profile, self.tell, self.limit)


def _verify(setup: _Setup, identity: "ServiceIdentity") -> None:
    import httpx

    from pomona.simulator import service_process
    from pomona.simulator.assignment_client import AssignmentRefused

    simulated = setup.linked(service_process.read_token(identity, setup.token), None)
    try:
        found = simulated.verify()
    except (AssignmentRefused, httpx.HTTPError) as problem:
        refuse(problem)
    for serial, kind in found[:20]:
        sys.stderr.write(f"{serial}: {kind}\n")
    if found:
        raise typer.Exit(1)


def _stay(
    setup: _Setup, identity: "ServiceIdentity", name: str, host: str, port: int, every: float, assigns: bool
) -> None:
    from pomona.simulator import service_process
    from pomona.simulator.mdm import DeviceManagement
    from pomona.simulator.service import Event

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        bound = service_process.listen(host, port)
    except OSError as problem:
        refuse(f"cannot listen at {host} port {port}: {problem.strerror}")
    own = f"http://{host}:{bound.getsockname()[1]}"
    running: list[SimulatedService] = []
    devices = DeviceManagement(
        name,
        os.urandom,
        expects=lambda serial: any(each.expects(serial) for each in running),
        report=service_process.told(setup.tell),
    )
    profile = _profile(name, devices.enrol_url(own)) if assigns else None
    app = service_process.application(lambda: running[0] if running else None, devices)
    with service_process.serving(app, bound):
        setup.tell(Event("ready", {"url": own, "certificate": str(setup.folder / "certificate.pem")}))
        token = service_process.await_token(identity, setup.token, stop)
        if token is not None:
            running.append(setup.linked(token, profile))
            service_process.look(
                running[0], every, stop, setup.tell, lambda: _renewed(identity, setup.token, running[0])
            )


def _renewed(identity: "ServiceIdentity", path: Path, running: "SimulatedService") -> "ServerToken | None":
    """The token in the file, if it is another than the one in use."""
    from pomona.simulator import service_process

    try:
        token = service_process.read_token(identity, path)
    except service_process.TokenProblem:
        return None
    return None if token == running.client.token else token


def _profile(name: str, url: str) -> dict[str, Any]:
    return {
        "profile_name": f"{name} enrolment"[:125],
        "url": url,
        "org_magic": name[:256],
        "await_device_configured": True,
        "is_supervised": True,
        "is_mdm_removable": False,
        "skip_setup_items": ["Siri", "Diagnostics", "ScreenTime"],
    }


def _json_line(event: "Event") -> None:
    import json

    sys.stdout.write(json.dumps({"step": event.step, **event.detail}) + "\n")
    sys.stdout.flush()


def _text_line(event: "Event") -> None:
    parts = "  ".join(f"{key}={value}" for key, value in event.detail.items() if value not in (None, ""))
    sys.stdout.write(f"{event.step:<10} {parts}\n")
    sys.stdout.flush()
