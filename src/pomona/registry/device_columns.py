"""The columns of a list of devices as a file, wherever it is had."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pomona.registry.device_search import DeviceLine

HEADING = ("serial_number", "kind", "model", "capacity", "colour", "inferred", "state", "service", "profile", "source",
           "source_id", "order_number", "added", "released", "provisional_until")  # fmt: skip


def cells(device: DeviceLine, services: Mapping[int, str]) -> tuple[str, ...]:
    """A device's cells, in the order of the heading; `services` are the names of services by internal number."""
    service = services.get(device.service_id or 0, "")
    state = "released" if device.released_at is not None else "assigned" if service else "unassigned"
    return (
        *(device.serial, device.kind.label, device.model, device.capacity, device.color),
        *("yes" if device.inferred else "no", state, service),
        *(device.profile_status if service else "", device.source, device.source_id, device.order_number),
        *(_moment(device.added_at), _moment(device.released_at), _moment(device.provisional_until)),
    )


def _moment(at: int | None) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
