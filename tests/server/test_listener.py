"""A listener: several at once, in a thread, within bounds, and stopping in good order."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading
import time
from typing import Any, cast

import pytest
import uvloop
from starlette.types import Receive, Scope, Send

from pomona.server.http_protocol import (
    BODY_SECONDS,
    HEAD_BYTES,
    HEAD_SECONDS,
    IDLE_SECONDS,
    STALL_SECONDS,
    HttpProtocol,
)
from pomona.server.listener import CannotListen, Listener
from tests.server.conftest import Listen, telling
from tests.support.loop_thread import LoopThread


def _get(listener: Listener, target: str = "/", **headers: str) -> tuple[http.client.HTTPResponse, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=10)
    connection.request("GET", target, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, json.loads(body)


def _connect(listener: Listener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", listener.port), timeout=10)


def _expire(loop_thread: LoopThread, listener: Listener, seconds: float) -> None:
    """Let the listener look at its connections as if `seconds` had passed."""

    def look() -> None:
        for connection in listener.connections:
            connection.expire(loop_thread.loop.time())
            connection.expire(loop_thread.loop.time() + seconds)

    loop_thread.call(look)


def _end(connection: socket.socket) -> bytes:
    """Read what comes until the other side closes or resets the connection."""
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            answer += part
    return answer


def _wait(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_listeners_share_a_loop_and_keep_their_own_applications(listen: Listen) -> None:
    listeners = [listen() for _ in range(3)]
    assert len({listener.port for listener in listeners}) == 3
    for listener in listeners:
        _, told = _get(listener, "/who?am=i")
        assert told["headers"]["host"] == f"127.0.0.1:{listener.port}"
        assert (told["path"], told["query"], told["scheme"]) == ("/who", "am=i", "http")


def test_a_listener_can_run_in_the_main_thread_of_another_loop_too(listen: Listen) -> None:
    beside = listen()

    async def serve_once() -> tuple[int, bytes]:
        listener = Listener(telling)
        await listener.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await listener.stop(1)
        return listener.port, answer

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        port, answer = runner.run(serve_once())
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert port != beside.port
    assert _get(beside)[0].status == 200


def test_the_address_is_known_and_held_from_binding_on(loop_thread: LoopThread) -> None:
    listener = Listener(telling)
    port = listener.bind()
    assert listener.bind() == port == listener.port
    assert listener.origin == f"http://127.0.0.1:{port}"
    with pytest.raises(
        CannotListen, match=rf"127\.0\.0\.1 port {port}: Address already in use; choose another"
    ):
        Listener(telling, port=port).bind()
    assert loop_thread.run(listener.start()) == port
    loop_thread.run(listener.stop())
    with pytest.raises(ConnectionRefusedError):
        _connect(listener)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("::1", "http://[::1]"),
        ("::", "http://[::1]"),
        ("0.0.0.0", "http://127.0.0.1"),
        ("localhost", "http://localhost"),
    ],
)
def test_every_way_to_write_an_address(listen: Listen, host: str, origin: str) -> None:
    listener = listen(host=host)
    assert listener.origin == f"{origin}:{listener.port}"
    with socket.create_connection(listener.address, timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(CannotListen, match=r"cannot listen at no-such-host\.invalid port 0"):
        Listener(telling, host="no-such-host.invalid").bind()


def test_answers_carry_the_date_but_not_the_software(listen: Listen) -> None:
    response, _ = _get(listen())
    assert response.getheader("date") is not None
    assert response.getheader("server") is None


@pytest.mark.parametrize("size", [8_000, 20_000, HEAD_BYTES - 200])
def test_a_scep_request_in_a_query_arrives_whole(listen: Listen, size: int) -> None:
    _, told = _get(listen(), "/scep?operation=PKIOperation&message=" + "M" * size)
    assert len(told["query"]) == size + len("operation=PKIOperation&message=")


@pytest.mark.parametrize(
    "start", [b"GET /?", b"GET / HTTP/1.1\r\nX-Long: ", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 9]
)
def test_a_head_without_end_is_refused(listen: Listen, start: bytes) -> None:
    with _connect(listen()) as connection:
        connection.sendall(start + b"A" * (HEAD_BYTES - len(start)))
        time.sleep(0.05)
        connection.sendall(b"A")
        answer = _end(connection)
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert b"may have 65536 bytes" in answer


@pytest.mark.parametrize(
    ("sent", "seconds", "answer"),
    [
        (b"", HEAD_SECONDS, b""),
        (b"GET / HT", HEAD_SECONDS, b"HTTP/1.1 408 Request Timeout\r\n"),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf", BODY_SECONDS, b""),
    ],
)
def test_a_slow_client_is_cut_off(
    listen: Listen, loop_thread: LoopThread, sent: bytes, seconds: float, answer: bytes
) -> None:
    listener = listen()
    with _connect(listener) as connection:
        connection.sendall(sent)
        _wait(lambda: listener.connections)
        time.sleep(0.05)
        _expire(loop_thread, listener, seconds - 5)
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(10)
        _expire(loop_thread, listener, seconds + 1)
        got = connection.recv(1000)
        assert got.startswith(answer) if answer else not got


def test_an_idle_connection_is_kept_and_then_closed(listen: Listen, loop_thread: LoopThread) -> None:
    listener = listen()
    connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/")
        assert connection.getresponse().read()
        _expire(loop_thread, listener, IDLE_SECONDS - 5)
    _expire(loop_thread, listener, IDLE_SECONDS + 1)
    assert cast(socket.socket, connection.sock).recv(1) == b""
    connection.close()


async def _endless(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1000):
        await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def test_a_client_that_does_not_read_costs_little_and_is_cut_off(
    listen: Listen, loop_thread: LoopThread
) -> None:
    listener = listen(_endless)
    with _connect(listener) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        _wait(lambda: any(kept.flow.write_paused for kept in listener.connections))
        held = loop_thread.call(
            lambda: [kept.transport.get_write_buffer_size() for kept in listener.connections]
        )
        assert held[0] < 1_000_000
        _expire(loop_thread, listener, STALL_SECONDS - 5)
        assert listener.connections
        _expire(loop_thread, listener, STALL_SECONDS + 1)
        _wait(lambda: not listener.connections)


@pytest.mark.parametrize(
    "framing", [b"Content-Length: %d\r\n\r\n%s", b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s"]
)
def test_an_offered_upgrade_is_declined_in_silence(
    listen: Listen, framing: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    listener = listen()
    offer = b"POST /?%d HTTP/1.1\r\nHost: here\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    with _connect(listener) as connection:
        file = connection.makefile("rwb")
        for size in (0, 5, 70_000):
            body = framing % (size, b"x" * size)
            if b"chunked" in framing and size:
                body += b"\r\n0\r\n"
            file.write(offer % size + body + (b"\r\n" if b"chunked" in framing else b""))
            file.flush()
            assert file.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = http.client.parse_headers(file)
            told = json.loads(file.read(int(headers["content-length"])))
            assert (told["query"], told["size"]) == (str(size), size)
        file.close()
    assert not caplog.records


@pytest.mark.parametrize(
    "line", [b"NONSENSE", b"GET / HTTP/9", b"GET http://[ HTTP/1.1", b"\x16\x03\x01 / HTTP/1.1"]
)
def test_what_is_not_http_is_refused(listen: Listen, line: bytes) -> None:
    with _connect(listen()) as connection:
        connection.sendall(line + b"\r\nHost: here\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 Bad Request\r\n")


class _Gate:
    """An application that answers when told to."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.entered.set()
        await self.opened.wait()
        await telling(scope, receive, send)


def test_a_stop_lets_running_requests_end(listen: Listen, loop_thread: LoopThread) -> None:
    gate = _Gate()
    listener = listen(gate)
    with _connect(listener) as busy, _connect(listener) as idle:
        busy.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert gate.entered.wait(10)
        stopping = asyncio.run_coroutine_threadsafe(listener.stop(10), loop_thread.loop)
        assert idle.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            _connect(listener)
        loop_thread.call(gate.opened.set)
        answer = _end(busy)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"connection: close" in answer
        stopping.result(10)


def test_a_stop_cuts_off_what_takes_too_long(listen: Listen, loop_thread: LoopThread) -> None:
    gate = _Gate()
    listener = listen(gate)
    with _connect(listener) as busy:
        busy.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert gate.entered.wait(10)
        began = time.monotonic()
        loop_thread.run(listener.stop(0.1))
        assert time.monotonic() - began < 5
        assert _end(busy) == b""
    assert not listener.connections


def test_connections_are_the_listeners_own_protocol(listen: Listen) -> None:
    listener = listen()
    with _connect(listener):
        _wait(lambda: listener.connections)
        assert all(isinstance(connection, HttpProtocol) for connection in listener.connections)
