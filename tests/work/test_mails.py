"""Mails: to whom and about what; with a real mail server at the other end."""

import asyncio
from functools import partial

import pytest

from pomona.registry import (
    audit,
    domain_warnings,
    domains,
    mail_choices,
    organizations,
    people,
    token_warnings,
)
from pomona.registry.actors import Actor
from pomona.registry.errors import Invalid
from pomona.registry.mail_topics import TOPICS
from pomona.registry.mails import FRESH
from pomona.registry.people import Role, Status
from pomona.runtime import Runtime
from pomona.store import Tx
from pomona.work.mails import MailWorker
from tests.registry.test_tokens import issue
from tests.support.mail_servers import Serve
from tests.support.supply import ORDERED, Reseller, document, link
from tests.support.worlds import ADMIN, serials
from tests.work.mail_hands import FROM, body, choose, deliver, kept, mailing, person, post, told
from tests.work.webhook_hands import DAY, HOUR, add_with_secret, world_of


def test_the_five_mails_about_orders(runtime: Runtime, mail_server: Serve) -> None:
    server = mail_server()
    sending = mailing(runtime, server)
    world, reseller = world_of(runtime), Reseller(runtime.store)
    reseller.now = world.now
    person(world, "admin@example.com")
    person(world, "it@example.com", Role.IT_ADMINISTRATOR)
    number, ids = world.organization.number, serials(4)
    name = "Supplier 16FCE4A0"

    def subjects() -> list[str]:
        deliver(sending)
        found = [subject for recipient, subject in told(server) if recipient == "admin@example.com"]
        assert len(found) == len(server.taken), "only who may link suppliers is told"
        server.taken.clear()
        return found

    reseller.send(document("A1", number, ids[:2]), document("A2", number, ids[2:]))
    deliver(sending)
    [pending] = [each for each in server.taken if "pending" in str(each.mail["Subject"])]
    text = body(pending)
    assert f"{world.organization.name}, Organisation ID {number}" in text
    assert f"{name} (16FCE4A0) submitted orders for your organisation, but is not in your list" in text
    assert "Order A1 of 13 November 2023, waiting since" in text
    assert " GMT (2 pending)" in text
    assert "See https://pomona.example.net/portal/orders" in text
    assert subjects() == [f"Devices pending: 2 orders of {name}", f"Devices submitted: 2 orders of {name}"]
    world.now = reseller.now
    link(world, "16FCE4A0")
    assert subjects() == [f"Devices available: 2 orders of {name}"]
    reseller.send(document("R1", number, ids[:1], "RE"))
    reseller.send(document("A2", number, type="VD"))
    assert subjects() == [f"Devices removed: 2 orders of {name}"]
    reseller.send(document("R1", number, type="VD"))
    assert subjects() == [f"Orders changed or refused: order R1 of {name}"]
    reseller.send(document("A1", number, ids[:1], "OV"))
    assert subjects() == [f"Orders changed or refused: order A1 of {name}"]
    assert world.now > ORDERED


def test_expiries_and_trouble(runtime: Runtime, mail_server: Serve) -> None:
    server = mail_server()
    sending = mailing(runtime, server)
    world = world_of(runtime)
    person(world, "admin@example.com")
    person(world, "dem@example.com", Role.DEVICE_ENROLLMENT_MANAGER)
    person(world, "people@example.com", Role.PEOPLE_MANAGER)
    person(world, "staff@example.com", Role.STAFF)
    issue(world, world.service("Main"))
    webhook = add_with_secret(runtime, world, "https://example.com/").webhook

    def happen(tx: Tx) -> None:
        from pomona.registry import webhooks

        domains.add(tx, world.id, "example.com", actor=ADMIN, now=world.now, rng=world.rng)
        token_warnings.warn(tx, world.now + 364 * DAY + HOUR)
        domain_warnings.warn(tx, world.now + 10 * DAY)
        webhooks.give_up(tx, webhook, "nothing arrived for three days", actor=ADMIN, now=world.now)
        organizations.set_terms_pending(tx, world.id, True, actor=ADMIN, now=world.now)

    runtime.store.write_sync(happen)
    deliver(sending)
    # What was recorded lies ahead of the clock, as warnings of tests do; it is fresh all the same.
    assert told(server) == [
        ("admin@example.com", "New terms wait to be accepted"),
        ("admin@example.com", "The token of Main ends within 1 day"),
        ("admin@example.com", "The webhook Hook was switched off"),
        ("admin@example.com", "Verify example.com within 7 days"),
        ("dem@example.com", "The token of Main ends within 1 day"),
        ("people@example.com", "Verify example.com within 7 days"),
    ]


