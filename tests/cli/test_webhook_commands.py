"""Webhooks on the command line, with a real receiver at the other end."""

import json
from pathlib import Path

import pytest

from pomona.cli import webhook
from pomona.registry.event_types import EVENT_TYPES
from pomona.runtime import Settings
from pomona.server.installation import installation
from tests.cli.command_lines import CommandLine
from tests.support.webhook_receivers import Receiver
from tests.support.worlds import World


class Line(CommandLine):
    def __init__(self, data: Path) -> None:
        super().__init__(data, {"webhook": webhook.app}, ("webhook",))
        with installation(Settings(data=data)) as runtime:
            World(runtime.store)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "data")


def test_a_webhook_from_its_making_to_its_end(line: Line, receiver: Receiver) -> None:
    made = line.json("add", "Hook", receiver.url, "--event", "device.added", "--event", "order.received")
    receiver.secrets.append(made["secret"])
    assert made["events"] == "device.added, order.received"
    assert made["secret"] not in line.ok("show", "Hook")
    assert [each["name"] for each in line.json("list")] == ["Hook"]
    sent = line.json("test", "Hook")
    assert (sent["state"], sent["answered"]) == ("DELIVERED", 204)
    assert receiver.received[0].signed_by == [made["secret"]]
    rotated = line.json("rotate-secret", "Hook", "--hours", "1")
    receiver.secrets.append(rotated["secret"])
    line.ok("test", "Hook")
    assert receiver.received[1].signed_by == receiver.secrets
    assert line.json("update", "Hook", "--all-events", "--disable", "--name", "New")["events"] == "all"
    assert line.json("show", "New")["state"] == "DISABLED"
    assert line.json("update", "New", "--enable", "--skip-missed")["state"] == "ENABLED"
    [second, first] = line.json("deliveries", "New")
    assert [second["message"], first["message"]] == [got.id for got in reversed(receiver.received)]
    assert line.run("replay", "New", "--message", first["message"]).exit_code == 0
    assert line.json("deliveries", "New", "--state", "pending")[0]["message"] == first["message"]
    assert "2 to be sent again" in line.run("replay", "New", "--since", "2020-01-01T00:00:00Z").stderr
    assert line.run("remove", "New").exit_code == 0
    assert line.json("list") == []


def test_a_test_that_fails_says_so(line: Line, receiver: Receiver) -> None:
    line.ok("add", "Hook", receiver.url)
    receiver.answer, receiver.body = 418, b"short and stout"
    result = line.run("test", "Hook", "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert (answer["answered"], answer["response"]) == (418, "short and stout")
    assert answer["problem"] == "the answer was 418"


def test_mistakes_are_refused_in_a_sentence(line: Line, receiver: Receiver) -> None:
    line.ok("add", "Hook", receiver.url)
    for words, sentence in (
        (("add", "Hook", receiver.url), "There is a webhook 'Hook' already"),
        (("add", "Other", "nowhere"), "That is no address for a webhook"),
        (("add", "Other", receiver.url, "--event", "x"), "'x' is no type of event"),
        (("add", "Other", receiver.url, "--secret", "x"), "leave it out to have one made"),
        (("show", "Nobody"), "There is no webhook 'Nobody'"),
        (("replay", "Hook"), "say which: --message or --since"),
        (("replay", "Hook", "--since", "yesterday"), "is not a timestamp"),
        (("replay", "Hook", "--message", "msg_x"), "There is no message 'msg_x'"),
    ):
        result = line.run(*words)
        assert result.exit_code == 1, result.output
        assert sentence in result.stderr


def test_the_types_are_listed(line: Line) -> None:
    assert [each["type"] for each in line.json("types")] == list(EVENT_TYPES)
