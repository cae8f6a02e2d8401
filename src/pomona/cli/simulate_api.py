"""`pomona simulate api`: an administrator's program at the Apple Business API."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli.context import read_file
from pomona.cli.output import Json, refuse, show_json, show_list, show_record

if TYPE_CHECKING:
    from pomona.simulator.business_client import BusinessClient

app = typer.Typer(no_args_is_help=True, help="A program that uses the Apple Business API over the wire.")

Origin = Annotated[str, typer.Option(help="Origin of the API.", envvar="POMONA_API_ORIGIN")]
ClientId = Annotated[str, typer.Option(help="Client id of the API account.")]
KeyId = Annotated[str, typer.Option(help="Key id of its key.")]
KeyFile = Annotated[Path, typer.Option(help="Private key, PEM.")]
CaFile = Annotated[Path | None, typer.Option(help="PEM of the authorities to trust; default the system's.")]
Service = Annotated[str | None, typer.Option(help="Name of the device management service.")]


@app.command("devices")
def devices(
    origin: Origin,
    client_id: ClientId,
    key_id: KeyId,
    key_file: KeyFile,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """List the organisation's devices."""
    with _client(origin, client_id, key_id, key_file, ca_file) as client:
        found = [{"serial": each["id"], **each["attributes"]} for each in client.devices()]
    show_list(
        "Devices", found, as_json, columns=("serial", "deviceModel", "productFamily", "status", "orderNumber")
    )


@app.command("services")
def services(
    origin: Origin,
    client_id: ClientId,
    key_id: KeyId,
    key_file: KeyFile,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """List the device management services with the serials assigned to each."""
    with _client(origin, client_id, key_id, key_file, ca_file) as client:
        found = [
            {"id": each["id"], **each["attributes"], "serials": client.serials_of(each["id"])}
            for each in client.services()
        ]
    show_list("Services", found, as_json, columns=("id", "serverName", "serverType", "deviceCount"))


@app.command("assign")
def assign(
    serials: Annotated[list[str], typer.Argument(help="Serial numbers.")],
    origin: Origin,
    client_id: ClientId,
    key_id: KeyId,
    key_file: KeyFile,
    service: Service,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """Assign devices to a service, poll the activity and read its log."""
    _change("ASSIGN_DEVICES", serials, service, as_json, origin, client_id, key_id, key_file, ca_file)


@app.command("unassign")
def unassign(
    serials: Annotated[list[str], typer.Argument(help="Serial numbers.")],
    origin: Origin,
    client_id: ClientId,
    key_id: KeyId,
    key_file: KeyFile,
    service: Service = None,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """Take devices off their service, poll the activity and read its log."""
    _change("UNASSIGN_DEVICES", serials, service, as_json, origin, client_id, key_id, key_file, ca_file)


def _change(
    activity: str, serials: list[str], service: str | None, as_json: bool, *connection: object
) -> None:
    with _client(*connection) as client:  # type: ignore[arg-type]
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
def _client(
    origin: str, client_id: str, key_id: str, key_file: Path, ca_file: Path | None
) -> "Iterator[BusinessClient]":
    import ssl

    import httpx

    from pomona.simulator.business_client import ApiProblem, BusinessClient, Credentials

    credentials = Credentials(client_id, key_id, read_file(key_file).decode())
    trust = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    try:
        with httpx.Client(base_url=origin, verify=trust, timeout=30) as http:
            yield BusinessClient(http, credentials)
    except (ApiProblem, httpx.HTTPError) as problem:
        refuse(problem)
