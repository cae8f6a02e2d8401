"""Programs that work on an organisation all at once, each in a thread of its own, and remember what was acknowledged.

Each does one thing after the other and repeats what got no answer, so of everything it touches alone it knows how it must
stand in the end.
"""

import json
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from pomona.simulator import mirror
from pomona.simulator.assignment_client import AssignmentClient, AssignmentRefused
from pomona.simulator.business_client import BusinessClient
from pomona.simulator.mirror import Mirror
from pomona.simulator.randomness import seeded
from tests.crash.patience import Traffic, patient_http
from tests.crash.prepared import Linked, Prepared
from tests.crash.requests import activity, submission, supplier_call
from tests.crash.working import Working
from tests.support.worlds import serials

T = TypeVar("T")
_PROFILE = {"url": "https://mdm.example/enrol"}
_NOT_YET = "DEP-ERR-4003"


class Program(Working):
    """`turn` is what it does over and over until it is asked to stop."""

    def __init__(self, origin: str, name: str, seed: int) -> None:
        super().__init__(name, seed)
        self.traffic = Traffic()
        self.http = patient_http(origin, self.traffic)

    @abstractmethod
    def turn(self) -> None:
        """One piece of work."""

    def work(self) -> None:
        while not self.stopping:
            self.turn()

    def close(self) -> None:
        """Lets go of its connections."""
        self.http.close()


class Supplier(Program):
    """Submits orders of different sizes and waits for each to be complete."""

    def __init__(self, origin: str, given: Prepared, seed: int = 1) -> None:
        super().__init__(origin, "supplier", seed)
        self._customer = given.number
        self.http.headers["Authorization"] = f"Bearer {given.supplier_token}"
        self._seed = seed
        self.orders: dict[str, list[str]] = {}
        """Order number and its serials, of what was accepted."""

    def turn(self) -> None:
        n = len(self.orders) + 1
        devices = serials(self.rng.choice((50, 900, 4_500)), seed=self._seed * 1_000_003 + n)
        fate = self.fate(self.submit(f"ORDER{n}", devices))
        assert fate["statusCode"] == "COMPLETE", fate

    def submit(self, number: str, devices: list[str]) -> str:
        """Submits an order, which must be accepted; gives the id to ask for it by."""
        accepted = self._call("bulk-enroll-devices", submission(self._customer, number, {number: devices}))
        assert accepted["enrollDevicesResponse"]["statusCode"] == "SUCCESS", accepted
        self.orders[number] = devices
        self.acknowledged += 1
        return str(accepted["deviceEnrollmentTransactionId"])

    def fate(self, id: str) -> Any:
        """What became of a submission, once it has been worked off."""
        end = time.monotonic() + 90
        while time.monotonic() < end:
            fate = self._ask("check-transaction-status", deviceEnrollmentTransactionId=id)
            if "statusCode" in fate:
                return fate
            assert fate["checkTransactionErrorResponse"][0]["errorCode"] == _NOT_YET, fate
            time.sleep(0.02)
        raise AssertionError(f"submission {id} is not done after 90 s")

    def devices_of(self, number: str) -> list[str]:
        """Serials of an order as the server shows it."""
        shown = self._ask("show-order-details", orderNumbers=[number])["orders"][0]
        return [device["deviceId"] for delivery in shown["deliveries"] for device in delivery["devices"]]

    def _ask(self, path: str, **members: Any) -> Any:
        return self._call(path, json.dumps(supplier_call(**members)).encode())

    def _call(self, path: str, body: bytes) -> Any:
        answer = self.http.post(f"/enroll-service/1.0/{path}", content=body)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()


class Api(BusinessClient):
    """The administrator's program, which can also begin an activity without waiting for it."""

    def begin(self, type: str, devices: list[str], service: str) -> str:
        """Creates an activity; gives its id."""
        document = json.loads(activity(type, devices, service))
        return str(self._ask("POST", "/v1/orgDeviceActivities", document)["data"]["id"])

    def look(self, id: str) -> dict[str, Any]:
        """How an activity stands."""
        found: dict[str, Any] = self._ask("GET", f"/v1/orgDeviceActivities/{id}")["data"]["attributes"]
        return found


