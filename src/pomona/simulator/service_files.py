"""What a simulated management service keeps between runs: its mirror, its cursor and the profile it defined."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pomona.simulator.mirror import Mirror

FILE = "service.json"


@dataclass(slots=True)
class Kept:
    """`path` is the file, None to keep nothing. A damaged file counts as none: the service fetches anew."""

    path: Path | None = None
    mirror: Mirror = field(default_factory=Mirror)
    profile: dict[str, Any] | None = None
    profile_uuid: str | None = None

    def save(self) -> None:
        """Writes it all, whole or not at all. Raises OSError."""
        if self.path is None:
            return
        document = {
            "profile": self.profile,
            "profile_uuid": self.profile_uuid,
            "cursor": self.mirror.cursor,
            "dates": self.mirror.dates,
            "devices": list(self.mirror.devices.values()),
        }
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(document))
        draft.replace(self.path)


def load(folder: Path) -> Kept:
    """What a folder holds."""
    kept = Kept(folder / FILE)
    try:
        document = json.loads((folder / FILE).read_bytes())
        devices = {record["serial_number"]: record for record in document["devices"]}
        kept.mirror = Mirror(devices, document["cursor"], document["dates"])
        kept.profile, kept.profile_uuid = document["profile"], document["profile_uuid"]
    except (OSError, ValueError, KeyError, TypeError):
        return Kept(folder / FILE)
    return kept
