"""Any history, told by messages, amounts to what the registry knows: nothing is left out, twice there or made up."""

import contextlib
import random
from collections import Counter
from functools import partial
from typing import Any

import pytest

from pomona.registry import activities, by_hand, device_news, releases, webhook_messages
from pomona.registry.activities import Activity
from pomona.registry.by_hand import Asked, Where
from pomona.registry.errors import InUse
from pomona.runtime import Runtime
from pomona.store import Tx
from tests.support.supply import Reseller, document, flow, link, unlink
from tests.support.webhook_receivers import Received, Receiver
from tests.support.worlds import ADMIN, serials
from tests.work.webhook_hands import HOUR, add, deliver, expand, lines, world_of

STEPS = 45


class History:
    """An organisation in which things happen at random, and what was told of it."""

    def __init__(self, runtime: Runtime, rng: random.Random) -> None:
        self.runtime = runtime
        self.rng = rng
        self.world = world_of(runtime)
        self.reseller = Reseller(runtime.store)
        self.services = [self.world.service(name) for name in ("A", "B")]
        self.fresh = serials(400, seed=rng.randrange(1 << 30))
        self.known: list[str] = []
        self.orders: list[str] = []
        self.done: list[Activity] = []
        self.expected: Counter[str] = Counter()
        self.linked = False

    def step(self) -> None:
        self.world.tick()
        self.reseller.now = self.world.now
        self.rng.choice(
            (self.by_hand, self.order, self.order, self.activity, self.activity, self.activity, self.default,
             self.change_link, self.void_or_return, self.undo, self.grace, self.finish)
        )()  # fmt: skip

    def new(self) -> list[str]:
        """Serials that nobody heard of."""
        count = self.rng.randint(1, 12)
        taken, self.fresh = self.fresh[:count], self.fresh[count:]
        self.known += taken
        return taken

    def some(self) -> list[str]:
        """Serials, some of which may be here."""
        return self.rng.sample(self.known, min(len(self.known), self.rng.randint(1, 20)))

    def by_hand(self) -> None:
        where: Where = self.rng.choice([*self.services, "placeholder", "default", "none"])
        self.runtime.store.write_sync(
            partial(by_hand.add, organization_id=self.world.id, asked=[Asked(each) for each in self.new()],
                    where=where, actor=ADMIN, now=self.world.now, rng=self.world.rng)
        )  # fmt: skip

    def order(self) -> None:
        name = f"A{len(self.orders)}"
        self.orders.append(name)
        self.reseller.send(document(name, self.world.organization.number, self.new()))
        self.expected["order.received"] += 1

    def void_or_return(self) -> None:
        if self.orders:
            number = self.world.organization.number
            name = self.rng.choice(self.orders)
            lines = list(self.reseller.lines(name))
            if self.rng.random() < 0.5:
                self.reseller.send(document(name, number, type="VD"))
            else:
                self.reseller.send(document(f"R{self.rng.random()}", number, lines[:2], "RE"))

    def change_link(self) -> None:
        (unlink if self.linked else link)(self.world, "16FCE4A0")
        self.linked = not self.linked
        flow(self.runtime.store, self.world.now)

    def default(self) -> None:
        service = self.rng.choice([*self.services, None])
        self.world.default(self.rng.choice(["IPHONE", "IPAD", "MAC"]), service)

    def activity(self) -> None:
        if self.known:
            types = [*["ASSIGN_DEVICES"] * 3, "UNASSIGN_DEVICES", "RELEASE_DEVICES", "KEEP_DEVICES"]
            type = self.rng.choice(types)
            service = self.rng.choice(self.services) if type == "ASSIGN_DEVICES" else None
            self.done.append(self.world.activity(type, self.some(), service))
            self.expected["activity.finished"] += 1

    def undo(self) -> None:
        if self.done:
            with contextlib.suppress(InUse):
                self.done.append(self.world.undo(self.rng.choice(self.done[-5:])))
                self.expected["activity.finished"] += 1

    def grace(self) -> None:
        hours = self.rng.choice([0, 0, 1])
        self.runtime.store.write_sync(
            lambda tx: releases.set_grace(tx, self.world.id, hours, actor=ADMIN, now=self.world.now)
        )

    def finish(self) -> None:
        """Releases that were put off become final."""
        self.world.tick(HOUR)
        store, now = self.runtime.store, self.world.now
        for id in store.read_sync(lambda tx: activities.unfinished(tx, now)):
            finishing = partial(activities.finishing, activity_id=id, now=now, rng=self.world.rng)
            final = store.write_sync(finishing)
            if final is not None:
                self.world.work(final)
                self.expected["activity.finished"] += 1

    def truth(self) -> dict[str, str | None]:
        """The service's public id of each device that is here, as the registry knows."""

        def read(tx: Tx) -> dict[str, str | None]:
            rows = tx.rows(
                "SELECT o.serial, s.uuid FROM serial_owner o JOIN device_state d ON d.device_id = o.device_id"
                " LEFT JOIN service s ON s.id = d.service_id"
            )
            return {row[0]: row[1] for row in rows}

        return self.runtime.store.read_sync(read)


def told(messages: list[dict[str, Any]]) -> dict[str, str | None]:
    """The same by messages alone."""
    here: dict[str, str | None] = {}
    for message in messages:
        data = message["data"]
        for serial in data.get("serialNumbers", ()):
            match message["type"]:
                case "device.added":
                    assert serial not in here
                    here[serial] = None
                case "device.assigned":
                    assert here[serial] != data["service"]["id"]
                    here[serial] = data["service"]["id"]
                case "device.unassigned":
                    assert here[serial] == data["service"]["id"]
                    here[serial] = None
                case "device.released":
                    del here[serial]
    return here


@pytest.mark.parametrize("seed", range(3))
def test_a_random_history(
    runtime: Runtime, receiver: Receiver, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    # Small, so that events are parted and read in pieces.
    monkeypatch.setattr(device_news, "MOST", rng.choice([1, 3, 500]))
    monkeypatch.setattr(webhook_messages, "BATCH", rng.choice([1, 2, 100]))
    history = History(runtime, rng)
    webhook = add(runtime, history.world, receiver)

    def moody(got: Received) -> int:
        del got
        return rng.choice([200, 204, 400, 503])

    receiver.answer = moody
    for _ in range(STEPS):
        history.step()
        if rng.random() < 0.3:
            rng.choice([expand, deliver])(runtime)
    deliver(runtime)
    receiver.answer = 200
    for _ in range(6):
        deliver(runtime, HOUR)
    made = lines(runtime, webhook)
    assert {line.state for line in made} == {"DELIVERED"}
    by_id = {got.id: got for got in receiver.received}
    assert by_id.keys() == {line.message_id for line in made}
    assert all(got.body == by_id[got.id].body and got.signed_by for got in receiver.received)
    in_order = [by_id[line.message_id].document for line in made]
    assert told(in_order) == history.truth()
    types = Counter(message["type"] for message in in_order)
    assert {type: types[type] for type in history.expected} == history.expected
    assert all(len(message["data"].get("serialNumbers", ())) <= device_news.MOST for message in in_order)
