"""The proxy: unmodified clients reach us under Apple's names, and nothing that they ask for leaves the machine."""

import contextlib
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.types import Receive, Scope, Send

from pomona.server import proxy as proxy_module
from pomona.server.authority import Authority
from pomona.server.client_hosts import CLIENT_HOSTS
from pomona.server.listener import CannotListen, Listener
from pomona.server.proxy import HEAD_BYTES, Proxy, Routes
from tests.server.conftest import Listen
from tests.support.loop_thread import LoopThread

Start = Callable[[Routes], Proxy]


@pytest.fixture
def start(loop_thread: LoopThread) -> Iterator[Start]:
    """Give a function that starts a proxy with the given routes; all are stopped in the end."""
    running: list[Proxy] = []

    def started(routes: Routes) -> Proxy:
        made = Proxy(routes)
        running.append(made)
        assert loop_thread.run(made.start()) == made.port
        return made

    yield started
    for made in running:
        loop_thread.run(made.stop(0.1))


@pytest.fixture
def proxy(start: Start, https: Listener, http: Listener) -> Proxy:
    """Give a proxy before a listener of each kind."""
    return start(Routes(https.address, http.address))


def _connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


def _ask(proxy: Proxy, request: bytes) -> bytes:
    """Send `request` and give all that comes until the proxy closes."""
    with _connect(proxy) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        return answer


def _curl(proxy: Proxy, authority: Authority, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        "curl",
        "-sS",
        "--proxy",
        f"http://127.0.0.1:{proxy.port}",
        "--cacert",
        str(authority.certificate_file),
    ]
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=20, env=environment, check=False
    )


@pytest.mark.parametrize("host", [host.name for host in CLIENT_HOSTS])
def test_curl_reaches_us_under_apples_names(proxy: Proxy, authority: Authority, host: str) -> None:
    told = json.loads(_curl(proxy, authority, f"https://{host}/v1/orgDevices?limit=1").stdout)
    assert (told["scheme"], told["path"], told["headers"]["host"]) == ("https", "/v1/orgDevices", host)


def test_curl_sends_much_and_keeps_the_connection(proxy: Proxy, authority: Authority, tmp_path: Path) -> None:
    url = "https://api-business.apple.com/"
    much = tmp_path / "much"
    much.write_bytes(bytes(3_000_000))
    done = _curl(proxy, authority, "-w", "%{num_connects}\n", "--data-binary", f"@{much}", url, url)
    sizes = [json.loads(line.rpartition("}")[0] + "}")["size"] for line in done.stdout.splitlines()]
    assert sizes == [3_000_000, 3_000_000]
    assert [line.rpartition("}")[2] for line in done.stdout.splitlines()] == ["1", "0"]


def test_requests_reaches_us_by_its_environment(
    proxy: Proxy, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate_file))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with requests.Session() as session:
        for host in ("account.apple.com", "api-business.apple.com", "account.apple.com"):
            assert session.get(f"https://{host}/", timeout=10).json()["headers"]["host"] == host
        with pytest.raises(
            requests.exceptions.ProxyError, match=r"403 Forbidden: example\.com is not served"
        ):
            session.get("https://example.com/", timeout=10)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("example.com", "only Apple's hosts that Pomona stands in for"),
        ("iprofiles.apple.com", "TLS pinned to Apple's own roots"),
        ("www.apple.com", "only Apple's hosts"),
        ("93.184.216.34", "only Apple's hosts"),
        ("[2606:2800:220:1::1]", "only Apple's hosts"),
        ("mdmenrollment.apple.com.evil.example", "only Apple's hosts"),
    ],
)
def test_other_hosts_are_refused_with_the_reason(proxy: Proxy, host: str, reason: str) -> None:
    answer = _ask(proxy, f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode()).decode()
    assert answer.startswith("HTTP/1.1 403 Forbidden: ")
    assert f"{host.strip('[]')}:443 cannot be reached through Pomona's proxy" in answer
    assert reason in answer


@pytest.mark.parametrize(
    "spelling", ["connect  {}:443  http/1.1", "CONNECT\t{}:443 HTTP/1.0", "CONNECT {}.:443 HTTP/1.1"]
)
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_odd_spellings_are_understood(proxy: Proxy, spelling: str, end: str) -> None:
    request = (end + spelling.format("MDMenrollment.Apple.COM") + end + "Host: x" + end + end).encode()
    with _connect(proxy) as connection:
        connection.sendall(request)
        assert connection.recv(1000) == b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", socket.gethostname()])
