"""`pomona simulate api`: an administrator's program at the Apple Business API."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli.context import read_file
from pomona.cli.output import Json, refuse, show_json, show_list, show_record

if TYPE_CHECKING:
    from pomona.simulator.business_client import BusinessClient

app = typer.Typer(no_args_is_help=True, help="A program that uses the Apple Business API over the wire.")

Serials = Annotated[list[str], typer.Argument(help="Serial numbers.")]


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the API is and who asks."""

    origin: str
    client_id: str
    key_id: str
    key_file: Path
    ca_file: Path | None


@app.callback()
def connection(
    ctx: typer.Context,
    origin: Annotated[str, typer.Option(help="Origin of the API.", envvar="POMONA_API_ORIGIN")],
    client_id: Annotated[str, typer.Option(help="Client id of the API account.")],
    key_id: Annotated[str, typer.Option(help="Key id of its key.")],
    key_file: Annotated[Path, typer.Option(help="Private key, PEM.")],
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM of the authorities to trust; default the system's.")
    ] = None,
) -> None:
    """Options for each of its commands."""
    ctx.obj = Connection(origin, client_id, key_id, key_file, ca_file)


@app.command("devices")
def devices(ctx: typer.Context, as_json: Json = False) -> None:
    """List the organisation's devices."""
    with _client(ctx) as client:
        found = [{"serial": each["id"], **each["attributes"]} for each in client.devices()]
    columns = ("serial", "deviceModel", "productFamily", "status", "orderNumber")
    show_list("Devices", found, as_json, columns=columns)


@app.command("services")
def services(ctx: typer.Context, as_json: Json = False) -> None:
    """List the device management services with the serials assigned to each."""
    with _client(ctx) as client:
        found = [
            {"id": each["id"], **each["attributes"], "serials": client.serials_of(each["id"])}
            for each in client.services()
        ]
    show_list("Services", found, as_json, columns=("id", "serverName", "serverType", "deviceCount"))


@app.command("assign")
def assign(
    ctx: typer.Context,
    serials: Serials,
    service: Annotated[str, typer.Option(help="Name of the device management service.")],
    as_json: Json = False,
) -> None:
    """Assign devices to a service, poll the activity and read its log."""
    _change(ctx, "ASSIGN_DEVICES", serials, service, as_json)


@app.command("unassign")
def unassign(
    ctx: typer.Context,
    serials: Serials,
    service: Annotated[str | None, typer.Option(help="Only those on the service of this name.")] = None,
    as_json: Json = False,
) -> None:
    """Take devices off their service, poll the activity and read its log."""
    _change(ctx, "UNASSIGN_DEVICES", serials, service, as_json)


def _change(
    ctx: typer.Context, activity: str, serials: list[str], service: str | None, as_json: bool
) -> None:
    with _client(ctx) as client:
        ended = client.change(activity, serials, client.service(service) if service else None)
        log = client.log(ended["downloadUrl"])
    record = {
        "id": ended["id"],
        "status": ended["status"],
        "subStatus": ended["subStatus"],
        "succeeded": sum(line.status == "SUCCESS" for line in log),
        "failed": sum(line.status != "SUCCESS" for line in log),
    }
    if as_json:
        show_json({**record, "log": [(line.serial, line.status, line.sub_status) for line in log]})
    else:
        show_record(activity, record, as_json)


@contextlib.contextmanager
def _client(ctx: typer.Context) -> "Iterator[BusinessClient]":
    import ssl

    import httpx

    from pomona.simulator.business_client import ApiProblem, BusinessClient, Credentials

    to: Connection = ctx.obj
    credentials = Credentials(to.client_id, to.key_id, read_file(to.key_file).decode())
    trust = ssl.create_default_context(cafile=str(to.ca_file) if to.ca_file else None)
    try:
        with httpx.Client(base_url=to.origin, verify=trust, timeout=30) as http:
            yield BusinessClient(http, credentials)
    except (ApiProblem, httpx.HTTPError) as problem:
        refuse(problem)
