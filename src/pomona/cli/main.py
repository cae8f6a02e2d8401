"""The root of the command line: options that hold for every command, and the nouns."""

from pathlib import Path
from typing import Annotated

import typer

from pomona.cli import (
    activity,
    api_account,
    demo,
    device,
    doctor,
    domain,
    enrollment,
    env,
    order,
    org,
    person,
    service,
    simulate,
    supplier,
    up,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Pomona, a self-hosted device-enrolment authority. Start with `pomona up`, or see it all with `pomona demo`.",
)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("env")(env.env)
app.command("doctor")(doctor.doctor)
app.add_typer(org.app, name="org")
app.add_typer(supplier.app, name="supplier")
app.add_typer(order.app, name="order")
app.add_typer(service.app, name="service")
app.add_typer(device.app, name="device")
app.add_typer(activity.app, name="activity")
app.add_typer(api_account.app, name="api-account")
app.add_typer(person.app, name="person")
app.add_typer(domain.app, name="domain")
app.add_typer(enrollment.app, name="enrollment")
app.add_typer(simulate.app, name="simulate")


@app.callback()
def root(
    ctx: typer.Context,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the installation.", envvar="POMONA_DATA")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; default pomona.toml if it is there.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Options for every command."""
    ctx.obj = {"config": config, "settings": {"data": data, "log_level": log_level}}


@app.command("version")
def version() -> None:
    """Print the version."""
    from pomona import __version__

    typer.echo(__version__)


def main() -> None:
    """The `pomona` command."""
    app(prog_name="pomona")