def test_our_own_ports_can_be_reached_under_our_own_names(proxy: Proxy, http: Listener, host: str) -> None:
    with _connect(proxy) as connection:
        connection.sendall(f"CONNECT {host}:{http.port} HTTP/1.1\r\n\r\n".encode())
        assert connection.recv(1000) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        connection.sendall(b"GET /mine HTTP/1.0\r\n\r\n")
        assert b'"path": "/mine"' in connection.recv(10_000)


def test_other_ports_of_this_machine_cannot_be_reached(proxy: Proxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert _ask(proxy, b"CONNECT localhost:%d HTTP/1.1\r\n\r\n" % port).startswith(b"HTTP/1.1 403 ")
        assert _ask(proxy, b"GET http://127.0.0.1:%d/ HTTP/1.1\r\n\r\n" % port).startswith(b"HTTP/1.1 403 ")
        other.settimeout(0.1)
        with pytest.raises(TimeoutError):
            other.accept()


@pytest.mark.parametrize("port", [80, 8443, 1])
def test_apples_names_are_answered_at_their_port_only(proxy: Proxy, port: int) -> None:
    answer = _ask(proxy, b"CONNECT account.apple.com:%d HTTP/1.1\r\n\r\n" % port)
    assert answer.startswith(b"HTTP/1.1 403 Forbidden: use https, port 443\r\n")


@pytest.mark.parametrize("url", ["http://account.apple.com/auth?x=y", "http://127.0.0.1:{}/auth?x=y"])
def test_plain_requests_go_to_the_plain_listener(
    proxy: Proxy, authority: Authority, http: Listener, url: str
) -> None:
    told = json.loads(_curl(proxy, authority, "-d", "body", url.format(http.port)).stdout)
    assert (told["method"], told["path"], told["query"], told["size"]) == ("POST", "/auth", "x=y", 4)
    assert told["headers"]["host"] == url.split("/")[2].format(http.port)
    assert "proxy-connection" not in told["headers"]


def test_plain_requests_are_refused_where_there_is_no_plain_listener(start: Start, https: Listener) -> None:
    answer = _ask(start(Routes(https.address)), b"GET http://account.apple.com/ HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 Forbidden: use https, port 443\r\n")
    assert b"port 80 was asked for by plain http." in answer


def test_a_face_with_a_listener_of_its_own_is_led_to_it(
    start: Start, https: Listener, http: Listener, listen: Listen
) -> None:
    async def suppliers(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"suppliers"})

    own = listen(suppliers)
    proxy = start(Routes(http.address, faces={"enroll_service": own.address}, names=["pomona.example."]))
    for host, port, expected in (
        ("api-applecareconnect2.apple.com", 443, True),
        ("mdmenrollment.apple.com", 443, False),
        ("Pomona.example", own.port, True),
    ):
        with _connect(proxy) as connection:
            connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n".encode())
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        assert (b"suppliers" in answer) is expected
    assert _ask(proxy, b"CONNECT localhost:%d HTTP/1.1\r\n\r\n" % https.port).startswith(b"HTTP/1.1 403 ")


def test_a_head_without_end_is_refused(proxy: Proxy) -> None:
    for head in (b"CONNECT " + b"a" * HEAD_BYTES, b"CONNECT localhost:1 HTTP/1.1\r\n" + b"A: b\r\n" * 4000):
        with _connect(proxy) as connection:
            connection.sendall(head + b"\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 431 Request Too Large\r\n")


def test_a_client_that_says_nothing_is_told_and_cut_off(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy_module, "HEAD_SECONDS", 0.05)
    assert _ask(proxy, b"CONN").startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_client_that_leaves_within_its_request_is_let_go(proxy: Proxy) -> None:
    with _connect(proxy) as connection:
        connection.sendall(b"CONNECT localhost")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_too_many_connections_are_told_so(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_module, "CONNECTIONS", 2)
    with _connect(proxy), _connect(proxy):
        time.sleep(0.05)
        assert _ask(proxy, b"").startswith(b"HTTP/1.1 503 Too many connections\r\n")