class Mover(Program):
    """Moves a pool of devices between two services and off them, an activity at a time."""

    def __init__(self, origin: str, given: Prepared, pool: int, seed: int = 1) -> None:
        super().__init__(origin, f"mover {pool}", seed)
        self._api = Api(self.http, given.api, _briefly)
        self._services = (given.first.uuid, given.second.uuid)
        self._pool = given.pools[pool]
        self.where: dict[str, str | None] = dict.fromkeys(self._pool, given.first.uuid)
        """Where each device of the pool must be by what was acknowledged."""
        self.activities: dict[str, list[str]] = {}
        """The activities that were acknowledged, and their serials in order."""

    def turn(self) -> None:
        some = self._pool if self.rng.random() < 0.7 else self.rng.sample(self._pool, 100)
        service = self.rng.choice(self._services)
        type = self.rng.choice(("ASSIGN_DEVICES", "ASSIGN_DEVICES", "UNASSIGN_DEVICES"))
        attributes = self._api.change(type, some, service)
        assert attributes["status"] == "COMPLETED", attributes
        self.activities[attributes["id"]] = some
        self.acknowledged += 1
        if type == "ASSIGN_DEVICES":
            self.where.update(dict.fromkeys(some, service))
        else:
            self.where.update({serial: None for serial in some if self.where[serial] == service})


class Hasty(Program):
    """Begins many activities on the same devices without waiting for any; only asks not to have too many open."""

    def __init__(self, origin: str, given: Prepared, pool: int, seed: int = 1) -> None:
        super().__init__(origin, "hasty", seed)
        self._api = Api(self.http, given.api, _briefly)
        self._services = (given.first.uuid, given.second.uuid)
        self._pool = given.pools[pool]
        self.activities: dict[str, list[str]] = {}

    def turn(self) -> None:
        some = self.rng.sample(self._pool, self.rng.randint(1, 400))
        type = self.rng.choice(("ASSIGN_DEVICES", "UNASSIGN_DEVICES"))
        id = self._api.begin(type, some, self.rng.choice(self._services))
        assert id not in self.activities
        self.activities[id] = some
        self.acknowledged += 1
        time.sleep(0.02)


class ProfileGiver(Program):
    """The second service: gives its devices one profile after the other, and takes it away now and then."""

    def __init__(self, origin: str, given: Prepared, seed: int = 1) -> None:
        super().__init__(origin, "profiles", seed)
        self._client = AssignmentClient(self.http, given.second.token, seeded(f"profiles {seed}"))
        self._devices = given.profiled
        self._profiles: list[str] = []
        self.states: dict[str, tuple[str, str | None]] = dict.fromkeys(given.profiled, ("empty", None))
        """Profile status and profile of each device by what was acknowledged."""
        self.changes: Counter[str] = Counter()
        """How often each device's state changed."""

    def turn(self) -> None:
        if not self._profiles:
            self._profiles = [self._define(name) for name in ("One", "Two")]
        some = self.rng.sample(self._devices, self.rng.randint(1, len(self._devices)))
        if self.rng.random() < 0.2:
            answer = opened(lambda: self._client.remove_profile(some))
            after = {s: ("removed", self.states[s][1]) for s in some if self.states[s][0] == "assigned"}
        else:
            uuid = self.rng.choice(self._profiles)
            answer = opened(lambda: self._client.assign_profile(uuid, some))
            after = dict.fromkeys(some, ("assigned", uuid))
        assert answer == dict.fromkeys(some, "SUCCESS"), answer
        self.acknowledged += 1
        self.changes.update(serial for serial, state in after.items() if self.states[serial] != state)
        self.states.update(after)

    def _define(self, name: str) -> str:
        self.acknowledged += 1
        return opened(lambda: self._client.define_profile({"profile_name": name, **_PROFILE}))


class Reader(Program):
    """A service's own copy of its devices, brought up to date again and again by what the wire says."""

    def __init__(self, origin: str, service: Linked, name: str, seed: int = 1) -> None:
        super().__init__(origin, f"reader {name}", seed)
        self.client = AssignmentClient(self.http, service.token, seeded(f"{name} {seed}"))
        self.mirror = Mirror()

    def turn(self) -> None:
        self.look()
        time.sleep(0.05)

    def look(self) -> None:
        """Brings the copy up to date."""
        opened(lambda: mirror.update(self.mirror, self.client, limit=self.rng.randint(100, 1_000)))


def opened(call: Callable[[], T]) -> T:
    """Calls again when a session was refused because the same signed request had reached the server before it died."""
    while True:
        try:
            return call()
        except AssignmentRefused as refused:
            if not refused.at_session or refused.code != "nonce_used":
                raise


def _briefly(seconds: float) -> None:
    time.sleep(min(seconds, 0.05))
