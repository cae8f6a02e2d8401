"""Mails on the command line, and what the doctor says of mails and webhooks."""

import json
from pathlib import Path

import pytest

from pomona.cli import person, webhook
from pomona.cli.doctor import doctor
from pomona.registry import people, webhooks
from pomona.registry.people import Role
from pomona.runtime import Settings
from pomona.server.installation import installation
from tests.cli.command_lines import CommandLine
from tests.support.mail_servers import Serve
from tests.support.worlds import ADMIN, World


class Line(CommandLine):
    def __init__(self, data: Path) -> None:
        super().__init__(data, {"person": person.app, "webhook": webhook.app})
        self.data = data
        self.app.command("doctor")(doctor)
        self.env["POMONA_TLS_PORT"] = "-1"
        with installation(Settings(data=data)) as runtime:
            self.world = World(runtime.store)
            runtime.store.write_sync(
                lambda tx: people.add(tx, self.world.id, "pat@example.com", first_name="Pat", last_name="",
                                      role=Role.ADMINISTRATOR, password_hash=None, managed=False, actor=ADMIN,
                                      now=self.world.now, rng=self.world.rng)
            )  # fmt: skip

    def found(self, subject: str) -> tuple[str, str]:
        """What the doctor says of something."""
        findings = json.loads(self.run("doctor", "--json").stdout)
        return next((each["grade"], each["sentence"]) for each in findings if each["subject"] == subject)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "data")


def test_choices_are_shown_and_changed(line: Line) -> None:
    def wanted(*words: str) -> dict[str, tuple[str, str]]:
        answer = line.json("person", "notices", "pat@example.com", *words)
        return {each["topic"]: (each["wanted"], each["by"]) for each in answer["topics"]}

    assert wanted()["orders.available"] == ("yes", "role")
    changed = wanted("--off", "orders.available", "--on", "activities.all", "--address", "it@example.org")
    assert (changed["orders.available"], changed["activities.all"]) == (("no", "choice"), ("yes", "choice"))
    assert line.json("person", "notices", "pat@example.com")["address"] == "it@example.org"
    assert wanted("--default", "orders.available")["orders.available"] == ("yes", "role")
    result = line.run("person", "notices", "pat@example.com", "--on", "weather")
    assert result.exit_code == 1
    assert "'weather' is no topic; expected one of orders.submitted" in result.stderr
    result = line.run("person", "notices", "pat@example.com", "--address", "pat@x.pomona.test")
    assert "is in a reserved domain and no mailbox" in result.stderr
    assert "smtp_host is not set" in result.stderr


def test_a_test_mail(line: Line, mail_server: Serve) -> None:
    result = line.run("person", "test-mail", "pat@example.com")
    assert (result.exit_code, "smtp_host is not set" in result.stderr) == (1, True)
    server = mail_server()
    line.env |= {
        "POMONA_SMTP_HOST": "127.0.0.1",
        "POMONA_SMTP_PORT": str(server.port),
        "POMONA_SMTP_SECURITY": "none",
    }
    assert line.run("person", "test-mail", "pat@example.com").exit_code == 0
    assert server.taken[0].recipients == ["pat@example.com"]
    server.refuse["nobody@example.com"] = "550 no such mailbox"
    result = line.run("person", "test-mail", "nobody@example.com")
    assert (result.exit_code, "550 no such mailbox" in result.stderr) == (1, True)
    assert [(each["to"], each["state"]) for each in line.json("person", "mails")] == [
        ("nobody@example.com", "FAILED"),
        ("pat@example.com", "SENT"),
    ]


def test_the_doctor_looks_at_mails(line: Line, mail_server: Serve) -> None:
    assert line.found("mails") == ("ok", "none are sent: smtp_host is not set")
    server = mail_server()
    line.env |= {
        "POMONA_SMTP_HOST": "127.0.0.1",
        "POMONA_SMTP_PORT": str(server.port),
        "POMONA_SMTP_SECURITY": "none",
    }
    assert line.found("mails")[0] == "warning"
    line.env["POMONA_SMTP_FROM"] = "pomona@example.com"
    assert line.found("mails")[0] == "ok"
    line.env["POMONA_SMTP_SECURITY"] = "starttls"
    grade, said = line.found("mails")
    assert (grade, "STARTTLS extension not supported" in said) == ("problem", True)
    assert line.run("doctor").exit_code == 1


def test_the_doctor_looks_at_webhooks(line: Line) -> None:
    line.json("webhook", "add", "Hook", "https://example.com/")
    with installation(Settings(data=line.data)) as runtime:
        found = runtime.store.read_sync(lambda tx: webhooks.find(tx, line.world.id, "Hook"))
        runtime.store.write_sync(
            lambda tx: webhooks.give_up(tx, found, "gone", actor=ADMIN, now=line.world.now)
        )
    grade, said = line.found("Example: webhook Hook")
    assert (grade, "was switched off" in said) == ("problem", True)