def test_an_idle_tunnel_is_closed(proxy: Proxy, http: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_module, "IDLE_SECONDS", 0.2)
    with _connect(proxy) as connection:
        connection.sendall(b"CONNECT localhost:%d HTTP/1.1\r\n\r\n" % http.port)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        for _ in range(5):  # half a second in all: what goes through keeps it open
            time.sleep(0.1)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(10_000).startswith(b"HTTP/1.1 200 OK")
        assert connection.recv(1) == b""


def test_a_listener_that_is_down_is_named(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        address = once.getsockname()
    answer = _ask(start(Routes(address)), b"CONNECT account.apple.com:443 HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert f"listener at 127.0.0.1:{address[1]} does not answer: Connect".encode() in answer


@pytest.fixture
def raw() -> Iterator[socket.socket]:
    """Give a listening socket that the test serves itself."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


def _tunnel(proxy: Proxy, raw: socket.socket) -> tuple[socket.socket, socket.socket]:
    """Give both ends of a tunnel."""
    client = _connect(proxy)
    client.sendall(b"CONNECT account.apple.com:443 HTTP/1.1\r\n\r\n")
    assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    server, _ = raw.accept()
    server.settimeout(10)
    return client, server


@pytest.mark.parametrize("first", [0, 1])
def test_either_end_may_finish_before_the_other(start: Start, raw: socket.socket, first: int) -> None:
    ends = _tunnel(start(Routes(raw.getsockname())), raw)
    early, late = ends[first], ends[1 - first]
    with early, late:
        early.sendall(b"question")
        early.shutdown(socket.SHUT_WR)
        assert late.recv(100) == b"question"
        assert late.recv(100) == b""
        late.sendall(b"answer")
        late.shutdown(socket.SHUT_WR)
        assert early.recv(100) == b"answer"
        assert early.recv(100) == b""


def test_a_slow_reader_slows_the_sender_instead_of_filling_memory(start: Start, raw: socket.socket) -> None:
    client, server = _tunnel(start(Routes(raw.getsockname())), raw)
    sent = 0
    with client, server:
        client.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while sent < 64_000_000:
                sent += client.send(bytes(1_000_000))
        assert sent < 64_000_000
        got = 0
        client.shutdown(socket.SHUT_WR)
        while part := server.recv(1_000_000):
            got += len(part)
        assert got == sent


def test_a_reset_on_one_side_ends_the_other(start: Start, raw: socket.socket) -> None:
    client, server = _tunnel(start(Routes(raw.getsockname())), raw)
    with client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        server.close()
        assert client.recv(1) == b""


def test_a_stop_ends_tunnels_and_frees_the_port(
    start: Start, raw: socket.socket, loop_thread: LoopThread
) -> None:
    proxy = start(Routes(raw.getsockname()))
    client, server = _tunnel(proxy, raw)
    with client, server:
        with pytest.raises(CannotListen, match=f"port {proxy.port}: Address already in use"):
            loop_thread.run(Proxy(Routes(raw.getsockname()), port=proxy.port).start())
        loop_thread.run(proxy.stop(0.1))
        assert client.recv(1) == b""
        assert server.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            _connect(proxy)


def test_a_stop_waits_for_what_ends_by_itself(
    start: Start, raw: socket.socket, loop_thread: LoopThread
) -> None:
    proxy = start(Routes(raw.getsockname()))
    client, server = _tunnel(proxy, raw)
    with client, server:
        stopping = threading.Thread(target=lambda: loop_thread.run(proxy.stop(10)))
        stopping.start()
        client.sendall(b"last words")
        client.shutdown(socket.SHUT_WR)
        assert server.recv(100) == b"last words"
        server.close()
        stopping.join(5)
        assert not stopping.is_alive()


def test_many_clients_at_once(proxy: Proxy, authority: Authority) -> None:
    proxies = {"https": f"http://127.0.0.1:{proxy.port}"}
    told: list[Any] = []

    def ask(number: int) -> None:
        url = f"https://{CLIENT_HOSTS[number % len(CLIENT_HOSTS)].name}/{number}"
        told.append(
            requests.get(url, proxies=proxies, verify=str(authority.certificate_file), timeout=20).json()
        )

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer["path"] for answer in told) == sorted(f"/{number}" for number in range(30))
