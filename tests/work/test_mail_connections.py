"""Over which connections mails go, and what becomes of them when one fails; with a real mail server at the other end."""

import logging
from functools import partial
from pathlib import Path

import pytest

from pomona.registry import (
    mails,
)
from pomona.registry.mails import WAITS
from pomona.runtime import Runtime
from pomona.work import smtp
from tests.support.mail_servers import PASSWORD, USER, Serve, pem
from tests.work.mail_hands import deliver, kept, mailing, post
from tests.work.webhook_hands import world_of


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_connections_are_secured_and_signed_in(
    runtime: Runtime, mail_server: Serve, tmp_path: Path, security: str
) -> None:
    server = mail_server(security=security, sign_in=True)
    sending = mailing(
        runtime, server, smtp_security=security, smtp_user=USER, smtp_password=PASSWORD,
        trusted_authorities=pem(server, tmp_path),
    )  # fmt: skip
    assert smtp.check(sending.settings) == ""
    world = world_of(runtime)
    post(sending, world)
    [taken] = server.taken
    assert (taken.secured, taken.signed_in) == (security != "none", True)
    assert str(taken.mail["Subject"]) == "A test of Pomona's mails"


def test_what_is_wrong_with_the_connection_is_said_and_tried_again(
    runtime: Runtime, mail_server: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secure, plain = mail_server(security="starttls", sign_in=True), mail_server()
    trusted, world = pem(secure, tmp_path), world_of(runtime)
    for server, settings, said in (
        (secure, {"smtp_security": "starttls"}, "CERTIFICATE_VERIFY_FAILED"),
        (plain, {"smtp_security": "starttls"}, "STARTTLS extension not supported"),
        (secure, {"smtp_security": "starttls", "trusted_authorities": trusted, "smtp_user": USER,
                  "smtp_password": "hunter22"}, "535"),
        (plain, {"smtp_port": 1}, "refused"),
        (plain, {"trusted_authorities": "/nowhere.pem", "smtp_security": "tls"}, "No such file"),
    ):  # fmt: skip
        sending = mailing(runtime, server, **settings)
        mail = post(sending, world)
        assert (mail.state, mail.attempts) == ("PENDING", 1)
        assert said in mail.problem
        assert said in smtp.check(sending.settings)
        assert mail.due_at - runtime.clock.now() <= WAITS[0]
    assert "hunter22" not in caplog.text
    deliver(mailing(runtime, plain), WAITS[0])
    assert {mail.state for mail in kept(runtime, world)} == {"SENT"}
    assert len(plain.taken) == 5


@pytest.mark.parametrize(
    ("answer", "state"), [("550 no such mailbox", "FAILED"), ("451 later perhaps", "PENDING")]
)
def test_refusals_of_the_server(runtime: Runtime, mail_server: Serve, answer: str, state: str) -> None:
    server = mail_server()
    sending, world = mailing(runtime, server), world_of(runtime)
    server.refuse["pat@example.com"] = answer
    mail = post(sending, world)
    assert (mail.state, answer in mail.problem) == (state, True)
    server.refuse.clear()
    server.refuse_data = answer
    assert post(sending, world).state == state


def test_a_mail_is_tried_for_days_and_then_given_up(runtime: Runtime, mail_server: Serve) -> None:
    server = mail_server()
    sending, world = mailing(runtime, server), world_of(runtime)
    server.refuse["pat@example.com"] = "451 later perhaps"
    post(sending, world)
    for wait in WAITS:
        assert kept(runtime, world)[0].state == "PENDING"
        deliver(sending, wait)
    [mail] = kept(runtime, world)
    assert (mail.state, mail.attempts) == ("FAILED", len(WAITS) + 1)


def test_several_go_over_one_connection(runtime: Runtime, mail_server: Serve) -> None:
    server = mail_server()
    sending, world = mailing(runtime, server), world_of(runtime)
    test = partial(mails.send_test, organization_id=world.id, sender=smtp.sender_of(sending.settings), now=world.now,
                   rng=runtime.rng)  # fmt: skip
    for n in range(5):
        runtime.store.write_sync(partial(test, recipient=f"p{n}@example.com"))
    deliver(sending)
    assert (len(server.taken), server.connections) == (5, 1)
