"""What a webhook may be, who sees it, and where it may lead."""

from functools import partial

import pytest

from pomona.formats.standard_webhooks import parse_secret, show_secret
from pomona.registry import audit, webhook_messages, webhooks
from pomona.registry.errors import Duplicate, Invalid, LimitExceeded, NotFound
from pomona.registry.event_types import EVENT_TYPES
from pomona.registry.webhook_addresses import checked_url, is_public
from pomona.registry.webhooks import Wanted
from pomona.runtime import Runtime
from tests.support.webhook_receivers import Receiver
from tests.support.worlds import ADMIN
from tests.work.webhook_hands import add, add_with_secret, deliver, happen, lines, send_test, update, world_of

URL = "https://example.com/hook"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://example.com:x/",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://exämple.com/",
        "https://[::1/",
        "https://example.com/" + "x" * 2_000,
    ],
)
def test_addresses_that_cannot_be(url: str) -> None:
    if url.endswith("\n"):
        assert checked_url(url) == url.strip()
        return
    with pytest.raises(Invalid) as refused:
        checked_url(url)
    assert "password@" not in str(refused.value)


@pytest.mark.parametrize(
    "url", [URL, "http://10.0.0.1:8080/a?b=c", "https://[2001:db8::1]/x", "HTTPS://EXAMPLE.com"]
)
def test_addresses_that_can(url: str) -> None:
    assert checked_url(f" {url} ") == url


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("not an address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_secrets_are_read_as_they_are_shown() -> None:
    secret = bytes(range(32))
    assert parse_secret(show_secret(secret)) == secret
    assert parse_secret(show_secret(secret).removeprefix("whsec_")) == secret


def test_what_is_refused_changes_nothing(runtime: Runtime) -> None:
    world = world_of(runtime)
    webhook = add_with_secret(runtime, world, URL).webhook
    add_with_secret(runtime, world, URL, "Other")
    events = len(runtime.store.read_sync(lambda tx: audit.newest(tx, world.id)))
    for wanted, problem in (
        ({"name": "Other"}, Duplicate),
        ({"name": "  "}, Invalid),
        ({"name": "x" * 101}, Invalid),
        ({"name": "a\nb"}, Invalid),
        ({"url": "nowhere"}, Invalid),
        ({"events": ["device.eaten"]}, Invalid),
    ):
        with pytest.raises(problem):
            update(runtime, webhook, **wanted)
    for hours in (-1, 169):
        with pytest.raises(Invalid):
            runtime.store.write_sync(
                partial(webhooks.rotate, webhook=webhook, hours=hours, actor=ADMIN, now=0, keys=runtime.keys,
                        rng=runtime.rng)
            )  # fmt: skip
    assert runtime.store.read_sync(lambda tx: webhooks.get(tx, world.id, webhook.uuid)) == webhook
    assert len(runtime.store.read_sync(lambda tx: audit.newest(tx, world.id))) == events


def test_changes_are_in_the_audit_log_and_none_is_none(runtime: Runtime) -> None:
    world = world_of(runtime)
    webhook = add_with_secret(runtime, world, URL).webhook
    changed = update(runtime, webhook, name="New", events=["order.received", "device.added"], url=URL + "2")
    assert (changed.name, changed.events, changed.url) == (
        "New",
        ("device.added", "order.received"),
        URL + "2",
    )
    update(runtime, changed, name="New")
    runtime.store.write_sync(lambda tx: webhooks.remove(tx, changed, actor=ADMIN, now=world.now))
    found = runtime.store.read_sync(lambda tx: audit.about(tx, world.id, "WEBHOOK", webhook.uuid))
    assert [event.type for event in found] == ["WEBHOOK_DELETED", "WEBHOOK_CHANGED", "WEBHOOK_ADDED"]
    assert found[1].after["new_address"] is True
    with pytest.raises(NotFound):
        runtime.store.read_sync(lambda tx: webhooks.find(tx, world.id, "New"))


def test_there_are_only_so_many(runtime: Runtime) -> None:
    world = world_of(runtime)
    for n in range(webhooks.MOST):
        add_with_secret(runtime, world, URL, f"Hook {n}")
    with pytest.raises(LimitExceeded):
        add_with_secret(runtime, world, URL, "One more")


def test_organisations_see_nothing_of_each_other(
    runtime: Runtime, receiver: Receiver, second_receiver: Receiver
) -> None:
    ours, theirs = world_of(runtime), world_of(runtime, "Other")
    mine = add(runtime, ours, receiver)
    yours = add(runtime, theirs, second_receiver)
    with pytest.raises(NotFound):
        runtime.store.read_sync(lambda tx: webhooks.get(tx, ours.id, yours.uuid))
    with pytest.raises(NotFound):
        runtime.store.read_sync(lambda tx: webhooks.find(tx, ours.id, yours.uuid))
    happen(runtime, ours, 3)
    happen(runtime, theirs, 1)
    deliver(runtime)
    assert {each["organizationId"] for each in receiver.of("order.received")} == {ours.organization.number}
    assert len(receiver.received) == 3
    assert {each["organizationId"] for each in second_receiver.of("order.received")} == {
        theirs.organization.number
    }
    with pytest.raises(NotFound):
        runtime.store.read_sync(lambda tx: webhook_messages.get(tx, mine, second_receiver.received[0].id))


def test_a_removed_webhook_leaves_nothing(runtime: Runtime, receiver: Receiver) -> None:
    world = world_of(runtime)
    webhook = add(runtime, world, receiver)
    stays = add(runtime, world, receiver, "Stays")
    happen(runtime, world, 2)
    deliver(runtime)
    runtime.store.write_sync(lambda tx: webhooks.remove(tx, webhook, actor=ADMIN, now=world.now))
    assert lines(runtime, webhook) == []
    assert len(lines(runtime, stays)) == 2
    assert runtime.store.read_sync(lambda tx: tx.value("SELECT count(*) FROM webhook_attempt")) == 2
    send_test(runtime, stays)
    deliver(runtime)


def test_every_type_has_a_meaning() -> None:
    assert all(meaning for meaning in EVENT_TYPES.values())
    assert Wanted().events is None
