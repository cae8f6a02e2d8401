"""TXT records by real questions over UDP to a name server of the test's own."""

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from pomona.runtime import name_servers
from pomona.runtime.name_servers import NoAnswer, txt_records

RECORDS = {
    "corp.example.": ['"v=spf1 -all"', '"apple-domain-" "verification=abc"'],
    "empty.example.": [],
}


def _serve(server: socket.socket) -> None:
    while True:
        try:
            question, peer = server.recvfrom(4096)
        except TimeoutError:
            continue
        except OSError:
            return
        asked = dns.message.from_wire(question)
        name = asked.question[0].name
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        if str(name) == "broken.example.":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif str(name) not in RECORDS:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif RECORDS[str(name)]:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *RECORDS[str(name)]))
        server.sendto(answer.to_wire(), peer)


@pytest.fixture(autouse=True)
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.settimeout(0.05)
    thread = threading.Thread(target=_serve, args=(server,), daemon=True)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    monkeypatch.setattr(name_servers, "_SECONDS", 0.5)
    yield
    server.close()
    thread.join(5)


def test_the_parts_of_a_record_are_put_together() -> None:
    assert sorted(txt_records("corp.example")) == ["apple-domain-verification=abc", "v=spf1 -all"]


@pytest.mark.parametrize("name", ["empty.example", "nowhere.example"])
def test_no_records_and_no_domain_are_no_records(name: str) -> None:
    assert txt_records(name) == []


def test_a_name_server_that_fails_is_named_as_the_reason() -> None:
    with pytest.raises(NoAnswer, match=r"No name server answered for broken\.example"):
        txt_records("broken.example")
