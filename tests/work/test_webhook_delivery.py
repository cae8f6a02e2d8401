"""How messages reach their receivers: signed, tried again, replayed, one by one when they fail."""

import asyncio
import base64
import json
import logging
from functools import partial

import pytest

from pomona.registry import audit, webhook_log, webhook_messages, webhooks
from pomona.registry.errors import Invalid, NotFound
from pomona.registry.webhook_schedule import JITTER, PATIENCE, WAITS
from pomona.runtime import Runtime
from pomona.work import webhook_sender
from pomona.work.webhooks import PARALLEL, WebhookWorker
from tests.support.webhook_receivers import Received, Receiver, signature
from tests.support.worlds import ADMIN, World
from tests.work.webhook_hands import (
    DAY,
    HOUR,
    add,
    add_with_secret,
    deliver,
    expand,
    happen,
    lines,
    reread,
    send_test,
    update,
    world_of,
)


def events(runtime: Runtime, world: World) -> list[str]:
    found = runtime.store.read_sync(lambda tx: audit.newest(tx, world.id, limit=1000))
    return [event.type for event in reversed(found)]


def test_a_message_as_it_arrives(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    runtime.clock.offset = 40 * DAY
    message_id = send_test(runtime, webhook)
    deliver(runtime)
    [got] = receiver.received
    assert got.signed_by == receiver.secrets
    assert got.id == message_id
    assert abs(got.seconds * 1000 - runtime.clock.wall()) < 60_000, "receivers look at their own clocks"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"].startswith("Pomona/")
    assert "cookie" not in got.headers
    about = {"organizationId": world.organization.number, "webhook": "Hook", "requestedBy": "pat"}
    assert (got.type, got.document["data"]) == ("webhook.test", about)
    assert list(got.document) == ["type", "timestamp", "data"]
    [line] = lines(runtime, webhook)
    assert (line.state, line.attempts, line.message_id) == ("DELIVERED", 1, message_id)
    assert line.last is not None
    assert (line.last.status, line.last.problem) == (204, "")


def test_a_body_that_was_changed_on_its_way_is_noticed(runtime: Runtime, receiver: Receiver) -> None:
    send_test(runtime, add(runtime, world_of(runtime), receiver))
    deliver(runtime)
    [got] = receiver.received
    right = signature(receiver.secrets[0], got)
    assert got.headers["webhook-signature"] == right
    for changed in (
        Received(got.id + "x", got.seconds, got.body, {}),
        Received(got.id, got.seconds + 1, got.body, {}),
        Received(got.id, got.seconds, got.body + b" ", {}),
    ):
        assert signature(receiver.secrets[0], changed) != right


def test_each_attempt_comes_in_its_time(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    receiver.answer, receiver.body = 500, b"not today\x00" + b"x" * 5_000
    start = runtime.clock.now()
    runtime.clock.wall = lambda: start
    happen(runtime, world)
    for n, wait in enumerate(WAITS, 1):
        deliver(runtime)
        assert len(receiver.received) == n
        [line] = lines(runtime, webhook)
        assert (line.state, line.attempts) == ("PENDING", n)
        left = line.due_at - runtime.clock.now()
        assert wait <= left <= wait * (1 + JITTER)
        deliver(runtime, left - 1)
        assert len(receiver.received) == n
        runtime.clock.offset += 1
        update(runtime, reread(runtime, webhook), enabled=True)
    deliver(runtime)
    [line] = lines(runtime, webhook)
    assert (line.state, line.attempts) == ("FAILED", len(WAITS) + 1)
    assert len({(got.id, got.body) for got in receiver.received}) == 1
    assert runtime.clock.offset > PATIENCE
    log = runtime.store.read_sync(
        lambda tx: webhook_log.attempts(tx, webhook_messages.get(tx, webhook, line.message_id))
    )
    assert [(each.n, each.status) for each in log] == [(n, 500) for n in range(1, len(WAITS) + 2)]
    assert log[0].response.startswith("not today\N{REPLACEMENT CHARACTER}xxx")
    assert len(log[0].response) == webhook_sender.RESPONSE
    deliver(runtime, 10 * DAY)
    assert len(receiver.received) == len(WAITS) + 1


def test_retry_after_is_respected(runtime: Runtime, receiver: Receiver) -> None:
    webhook = add(runtime, world := world_of(runtime), receiver)
    receiver.answer, receiver.headers = 429, {"retry-after": "600"}
    happen(runtime, world)
    deliver(runtime)
    [line] = lines(runtime, webhook)
    assert 590_000 < line.due_at - runtime.clock.now() <= 600_000
    receiver.headers = {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}
    deliver(runtime, 600_000)
    [line] = lines(runtime, webhook)
    assert DAY - 10_000 < line.due_at - runtime.clock.now() <= DAY


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_what_is_no_success_is_a_failure(runtime: Runtime, receiver: Receiver, status: int) -> None:
    webhook = add(runtime, world_of(runtime), receiver)
    receiver.answer, receiver.headers = status, {"location": receiver.url}
    send_test(runtime, webhook)
    deliver(runtime)
    assert len(receiver.received) == 1
    [line] = lines(runtime, webhook)
    assert line.state == "FAILED", "a test is not repeated"
    assert line.last is not None
    assert line.last.status == status
    assert ("redirects are not followed" in line.last.problem) == (300 <= status < 400)


def test_who_does_not_answer_in_time_is_not_waited_for(
    runtime: Runtime, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_sender, "SECONDS", 0.2)
    webhook = add(runtime, world_of(runtime), receiver)
    receiver.delay = 1.0
    send_test(runtime, webhook)
    deliver(runtime)
    [line] = lines(runtime, webhook)
    assert line.last is not None
    assert (line.last.status, line.last.problem) == (None, "no answer within 0.2 seconds")


def test_nobody_there(runtime: Runtime, receiver: Receiver) -> None:
    url = receiver.url
    receiver.close()
    webhook = add_with_secret(runtime, world_of(runtime), url).webhook
    send_test(runtime, webhook)
    deliver(runtime)
    [line] = lines(runtime, webhook)
    assert line.last is not None
    assert line.last.status is None
    assert line.last.problem.startswith("the message could not be sent: ")


def test_the_secret_is_changed_without_a_gap(runtime: Runtime, receiver: Receiver) -> None:
    webhook = add(runtime, world := world_of(runtime), receiver)
    [old] = receiver.secrets
    made = runtime.store.write_sync(
        partial(webhooks.rotate, webhook=webhook, hours=2, actor=ADMIN, now=runtime.clock.now(), keys=runtime.keys,
                rng=runtime.rng)
    )  # fmt: skip
    receiver.secrets.append(made.secret)
    assert made.secret != old
    send_test(runtime, webhook)
    deliver(runtime)
    send_test(runtime, webhook)
    deliver(runtime, 2 * HOUR)
    assert [got.signed_by for got in receiver.received] == [[old, made.secret], [made.secret]]
    assert events(runtime, world)[-1] == "WEBHOOK_SECRET_CHANGED"


def test_a_secret_of_ones_own(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    own = "whsec_" + base64.b64encode(bytes(range(40))).decode()
    wanted = webhooks.Wanted(name="Own", url=receiver.url, secret=own)
    assert own not in repr(wanted)
    make = partial(webhooks.add, organization_id=world.id, actor=ADMIN, now=runtime.clock.now(), keys=runtime.keys,
                   rng=runtime.rng)  # fmt: skip
    made = runtime.store.write_sync(partial(make, wanted=wanted))
    assert made.secret == own
    receiver.secrets.append(own)
    send_test(runtime, made.webhook)
    deliver(runtime)
    assert receiver.received[0].signed_by == [own]
    for bad in (
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "§",
    ):
        wanted = webhooks.Wanted(name="Bad", url=receiver.url, secret=bad)
        with pytest.raises(Invalid) as refused:
            runtime.store.write_sync(partial(make, wanted=wanted))
        assert bad not in str(refused.value)


def test_replays(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    start = runtime.clock.now()
    runtime.clock.wall = lambda: start
    happen(runtime, world, 2)
    deliver(runtime)
    first = [got.id for got in receiver.received]
    runtime.clock.offset += HOUR
    happen(runtime, world)
    deliver(runtime)

    def since(time: int, *, only_failed: bool = False) -> int:
        return runtime.store.write_sync(
            lambda tx: webhook_log.replay_since(
                tx, webhook, time, only_failed=only_failed, actor=ADMIN, now=runtime.clock.now()
            )
        )

    once = partial(webhook_log.replay, webhook=webhook, actor=ADMIN, now=runtime.clock.now())
    runtime.store.write_sync(partial(once, message_id=first[0]))
    deliver(runtime)
    assert [got.id for got in receiver.received[3:]] == [first[0]]
    assert since(runtime.clock.now() - 1) == 1
    assert since(runtime.clock.now() - 2 * HOUR, only_failed=True) == 0
    assert since(runtime.clock.now() - 2 * HOUR) == 3
    deliver(runtime)
    assert sorted(got.id for got in receiver.received[4:]) == sorted({got.id for got in receiver.received})
    with pytest.raises(NotFound):
        runtime.store.write_sync(partial(once, message_id="msg_unknown"))
    with pytest.raises(Invalid):
        since(runtime.clock.now() + 1)
    assert events(runtime, world).count("WEBHOOK_REPLAYED") == 3


def test_one_that_is_switched_off_is_told_later_or_never(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    for skip, count in ((False, 2), (True, 0)):
        update(runtime, webhook, enabled=False)
        happen(runtime, world, 2)
        receiver.received.clear()
        deliver(runtime)
        assert receiver.received == []
        update(runtime, webhook, enabled=True, skip_missed=skip)
        deliver(runtime)
        assert len(receiver.received) == count
    update(runtime, webhook, enabled=False)
    send_test(runtime, webhook)
    deliver(runtime)
    assert receiver.types == ["webhook.test"], "a test is sent all the same"


def test_a_webhook_that_hears_nothing_for_days_is_switched_off(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    receiver.answer = 500
    happen(runtime, world)
    deliver(runtime)
    assert reread(runtime, webhook).state == "ENABLED"
    deliver(runtime, PATIENCE + HOUR)
    assert reread(runtime, webhook).state == "FAILING"
    assert events(runtime, world)[-1] == "WEBHOOK_DISABLED"
    receiver.answer = 200
    deliver(runtime, DAY)
    assert len(receiver.received) == 2
    back = update(runtime, webhook, enabled=True)
    assert (back.state, back.failures, back.failing_since) == ("ENABLED", 0, None)
    deliver(runtime)
    assert len(receiver.received) == 3


def test_one_that_is_gone_is_switched_off_at_once(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    receiver.answer = 410
    happen(runtime, world, 20)
    deliver(runtime)
    assert reread(runtime, webhook).state == "FAILING"
    assert len(receiver.received) <= PARALLEL


def test_a_failing_one_gets_one_at_a_time_and_holds_up_nobody(
    runtime: Runtime, receiver: Receiver, second_receiver: Receiver
) -> None:
    world = world_of(runtime)
    add(runtime, world, receiver, "Bad")
    add(runtime, world, second_receiver, "Good")
    receiver.answer, receiver.delay = 500, 1.0
    happen(runtime, world, 20)

    async def run() -> None:
        worker = WebhookWorker(runtime, "w")
        while await worker.look():
            pass
        async with asyncio.timeout(10):
            while len(second_receiver.received) < 20:  # noqa: ASYNC110 it is another thread that counts
                await asyncio.sleep(0.01)
        assert len(receiver.received) < 20
        receiver.delay = 0.02
        await worker.settle()
        await worker.close()

    asyncio.run(run())
    assert receiver.most_at_once <= PARALLEL
    receiver.most_at_once = 0
    deliver(runtime, 2 * WAITS[0])
    assert receiver.most_at_once == 1


def test_what_is_old_is_forgotten(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    happen(runtime, world, 3)
    deliver(runtime)
    deliver(runtime, 29 * DAY)
    assert len(lines(runtime, webhook)) == 3
    deliver(runtime, 2 * DAY)
    assert lines(runtime, webhook) == []
    assert runtime.store.read_sync(lambda tx: tx.value("SELECT count(*) FROM webhook_attempt")) == 0


def test_no_secret_is_logged(runtime: Runtime, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for noisy in ("httpx", "httpcore"):  # as `server.logs` does
        caplog.set_level(logging.WARNING, noisy)
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    receiver.answer = 500
    happen(runtime, world, 3)
    deliver(runtime)
    deliver(runtime, PATIENCE + HOUR)
    said = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert webhook.uuid in said
    [secret] = receiver.secrets
    for each in (secret, secret.removeprefix("whsec_"), "?for=pomona"):
        assert each not in said
    found = runtime.store.read_sync(lambda tx: audit.newest(tx, world.id, limit=100))
    assert "?for=pomona" not in json.dumps([[event.before, event.after] for event in found])
    rows = runtime.store.read_sync(lambda tx: tx.rows("SELECT secret FROM webhook"))
    assert base64.b64decode(secret.removeprefix("whsec_")) not in bytes(rows[0][0])


def test_messages_are_made_of_what_happened_after_the_webhook(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    happen(runtime, world, 2)
    webhook = add(runtime, world, receiver)
    happen(runtime, world, 1)
    expand(runtime)
    assert len(lines(runtime, webhook)) == 1
