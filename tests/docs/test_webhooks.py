"""The page about webhooks: its commands do what it says, its examples look like what is sent, and no event is left out."""

import json
import re
from pathlib import Path
from typing import Any

from pomona.formats.standard_webhooks import headers
from pomona.registry import domain_warnings, domains, enrollments, token_warnings
from pomona.registry.enrollments import Told
from pomona.registry.event_types import EVENT_TYPES, TEST
from pomona.runtime import Runtime
from pomona.store import Tx
from tests.crash.process import free_port
from tests.docs import pages
from tests.docs.test_clients import pomona, run
from tests.registry.test_tokens import issue
from tests.support.supply import Reseller, document, link
from tests.support.webhook_receivers import Receiver
from tests.support.worlds import ADMIN, serials
from tests.work.webhook_hands import DAY, add, deliver, send_test, world_of

PAGE = pages.DOCS / "webhooks.md"
EXAMPLES = [json.loads(block) for block in pages.blocks(PAGE, "json")]
ALIKE = {type: "order.available" for type in EVENT_TYPES if type.startswith("order.")}
ALIKE["device.unenrolled"] = "device.enrolled"
"""Types that the page shows by an example of another."""


def test_the_commands_do_what_the_page_says(tmp_path: Path) -> None:
    with pomona(tmp_path) as environment:
        script = "pomona org create Example\n" + pages.runs(PAGE).replace("9911", str(free_port()))
        done = run(script, tmp_path, environment)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert re.search("^signed by Pomona$", done.stdout, re.MULTILINE)


def test_the_python_of_the_page_knows_a_genuine_message(runtime: Runtime) -> None:
    [source] = pages.blocks(PAGE, "python")
    names: dict[str, Any] = {}
    exec(source, names)
    seconds, secret = runtime.clock.wall() // 1000, bytes(range(32))
    sent = headers([bytes(24), secret], "msg_1", seconds, b"{}")
    text = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert names["is_genuine"](text, sent, b"{}")
    assert not names["is_genuine"](text, sent, b"{ }")
    assert not names["is_genuine"](text, headers([secret], "msg_1", seconds - 310, b"{}"), b"{}")


def test_every_event_is_on_the_page() -> None:
    assert {each["type"] for each in EXAMPLES} | ALIKE.keys() == {*EVENT_TYPES, TEST}
    text = PAGE.read_text()
    assert all(f"`{type}`" in text for type in (*EVENT_TYPES, TEST))


def shape(value: Any) -> Any:
    """Names and kinds, all the way down; lists by their first element."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])]
    return type(value).__name__


def test_the_examples_look_like_what_is_sent(runtime: Runtime, receiver: Receiver) -> None:
    world, reseller = world_of(runtime), Reseller(runtime.store)
    reseller.now = world.now
    service = world.service("Main server")
    send_test(runtime, add(runtime, world, receiver))
    link(world, "16FCE4A0")
    ids = serials(3)
    reseller.send(document("A1", world.organization.number, ids, po="PO-77"))
    for type, target in (("ASSIGN_DEVICES", service), ("UNASSIGN_DEVICES", None), ("RELEASE_DEVICES", None)):
        world.tick()
        world.activity(type, ids, target)
    issue(world, service)

    def more(tx: Tx) -> None:
        domains.add(tx, world.id, "example.com", actor=ADMIN, now=world.now, rng=world.rng)
        token_warnings.warn(tx, world.now + 340 * DAY)
        domain_warnings.warn(tx, world.now + 10 * DAY)
        enrollments.begin(
            tx, world.id, "UDID", "manual", serial=ids[0], account_id=None, told=Told(), now=world.now
        )
        enrollments.count_in(tx, enrollments.get(tx, world.id, "UDID"), actor=ADMIN, now=world.now)

    runtime.store.write_sync(more)
    deliver(runtime)
    for example in EXAMPLES:
        like = [got for got in receiver.received if ALIKE.get(got.type, got.type) == example["type"]]
        assert like, example["type"]
        assert all(shape(got.document) == shape(example) for got in like)
