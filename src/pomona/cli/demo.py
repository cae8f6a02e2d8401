"""`pomona demo`: a demonstration organisation, and the five steps played once between separate programs."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli import context
from pomona.cli.output import refuse

if TYPE_CHECKING:
    from pomona.cli.demo_console import Stage
    from pomona.cli.demo_world import World
    from pomona.cli.programs import Program, Programs
    from pomona.runtime import Settings


def demo(
    ctx: typer.Context,
    devices: Annotated[int, typer.Option(min=12, max=10_000, help="Devices in the first order.")] = 200,
    seed: Annotated[int, typer.Option(help="Chooses the invented devices.")] = 1,
    leave: Annotated[bool, typer.Option("--leave", help="End when the steps are played.")] = False,
) -> None:
    """Start Pomona with a demonstration organisation, play the five steps of the workflow, and stay up.

    Everything goes over HTTP and HTTPS between separate processes; this one only starts them and reads what they say.
    A data folder that has an organisation already is started and left as it is.
    """
    from pomona.cli import demo_steps
    from pomona.cli.demo_console import Stage
    from pomona.cli.programs import ProgramFailed, Programs

    settings = context.settings(ctx)
    if min(settings.port, settings.tls_port, settings.proxy_port) <= 0:
        refuse("the demonstration needs fixed ports; set port, tls_port and proxy_port")
    stage = Stage()
    programs = Programs(settings.data.resolve(), {})
    try:
        new = _start(programs, settings, stage)
        if new:
            world = _world(programs, settings, seed, devices)
            demo_steps.play(world, stage)
            _remember(world)
        _tell(programs, settings, stage, new)
        if not leave:
            stage.plain("  Ctrl-C stops everything.")
            _stay(programs)
    except ProgramFailed as problem:
        stage.trouble(str(problem))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        stage.plain("stopping")
    finally:
        programs.stop()


def _start(programs: "Programs", settings: "Settings", stage: "Stage") -> bool:
    """Starts the server; True when there is nothing in its folder yet."""
    server = programs.start(
        "pomona up",
        *("up", "--host", settings.host, "--port", str(settings.port)),
        *("--tls-port", str(settings.tls_port), "--proxy-port", str(settings.proxy_port)),
    )
    with stage.bar("starting Pomona"):
        _await_ready(f"http://{settings.host}:{settings.port}/readyz", server)
    stage.evidence(
        f"Pomona answers at http://{settings.host}:{settings.port} and https://{settings.host}:{settings.tls_port}"
    )
    return not programs.ask("org", "list")


def _await_ready(url: str, server: "Program") -> None:
    import httpx

    from pomona.cli.programs import ProgramFailed

    for _ in range(600):
        if not server.running:
            raise ProgramFailed(f"pomona up did not start:\n{server.complaints()}")
        try:
            if httpx.get(url, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise ProgramFailed(f"{url} did not answer:\n{server.complaints()}")


def _world(programs: "Programs", settings: "Settings", seed: int, devices: int) -> "World":
    from pomona.cli.demo_world import World

    host = settings.host
    return World(
        programs,
        settings.data.resolve(),
        f"http://{host}:{settings.port}",
        f"https://{host}:{settings.tls_port}",
        f"http://{host}:{settings.proxy_port}",
        seed,
        devices,
    )


def _remember(world: "World") -> None:
    """Keeps what the next start has to tell again; for the owner's eyes only."""
    import json
    import os

    file = world.data / "demo" / "notes.json"
    notes = {
        "administrator": {"name": world.administrator, "password": world.admin_password},
        "client_id": world.client_id,
        "key_id": world.key_id,
    }
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(notes, out)


def _tell(programs: "Programs", settings: "Settings", stage: "Stage", new: bool) -> None:
    """The addresses, the sign-in, and the lines that point clients here."""
    import json

    data = settings.data.resolve()
    notes_file = data / "demo" / "notes.json"
    notes = json.loads(notes_file.read_text()) if notes_file.exists() else None
    command = _command(settings)
    stage.step("Pomona is up" if new else "Pomona is up, with what was in its folder")
    stage.plain(f"  portal        http://{settings.host}:{settings.port}/portal/")
    if notes:
        stage.plain(f"  sign-in       {notes['administrator']['name']}  {notes['administrator']['password']}")
    stage.plain(f"  data folder   {data}")
    stage.plain()
    stage.plain("  Clients with Apple's host names compiled in (in this shell, then start them unmodified):")
    stage.plain(f'    eval "$({command} env)"')
    stage.plain("  A device management server that can be given an address (DEP client):")
    stage.plain(
        f"    address       https://localhost:{settings.tls_port}   trust {data / 'authority' / 'ca.pem'}"
    )
    stage.plain(f"    token         {command} service add NAME --certificate FILE")
    stage.plain(f"                  {command} service token NAME")
    if notes:
        stage.plain("  A Business API client:")
        stage.plain(f"    client id     {notes['client_id']}")
        stage.plain(f"    key id        {notes['key_id']}")
        stage.plain(f"    private key   {data / 'demo' / 'api-account.pem'}")
        stage.plain(f"    addresses     https://localhost:{settings.tls_port}/v1/  and  /auth/oauth2/token")
    stage.plain()


def _command(settings: "Settings") -> str:
    """How to start other commands for this installation, as the reader can type it in any folder and shell."""
    import shlex
    import sys

    from pomona.runtime import Settings

    program = Path(sys.argv[0])
    started = str(program.resolve()) if program.name == "pomona" else f"{sys.executable} -m pomona"
    default = Settings()
    named = {"POMONA_DATA": str(settings.data.resolve())} | {
        f"POMONA_{name.upper()}": str(getattr(settings, name))
        for name in ("host", "port", "tls_port", "proxy_port")
        if getattr(settings, name) != getattr(default, name)
    }
    return f"{' '.join(f'{name}={shlex.quote(value)}' for name, value in named.items())} {started}"


def _stay(programs: "Programs") -> None:
    """Until Ctrl-C, or until the server ends."""
    from pomona.cli.programs import ProgramFailed

    while programs.running:
        time.sleep(0.5)
    raise ProgramFailed(f"pomona up ended:\n{programs.complaints()}")
