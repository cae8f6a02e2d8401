"""`pomona order validate`: what would become of a file of orders, without anything being kept."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import installation, read_file
from pomona.cli.output import Json, refuse, show_json, show_list

if TYPE_CHECKING:
    from pomona.runtime import Runtime

_SHOWN = 200


def validate(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="JSON as on the wire, or CSV with order_number, serial, and others.")
    ],
    supplier: Annotated[str, typer.Option(help="Number of the supplier that would submit it.")],
    customer: Annotated[
        str, typer.Option(help="Organisation ID of the buyer, where the file names none.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Say what would become of each order and device of a file. Nothing is kept; status 1 when something would be refused."""
    from pomona.registry import suppliers

    wanted = orders_of(file, customer)
    with installation(ctx) as runtime:
        _check_size(wanted, runtime.settings.order_trial_limit)
        sender = runtime.store.read_sync(partial(suppliers.find, text=supplier)).id
        answer = _tried(runtime, sender, wanted)
    if as_json:
        show_json(answer)
    else:
        show(answer)
    if answer["statusCode"] != "COMPLETE":
        raise typer.Exit(1)


def orders_of(file: Path, customer: str) -> list[dict[str, Any]]:
    """The orders of a file that was named on the command line; it is refused, with its reasons, when it has none."""
    from pomona.simulator import orders as documents

    try:
        return documents.read(read_file(file), customer)
    except documents.BadOrders as problem:
        refuse(f"{file}:\n{problem}")


def show(answer: dict[str, Any]) -> None:
    """A trial's answer for people."""
    rows = [
        {
            "order": each["orderNumber"],
            "would be": each.get("orderState", ""),
            "available": each.get("devicesAvailable"),
            "pending": each.get("devicesPending"),
            "status": each["orderPostStatus"],
            "why": each.get("orderPostStatusMessage") or each.get("orderStateMessage", ""),
        }
        for each in answer["orders"]
    ]
    show_list(f"{answer['statusCode']}, and nothing was kept", rows, False)
    bad = list(_refused(answer))
    if bad:
        show_list("Would be refused", bad[:_SHOWN], False)
    if answer["transactionsInProgress"]:
        typer.echo(
            f"{answer['transactionsInProgress']} transactions are not worked off yet; they may change this"
        )


def _refused(answer: dict[str, Any]) -> Any:
    for order in answer["orders"]:
        for delivery in order.get("deliveries", []):
            if "deliveryPostStatusMessage" in delivery:
                yield {
                    "order": order["orderNumber"], "what": f"delivery {delivery['deliveryNumber']}",
                    "code": delivery["deliveryPostStatus"], "why": delivery["deliveryPostStatusMessage"],
                }  # fmt: skip
            for device in delivery.get("devices", []):
                if device["devicePostStatus"] != "COMPLETE":
                    yield {
                        "order": order["orderNumber"], "what": device["deviceId"], "code": device["devicePostStatus"],
                        "why": device["devicePostStatusMessage"],
                    }  # fmt: skip


def _check_size(wanted: list[dict[str, Any]], most: int) -> None:
    devices = sum(
        len(each.get("devices") or []) for order in wanted for each in order.get("deliveries") or []
    )
    if devices > most:
        refuse(f"{devices} devices: at most {most} are tried at once (order_trial_limit); split the file")


def _tried(runtime: "Runtime", supplier_id: int, wanted: list[dict[str, Any]]) -> dict[str, Any]:
    import msgspec

    from pomona.enroll_service import reading, wire
    from pomona.enroll_service.validating import document
    from pomona.formats.times import iso_seconds
    from pomona.registry import order_trials, orders, submissions
    from pomona.simulator.orders import dated

    now = runtime.clock.now()
    numbers = [next((str(each[key]) for key in each if key.lower() == "ordernumber"), "") for each in wanted]
    found = runtime.store.read_sync(lambda tx: [orders.latest(tx, supplier_id, each) for each in numbers])
    known = {each.number: iso_seconds(each.ordered_at) for each in found if each is not None}
    body = msgspec.json.encode({"orders": dated(wanted, known, int(time.time() * 1000))})
    request = wire.read(body, wire.EnrollRequest)
    prepared = submissions.prepare("", body, [reading.document(each) for each in request.orders or ()])
    trial = order_trials.attempt_sync(
        runtime.store,
        supplier_id,
        prepared,
        strict=runtime.settings.catalogue == "strict",
        now=now,
        rng=runtime.rng,
    )
    return document(trial, "", now)