def test_activities_are_told_to_who_began_them(runtime: Runtime, mail_server: Serve) -> None:
    server = mail_server()
    sending = mailing(runtime, server)
    world = world_of(runtime)
    pat = person(world, "pat@example.com", Role.IT_ADMINISTRATOR)
    boss = person(world, "boss@example.com")
    choose(world, boss, {"activities.all": True})
    stock, service = world.stock(120), world.service("Main")

    def run(actor: Actor, type: str, ids: list[str]) -> list[tuple[str, str]]:
        from pomona.registry import activities

        made = runtime.store.write_sync(
            lambda tx: activities.create(tx, world.id, type, ids, service_id=service.id, actor=actor,
                                         now=world.tick(), rng=world.rng)
        )  # fmt: skip
        world.work(made)
        deliver(sending)
        found = told(server)
        server.taken.clear()
        return found

    done = "Assigning 2 devices is done"
    assert run(pat.actor, "ASSIGN_DEVICES", stock[:2]) == [("boss@example.com", done)]
    large = "Assigning 120 devices is done"
    assert run(pat.actor, "ASSIGN_DEVICES", stock) == [
        ("boss@example.com", large),
        ("pat@example.com", large),
    ]
    failed = "Assigning 1 device is done, 1 of them without success"
    assert run(pat.actor, "ASSIGN_DEVICES", ["OUNKNOWN0001"]) == [
        ("boss@example.com", failed),
        ("pat@example.com", failed),
    ]
    assert run(boss.actor, "UNASSIGN_DEVICES", stock) == [
        ("boss@example.com", "Unassigning 120 devices is done")
    ]
    assert run(ADMIN, "ASSIGN_DEVICES", stock) == [("boss@example.com", large)]


def test_choices(runtime: Runtime, mail_server: Serve) -> None:
    server = mail_server()
    sending = mailing(runtime, server)
    world, reseller = world_of(runtime), Reseller(runtime.store)
    reseller.now = world.now
    admin = person(world, "admin@example.com")
    staff = person(world, "staff@example.com", Role.STAFF)
    gone = person(world, "gone@example.com")
    reserved = person(world, "somebody@other.pomona.test")
    runtime.store.write_sync(
        lambda tx: people.set_status(tx, gone, Status.INACTIVE, actor=ADMIN, now=world.now)
    )
    choose(world, admin, {"orders.submitted": False})
    choose(world, staff, {"orders.submitted": True, "orders.pending": True}, "boss@example.org")
    reseller.send(document("A1", world.organization.number, serials(1)))
    deliver(sending)
    name = "order A1 of Supplier 16FCE4A0"
    assert told(server) == [
        ("admin@example.com", f"Devices pending: {name}"),
        ("boss@example.org", f"Devices pending: {name}"),
        ("boss@example.org", f"Devices submitted: {name}"),
    ]
    server.taken.clear()
    choose(world, admin, {"orders.submitted": None})
    choose(world, staff, {"orders.submitted": False, "orders.pending": False}, "")
    choose(world, reserved, {}, "Real@Example.ORG")
    reseller.send(document("A2", world.organization.number, serials(1, seed=2)))
    deliver(sending)
    assert {recipient for recipient, _ in told(server)} == {"admin@example.com", "Real@example.org"}
    found = runtime.store.read_sync(lambda tx: audit.about(tx, world.id, "USER", reserved.uuid))
    assert found[0].type == "MAIL_CHOICES_CHANGED"
    assert found[0].after["address"] == "Real@example.org"
    for wanted, address in (
        ({"weather": True}, None),
        ({}, "nobody"),
        ({}, "a b@example.com"),
        ({}, "a@b.c\nBcc: x@y.z"),
    ):
        with pytest.raises(Invalid):
            choose(world, admin, wanted, address)


