"""`kill -9` between a change and its message: every event is told, at least once, under the same id."""

import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pomona.keys.randomness import system_rng
from pomona.registry import activities, audit, organizations, people, webhook_messages, webhooks
from pomona.registry.news import Position, Whose, follow
from pomona.registry.webhooks import Wanted
from pomona.runtime import Runtime, Settings
from pomona.server.installation import installation
from pomona.store import Tx
from tests.crash.process import PomonaProcess, wait_for
from tests.support.mail_servers import MailServer
from tests.support.mail_servers import Serve as ServeMail
from tests.support.webhook_receivers import Receiver
from tests.support.worlds import ADMIN, World

KILLS = 4


@pytest.fixture
def mail(mail_server: ServeMail) -> MailServer:
    return mail_server()


@pytest.fixture
def process(tmp_path: Path, mail: MailServer) -> Iterator[PomonaProcess]:
    smtp = {"host": "127.0.0.1", "port": mail.port, "security": "none", "from": "pomona@example.com"}
    made = PomonaProcess(tmp_path, {f"smtp_{name}": value for name, value in smtp.items()})
    yield made
    made.close()


def prepared(settings: Settings, receiver: Receiver) -> tuple[int, int, list[str]]:
    """An organisation with devices, a service and a webhook; gives ids and serials."""
    with installation(settings) as runtime:
        world = World(runtime.store)
        world.now = runtime.clock.now()
        stock, service = world.stock(300), world.service("Main")
        wanted = Wanted(name="Hook", url=receiver.url)
        made = runtime.store.write_sync(
            lambda tx: webhooks.add(
                tx, world.id, wanted, actor=ADMIN, now=world.now, keys=runtime.keys, rng=system_rng
            )
        )
        receiver.secrets.append(made.secret)
        return world.id, service.id, stock


def toggle(runtime: Runtime, organization_id: int, service_id: int, serials: list[str], round: int) -> None:
    """Beside the running server, as the command line does: devices are to be assigned or taken off."""
    type = "UNASSIGN_DEVICES" if round % 2 else "ASSIGN_DEVICES"
    runtime.store.write_sync(
        lambda tx: activities.create(tx, organization_id, type, serials, service_id=service_id, actor=ADMIN,
                                     now=runtime.clock.now(), rng=system_rng)
    )  # fmt: skip


def ended(runtime: Runtime, organization_id: int, most: int) -> bool:
    """Whether so many activities have ended, by the audit log."""

    def count(tx: Tx) -> bool:
        found = audit.newest(tx, organization_id, limit=1000)
        return sum(event.activity_id is not None for event in found) >= most

    return runtime.store.read_sync(count)


def expected(runtime: Runtime, organization_id: int) -> list[tuple[str, tuple[str, ...]]]:
    """What the log amounts to, read at one go: types and serials."""

    def read(tx: Tx) -> list[tuple[str, tuple[str, ...]]]:
        whose = Whose(organization_id, organizations.get(tx, organization_id).number)
        # The webhook came after the organisation and its service.
        start = tx.value(
            "SELECT min(id) FROM audit_event WHERE organization_id = $1 AND type = 'WEBHOOK_ADDED'",
            organization_id,
        )
        found = follow(tx, whose, Position(start, -1), 100_000).news
        return sorted((each.type, tuple(each.data.get("serialNumbers", ()))) for each in found)

    return runtime.store.read_sync(read)


def test_every_event_is_told_though_the_server_is_killed(process: PomonaProcess, receiver: Receiver) -> None:
    settings = Settings(data=process.data)
    organization_id, service_id, stock = prepared(settings, receiver)
    rng = random.Random(4)
    receiver.delay = 0.02
    rounds = 0
    for _ in range(KILLS):
        process.start()
        with installation(settings) as runtime:
            for _ in range(5):
                toggle(runtime, organization_id, service_id, rng.sample(stock, 20), rounds)
                rounds += 1
            wait_for(partial(ended, runtime, organization_id, rounds - 3), process)
        time.sleep(rng.uniform(0, 1.2))
        process.kill()
    process.start()
    with installation(settings) as runtime:
        wait_for(partial(ended, runtime, organization_id, rounds), process)
        wait_for(partial(settled, runtime), process)
        wanted = expected(runtime, organization_id)
    process.stop()
    by_id = {got.id: got for got in receiver.received}
    told = sorted((got.type, tuple(got.document["data"].get("serialNumbers", ()))) for got in by_id.values())
    assert told == wanted
    assert sum(type == "activity.finished" for type, _ in told) == rounds
    assert all(got.body == by_id[got.id].body and got.signed_by for got in receiver.received)
    assert "xception" not in process.log


def settled(runtime: Runtime) -> bool:
    """Whether everything was made and delivered."""

    def read(tx: Tx) -> bool:
        pending = tx.value("SELECT count(*) FROM webhook_message WHERE state = 'PENDING'")
        return not webhook_messages.behind(tx) and not pending

    return runtime.store.read_sync(read)


def test_a_mail_that_was_written_is_sent_after_a_kill(
    process: PomonaProcess, mail: MailServer, receiver: Receiver
) -> None:
    settings = Settings(data=process.data)
    organization_id, _, _ = prepared(settings, receiver)
    with installation(settings) as runtime:
        now = runtime.clock.now()
        runtime.store.write_sync(
            lambda tx: people.add(tx, organization_id, "pat@example.com", first_name="Pat", last_name="",
                                  role="ADMINISTRATOR", password_hash=None, managed=False, actor=ADMIN, now=now,
                                  rng=system_rng)
        )  # fmt: skip
        for n in range(6):
            runtime.store.write_sync(partial(trouble, organization_id=organization_id, n=n, now=now))
    mail.refuse["pat@example.com"] = "451 not now"
    process.start()
    wait_for(lambda: mail.connections > 0, process)
    process.kill()
    mail.refuse.clear()
    with installation(settings) as runtime:
        runtime.store.write_sync(lambda tx: tx.execute("UPDATE mail SET due_at = 0 WHERE state = 'PENDING'"))
    process.start()
    wait_for(lambda: len({str(each.mail["Message-ID"]) for each in mail.taken}) == 6, process)
    assert process.stop() == 0


def trouble(tx: Tx, organization_id: int, n: int, now: int) -> None:
    """Something that administrators are told of."""
    subject = audit.Subject("WEBHOOK", f"hook-{n}", f"Hook {n}")
    audit.record(tx, organization_id, "WEBHOOK_DISABLED", ADMIN, subject, now=now, after={"problem": "gone"})
