"""A simulated external device management service: linked by a token, it mirrors its devices and gives them its profile.

It knows nothing of the server but what the wire gave it. Where its devices enrol is `pomona.simulator.mdm`.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pomona.simulator import mirror
from pomona.simulator.assignment_client import AssignmentClient
from pomona.simulator.mirror import Kind, Mirror, Record, Update
from pomona.simulator.service_files import Kept

_BATCH = 1_000
_WAITING = frozenset({"empty", "removed"})


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell: `step` is linked, profile, page, synced, assigned, refused or verified."""

    step: str
    detail: dict[str, Any] = field(default_factory=dict)


Tell = Callable[[Event], None]


class SimulatedService:
    """`profile` is what it defines for its devices, None to assign none; `tell` hears of each step."""

    def __init__(
        self,
        client: AssignmentClient,
        kept: Kept,
        profile: dict[str, Any] | None,
        tell: Tell = lambda _event: None,
        limit: int | None = None,
    ) -> None:
        self.client = client
        self.kept = kept
        self.account: dict[str, Any] = {}
        self._profile = profile
        self._tell = tell
        self._limit = limit
        self._guard = threading.Lock()

    @property
    def mirror(self) -> Mirror:
        """What it knows of its devices."""
        return self.kept.mirror

    def link(self) -> None:
        """Reads whose token it has, and defines its profile if that has changed."""
        self.account = self.client.account()
        named = {key: self.account.get(key) for key in ("server_name", "server_uuid", "org_name", "org_id")}
        self._tell(Event("linked", named))
        if self._profile is not None and self.kept.profile != self._profile:
            self.kept.profile_uuid = self.client.define_profile(self._profile)
            self.kept.profile = self._profile
            self.kept.save()
            self._tell(Event("profile", {"profile_uuid": self.kept.profile_uuid}))

    def round(self) -> Update:
        """One look: what has changed, and the profile for those without it. Raises `AssignmentRefused`."""
        with self._guard:
            update = mirror.update(self.mirror, self.client, self._page, self._limit)
            if update.size or update.fetched:
                self._tell(Event("synced", _counted(update) | {"devices": len(self.mirror.devices)}))
            given = self._assign() if self._profile is not None else 0
            if update.size or update.fetched or given:
                self.kept.save()
        return update

    def verify(self) -> list[tuple[str, Kind]]:
        """Where the mirror, brought up to date, and a full fetch differ; tries again while devices still move."""
        for _ in range(5):
            with self._guard:
                mirror.update(self.mirror, self.client, self._page, self._limit)
                records, _ = mirror.read_all(self.client, self._page, self._limit)
                found = mirror.differences(self.mirror, records)
                self.kept.save()
            if not found:
                break
        self._tell(Event("verified", {"equal": not found, "devices": len(records), "different": len(found)}))
        return found

    def state(self) -> dict[str, Any]:
        """Its view of the world, as JSON values."""
        return {
            "account": self.account,
            "profile_uuid": self.kept.profile_uuid,
            "cursor": self.mirror.cursor,
            "devices": dict(sorted(self.mirror.devices.items())),
        }

    def expects(self, serial: str) -> bool:
        """Whether a device may enrol here."""
        return serial in self.mirror.devices

    def _page(self, size: int) -> None:
        if size:
            self._tell(Event("page", {"devices": size}))

    def _assign(self) -> int:
        uuid = self.kept.profile_uuid
        assert uuid is not None  # defined when it was linked
        waiting = [serial for serial, record in self.mirror.devices.items() if _waits(record, uuid)]
        results: dict[str, int] = {}
        for first in range(0, len(waiting), _BATCH):
            for result in self._assign_batch(uuid, waiting[first : first + _BATCH]):
                results[result] = results.get(result, 0) + 1
        if results:
            self._tell(Event("assigned", dict(results)))
        return len(waiting)

    def _assign_batch(self, uuid: str, serials: Sequence[str]) -> list[str]:
        given = self.client.assign_profile(uuid, serials)
        for serial, result in given.items():
            if result == "SUCCESS":
                # Until the change comes back by sync: it must not be assigned again in the next round.
                self.mirror.devices[serial] |= {"profile_uuid": uuid, "profile_status": "assigned"}
        return list(given.values())


def _waits(record: Record, uuid: str) -> bool:
    return record["profile_status"] in _WAITING or record.get("profile_uuid") != uuid


def _counted(update: Update) -> dict[str, Any]:
    return {
        "added": len(update.added),
        "modified": len(update.modified),
        "deleted": len(update.deleted),
        "fetched": update.fetched,
    }
