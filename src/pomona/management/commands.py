"""Commands as devices read them, and what their answers tell."""

from collections.abc import Mapping
from typing import Any

from pomona.formats import plists
from pomona.keys.randomness import Rng, uuid4
from pomona.management.identity import text
from pomona.registry import commands
from pomona.registry.actors import Actor
from pomona.registry.commands import Command
from pomona.registry.enrollments import Enrollment, Told
from pomona.registry.errors import Invalid
from pomona.store import Tx

QUERIES = (
    "UDID", "SerialNumber", "DeviceName", "OSVersion", "BuildVersion", "ModelName", "Model", "ProductName",
    "DeviceCapacity", "AvailableDeviceCapacity", "BatteryLevel", "IMEI", "MEID", "WiFiMAC", "BluetoothMAC",
    "EthernetMAC", "IsSupervised", "IsActivationLockEnabled", "AwaitingConfiguration",
)  # fmt: skip
"""What DeviceInformation asks a device of the organisation."""

OWN_DEVICE_QUERIES = ("OSVersion", "BuildVersion", "ModelName", "Model", "ProductName", "DeviceName")
"""What DeviceInformation asks a user's own device: nothing that names it."""

_SCALARS = (str, int, float, bool)
_MOST = 100
_NEEDED: dict[str, dict[str, type]] = {
    "InstallProfile": {"Payload": bytes},
    "RemoveProfile": {"Identifier": str},
}


def queue(
    tx: Tx,
    enrollment: Enrollment,
    type: str,
    keys: Mapping[str, Any] | None = None,
    *,
    actor: Actor,
    now: int,
    rng: Rng,
) -> Command:
    """Queues a command of `type` with its own `keys`. DeviceInformation asks the usual questions unless told others.

    Raises as `registry.commands.queue` does, and `Invalid` for keys that are missing or cannot be sent.
    """
    keys = dict(keys or {})
    if type == "DeviceInformation":
        own = enrollment.kind == "byod"
        keys.setdefault("Queries", list(OWN_DEVICE_QUERIES if own else QUERIES))
    for name, kind in _NEEDED.get(type, {}).items():
        if not isinstance(keys.get(name), kind):
            raise Invalid(f"{type} needs {name}, a {kind.__name__}.", field=name)
    uuid = uuid4(rng).upper()
    try:
        body = plists.dumps({"CommandUUID": uuid, "Command": {"RequestType": type, **keys}})
    except (TypeError, ValueError) as problem:
        raise Invalid(f"{type} cannot be sent with these keys: {problem}.") from None
    return commands.queue(tx, enrollment, type, uuid, body, actor=actor, now=now)


def learn(report: Mapping[str, Any], *, own_device: bool) -> tuple[Told, dict[str, Any]]:
    """What an answer to DeviceInformation says: the fields that have columns, and every plain value by its name.

    Of a user's own device only what was asked is kept, whatever it sends.
    """
    responses = report.get("QueryResponses")
    if not isinstance(responses, dict):
        return Told(), {}
    plain = {
        name: text(responses, name) if isinstance(value, str) else value
        for name, value in list(responses.items())[:_MOST]
        if isinstance(value, _SCALARS) and name.isalnum() and len(name) <= _MOST
        and (not own_device or name in OWN_DEVICE_QUERIES)
    }  # fmt: skip
    told = Told(
        device_name=text(plain, "DeviceName"),
        model=text(plain, "ModelName"),
        product_type=text(plain, "ProductName"),
        os_version=text(plain, "OSVersion"),
        build=text(plain, "BuildVersion"),
    )
    return told, plain
