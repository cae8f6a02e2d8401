"""The devices of a simulated service: where each stands, and which commands wait for it."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from pomona.formats import plists
from pomona.simulator.randomness import Rng, uuid

QUERIES = ("SerialNumber", "DeviceName", "OSVersion", "BuildVersion", "ModelName", "ProductName")


@dataclass(slots=True)
class ManagedBy:
    """One device as its service knows it. `status` is pending, enrolled or left; `information` what it answered."""

    udid: str
    serial: str
    certificate: bytes
    status: str = "pending"
    awaiting: bool = False
    information: dict[str, Any] = field(default_factory=dict)
    queue: deque[tuple[str, str, bytes]] = field(default_factory=deque, repr=False)

    def put(self, type: str, keys: dict[str, Any], rng: Rng) -> str:
        """Queues a command; gives its UUID."""
        name = uuid(rng)
        body = plists.dumps({"CommandUUID": name, "Command": {"RequestType": type, **keys}})
        self.queue.append((name, type, body))
        return name

    def next(self) -> bytes:
        """The next command's property list, or no bytes."""
        return self.queue[0][2] if self.queue else b""

    def answered(self, report: dict[str, Any]) -> str | None:
        """Takes a result; gives the type of the command it ends. One that cannot be done now goes to the end."""
        if not self.queue or report.get("CommandUUID") != self.queue[0][0]:
            return None
        name, type, body = self.queue.popleft()
        if report.get("Status") == "NotNow":
            self.queue.append((name, type, body))
            return None
        if type == "DeviceInformation":
            self.information = dict(report.get("QueryResponses") or {})
        if type == "DeviceConfigured":
            self.awaiting = False
        return type
