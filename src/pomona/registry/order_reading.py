"""What a supplier wrote, read as devices: canonical serials, IMEIs and MEIDs resolved, tags and products checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pomona.catalogue.identifiers import classify, is_serial
from pomona.registry import device_facts, devices, manufacturing
from pomona.registry.claim_lines import Refusal, Wanted
from pomona.registry.order_plans import Devices
from pomona.registry.order_problems import Problem
from pomona.store import Tx

MAX_ASSET_TAG = 128

_ALL_SERIALS = re.compile("(?:[A-Z0-9]{8,20}\n)*")
_SOME_IDENTIFIER = re.compile("^(?:[0-9]{14,15}|[A-F][0-9A-F]{13})$", re.MULTILINE)


@dataclass(slots=True)
class ReadChunk:
    """`wanted` by canonical serial, `place` says which device of the chunk each is; `refused` by place.

    `held_back` are serials of refused devices that are known nevertheless. A serial that stands twice counts once.
    """

    wanted: dict[str, Wanted] = field(default_factory=dict)
    place: dict[str, int] = field(default_factory=dict)
    refused: dict[int, Refusal] = field(default_factory=dict)
    held_back: list[str] = field(default_factory=list)


def read(
    tx: Tx, chunk: Devices, deliveries: Sequence[tuple[str, int]], submission_id: int, *, strict: bool
) -> ReadChunk:
    """Reads a chunk. `deliveries` are the order's, number and shipping time; with `strict` each serial must be known."""
    serials, refused = _serials(tx, chunk.ids)
    found = ReadChunk(refused=refused)
    rows = zip(serials, chunk.tags, chunk.products, chunk.places, strict=True)
    for n, (serial, tag, product, (delivery_n, _)) in enumerate(rows):
        if serial is None or serial in found.wanted:
            continue
        asset_tag = "" if tag is None else tag.strip()
        if len(asset_tag) > MAX_ASSET_TAG:
            found.refused[n] = Refusal(Problem.ASSET_TAG_TOO_LONG)
            found.held_back.append(serial)
            continue
        number, shipped_at = deliveries[delivery_n]
        found.wanted[serial] = Wanted(
            serial, number, shipped_at, asset_tag, (product or "").strip(), submission_id
        )
        found.place[serial] = n
    _check_products(tx, found, strict=strict)
    return found


def _serials(tx: Tx, ids: list[str]) -> tuple[Sequence[str | None], dict[int, Refusal]]:
    joined = "\n".join(ids) + "\n"
    ordinary = joined.count("\n") == len(ids) and _ALL_SERIALS.fullmatch(joined) is not None
    if ordinary and _SOME_IDENTIFIER.search(joined) is None:
        return ids, {}
    # Only ASCII is raised: the capital of an ß is SS, and a wrong serial must not turn into somebody's right one.
    canonical = [id.upper() if id.isascii() else id for id in map(str.strip, ids)]
    identifiers = {id for id in canonical if len(id) in {14, 15} and classify(id) != "serial"}
    resolved = _resolved(tx, identifiers) if identifiers else {}
    serials: list[str | None] = []
    refused: dict[int, Refusal] = {}
    for n, id in enumerate(canonical):
        serial = resolved.get(id) if id in identifiers else id if is_serial(id) else None
        if serial is None:
            refused[n] = Refusal(Problem.NOT_LOCATED if id in identifiers else Problem.SERIAL_INVALID)
        serials.append(serial)
    return serials, refused


def _resolved(tx: Tx, identifiers: set[str]) -> dict[str, str]:
    """Serials of devices that are or were here, else of those on record."""
    found = devices.resolve(tx, sorted(identifiers))
    missing = sorted(identifiers - found.keys())
    return found | manufacturing.resolve(tx, missing) if missing else found


def _check_products(tx: Tx, found: ReadChunk, *, strict: bool) -> None:
    named = {serial: line.product for serial, line in found.wanted.items() if strict or line.product}
    for serial, unmade in device_facts.checked(tx, named, strict=strict).items():
        found.refused[found.place.pop(serial)] = Refusal(*unmade)
        del found.wanted[serial]
        found.held_back.append(serial)