def test_by_default_roles_get_what_is_theirs(runtime: Runtime) -> None:
    world = world_of(runtime)
    told = {}
    for role in Role:
        choices = runtime.store.read_sync(
            partial(mail_choices.of_person, person=person(world, f"{role.lower()}@example.com", role))
        )
        told[role] = {topic for topic, wanted in choices.wanted.items() if wanted}
    orders = {name for name in TOPICS if name.startswith("orders.")}
    assert len(orders) == 5
    assert [role for role in Role if orders <= told[role]] == [Role.ADMINISTRATOR]
    assert told[Role.STAFF] == told[Role.CONTENT_MANAGER] == set()


def test_headers_cannot_be_injected(runtime: Runtime, mail_server: Serve) -> None:
    server = mail_server()
    sending = mailing(runtime, server)
    evil = 'Evil\r\nBcc: victim@example.com\r\n\r\nHello "there" <x@y.z>, ünïcode\u2028\u202etxt'
    world = world_of(runtime)
    person(world, "admin@example.com")
    after = {"order_type": "OR", "ordered_at": 0, "po_number": "", "supplier_kind": "RESELLER", "supplier_number": "1",
             "supplier": evil, "available": 0, "pending": 0, "returned": 0, "refused": 0}  # fmt: skip
    subject = audit.Subject("ORDER", "1:A", f"A\nBcc: a@b.c{'x' * 500}")
    runtime.store.write_sync(
        partial(audit.record, organization_id=world.id, type="ORDER_RECEIVED", actor=ADMIN, subject=subject,
                now=world.now, after=after)
    )  # fmt: skip
    deliver(sending)
    [taken] = server.taken
    assert taken.recipients == ["admin@example.com"]
    assert taken.mail["Bcc"] is None
    assert "\n" not in str(taken.mail["Subject"])
    assert not any(line.startswith("Bcc:") for line in body(taken).splitlines())
    assert "\u202e" not in body(taken)
    assert "ünïcode" in body(taken)
    assert taken.sender == "pomona@example.net"
    assert str(taken.mail["From"]) == FROM
    assert str(taken.mail["To"]) == "admin@example.com"
    assert taken.mail["Auto-Submitted"] == "auto-generated"
    assert str(taken.mail["Message-ID"]).endswith("@example.net>")
    assert taken.mail["Date"].datetime.tzinfo is not None
    assert taken.mail.get_content_type() == "text/plain"


def test_without_a_mail_server_nothing_is_written_and_later_nothing_stale(
    runtime: Runtime, mail_server: Serve
) -> None:
    world, reseller = world_of(runtime), Reseller(runtime.store)
    reseller.now = world.now
    person(world, "admin@example.com")
    reseller.send(document("A1", world.organization.number, serials(1)))
    deliver(runtime)
    assert kept(runtime, world) == []
    runtime.clock.offset += FRESH + HOUR
    reseller.now = runtime.clock.now()
    reseller.send(document("A2", world.organization.number, serials(1, seed=2)))
    server = mail_server()
    deliver(mailing(runtime, server))
    assert {subject.split(":")[1] for _, subject in told(server)} == {" order A2 of Supplier 16FCE4A0"}


def test_two_organisations_and_two_workers(runtime: Runtime, mail_server: Serve) -> None:
    server = mail_server()
    sending = mailing(runtime, server)
    reseller = Reseller(runtime.store)
    worlds = [world_of(runtime), world_of(runtime, "Other")]
    reseller.now = worlds[0].now
    for n, world in enumerate(worlds):
        person(world, f"admin{n}@example.com")
        reseller.send(
            *(document(f"A{n}{m}", world.organization.number, serials(1, seed=10 * n + m)) for m in range(9))
        )

    async def run() -> None:
        async def work(name: str) -> None:
            worker = MailWorker(sending, name)
            for _ in range(4):
                while await worker.look():
                    pass

        await asyncio.gather(work("one"), work("two"))

    asyncio.run(run())
    assert len({str(taken.mail["Message-ID"]) for taken in server.taken}) == len(server.taken)
    for taken in server.taken:
        own = taken.recipients[0].removeprefix("admin")[0]
        assert f"Order A{own}0 " in body(taken)
        assert f"Order A{1 - int(own)}" not in body(taken)


def test_old_mails_are_forgotten(runtime: Runtime, mail_server: Serve) -> None:
    server = mail_server()
    sending, world = mailing(runtime, server), world_of(runtime)
    post(sending, world)
    deliver(sending, 29 * DAY)
    assert len(kept(runtime, world)) == 1
    deliver(sending, 2 * DAY)
    assert kept(runtime, world) == []
