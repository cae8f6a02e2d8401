"""Hands for tests of mails: people and their choices, a worker that goes over them, and what arrived."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from pomona.keys.randomness import seeded
from pomona.registry import (
    mail_choices,
    mails,
    people,
)
from pomona.registry.mails import Mail
from pomona.registry.people import Person, Role
from pomona.runtime import Runtime, Settings
from pomona.work import smtp
from pomona.work.mails import MailWorker
from tests.support.mail_servers import MailServer, Taken
from tests.support.worlds import ADMIN, World

FROM = "Pomona <pomona@example.net>"


def mailing(runtime: Runtime, server: MailServer, **settings: Any) -> Runtime:
    """The same installation with a mail server."""
    given = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none", "smtp_from": FROM,
             "public_origin": "https://pomona.example.net", **settings}  # fmt: skip
    return Runtime(Settings(**given), runtime.store, runtime.keys, runtime.clock, runtime.rng)


def person(world: World, email: str, role: Role = Role.ADMINISTRATOR, name: str = "Pat") -> Person:
    return world.store.write_sync(
        lambda tx: people.add(
            tx,
            world.id,
            email,
            first_name=name,
            last_name="",
            role=role,
            password_hash=None,
            managed=False,
            actor=ADMIN,
            now=world.now,
            rng=seeded(email),
        )
    )


def choose(world: World, who: Person, wanted: Mapping[str, bool | None], address: str | None = None) -> None:
    world.store.write_sync(
        lambda tx: mail_choices.choose(tx, who, wanted, address=address, actor=ADMIN, now=world.now)
    )


def deliver(runtime: Runtime, later: int = 0) -> None:
    runtime.clock.offset += later

    async def run() -> None:
        worker = MailWorker(runtime, "w")
        while await worker.look():
            pass

    asyncio.run(run())


def kept(runtime: Runtime, world: World) -> list[Mail]:
    return runtime.store.read_sync(lambda tx: mails.newest(tx, world.id, limit=1000))[::-1]


def told(server: MailServer) -> list[tuple[str, str]]:
    """Recipient and subject of everything, sorted."""
    return sorted((taken.recipients[0], str(taken.mail["Subject"])) for taken in server.taken)


def body(taken: Taken) -> str:
    return str(taken.mail.get_content())


def post(runtime: Runtime, world: World) -> Mail:
    """Sends a test mail; gives what became of it."""
    id = runtime.store.write_sync(
        lambda tx: mails.send_test(tx, world.id, "pat@example.com", smtp.sender_of(runtime.settings),
                                   now=runtime.clock.now(), rng=runtime.rng)
    )  # fmt: skip
    deliver(runtime)
    mail = runtime.store.read_sync(partial(mails.get, id=id))
    assert mail is not None
    return mail
