"""Where messages may go: public addresses only, or through a proxy, where that is set."""

import pytest

from pomona.runtime import Runtime, Settings
from pomona.work import webhook_sender
from tests.support.webhook_receivers import Receiver
from tests.work.webhook_hands import (
    add,
    add_with_secret,
    deliver,
    happen,
    lines,
    send_test,
    world_of,
)


def test_private_addresses_can_be_forbidden(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    strict = Runtime(
        Settings(webhook_targets="public"), runtime.store, runtime.keys, runtime.clock, runtime.rng
    )
    by_name = receiver.url.replace("127.0.0.1", "localhost")
    for name, url in (("Number", receiver.url), ("Name", by_name)):
        webhook = add_with_secret(runtime, world, url, name).webhook
        send_test(runtime, webhook)
        deliver(strict)
        [line] = lines(runtime, webhook)
        assert line.last is not None
        assert "not a public one" in line.last.problem
    assert receiver.received == []


def test_a_name_that_leads_elsewhere_when_it_counts(
    runtime: Runtime, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def believe(url: str) -> None:
        del url

    monkeypatch.setattr(webhook_sender, "_check_host", believe)
    strict = Runtime(
        Settings(webhook_targets="public"), runtime.store, runtime.keys, runtime.clock, runtime.rng
    )
    webhook = add_with_secret(runtime, world_of(runtime), receiver.url).webhook
    send_test(runtime, webhook)
    deliver(strict)
    [line] = lines(runtime, webhook)
    assert line.last is not None
    assert "not a public one" in line.last.problem
    assert receiver.received == []


def test_a_proxy_is_used_where_one_is_set_and_no_other(
    runtime: Runtime, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    world, proxy = world_of(runtime), receiver.url.partition("/hook")[0]
    add_with_secret(runtime, world, "http://receiver.invalid/there")
    happen(runtime, world)
    behind = Runtime(Settings(webhook_proxy=proxy), runtime.store, runtime.keys, runtime.clock, runtime.rng)
    deliver(behind)
    assert [got.headers["host"] for got in receiver.received] == ["receiver.invalid"]
    direct = add(runtime, world, receiver, "Direct")
    send_test(runtime, direct)
    deliver(runtime)
    assert receiver.types[1:] == ["webhook.test"]
