"""What every command can ask of the one it runs under: the settings, the open installation, the organisation."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli.output import refuse

if TYPE_CHECKING:
    from pomona.registry.activities import Activity
    from pomona.registry.organizations import Organization
    from pomona.runtime import Runtime, Settings

Organization_ = Annotated[
    str | None,
    typer.Option(
        "--org", help="Number, slug or name of the organisation; not needed when there is only one."
    ),
]


def settings(ctx: typer.Context) -> "Settings":
    """The settings in force for this command."""
    from pomona.server.configuration import ConfigurationProblem, load

    flags = ctx.find_root().obj or {}
    try:
        return load(flags.get("settings", {}), os.environ, flags.get("config"))
    except ConfigurationProblem as problem:
        refuse(problem)


@contextlib.contextmanager
def installation(ctx: typer.Context) -> "Iterator[Runtime]":
    """The installation, opened beside a running server or without one. Refusals end the command with a sentence."""
    from pomona.keys.master import MasterKeyProblem
    from pomona.registry.errors import RegistryError
    from pomona.server.installation import installation as opened
    from pomona.store import StoreError

    try:
        with opened(settings(ctx)) as runtime:
            yield runtime
    except (RegistryError, StoreError, MasterKeyProblem) as problem:
        refuse(problem)


def organization(runtime: "Runtime", text: str | None) -> "Organization":
    """The organisation a command is about. Raises `NotFound` or `Invalid`."""
    from pomona.registry import organizations

    return runtime.store.read_sync(lambda tx: organizations.find(tx, text))


def finish(runtime: "Runtime", activity: "Activity") -> "Activity":
    """Waits for an activity, with a progress bar; does it here when no server does."""
    import time

    from rich.console import Console
    from rich.progress import Progress

    from pomona.registry import activities

    worker = f"cli:{os.getpid()}"
    organization_id, number, uuid = activity.organization_id, activity.id, activity.uuid
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(activity.type.replace("_", " ").lower(), total=activity.total)
        while activity.status == "IN_PROGRESS":
            if not runtime.store.write_sync(
                lambda tx: activities.step(tx, number, worker, runtime.clock.now())
            ):
                time.sleep(0.05)
            activity = runtime.store.read_sync(lambda tx: activities.get(tx, organization_id, uuid))
            progress.update(bar, completed=activity.succeeded + activity.failed)
    return activity


def read_file(path: Path) -> bytes:
    """A file the person named; ends the command with a sentence when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        refuse(f"{path}: {problem.strerror}")
