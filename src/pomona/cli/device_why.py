"""`pomona device why`: why a device that somebody expects is not there."""

from typing import Annotated

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, show_json, show_list, when


def why(
    ctx: typer.Context,
    serial: Annotated[str, typer.Argument(help="Serial number, IMEI or MEID.")],
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Say why a device is not in the organisation: not ordered, waiting, refused, gone, or another's. Status 1 unless it is."""
    from pomona.formats.order_codes import CODES
    from pomona.registry import missing_serials

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        found = runtime.store.scan_sync(lambda tx: missing_serials.explain(tx, owner.id, serial))
    rows = [
        {
            "reason": each.why.value,
            "what": each.sentence,
            "order": each.order_number,
            "supplier": " ".join(each.supplier[:2]) if each.supplier else "",
            "code": CODES[each.problem] if each.problem else "",
            "when": when(each.at),
        }
        for each in found.reasons
    ]
    if as_json:
        show_json({"serial": found.asked, "here": found.here, "reasons": rows})
    else:
        show_list(found.asked, rows, False, columns=("what", "code", "when"))
    if not found.here:
        raise typer.Exit(1)
