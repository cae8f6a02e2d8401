"""Which face answers for a path, and when it is made."""

import asyncio

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.server import health
from pomona.server.application import Application, Face


async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Answers nothing."""


def counted(made: list[str], name: str) -> Face:
    def make() -> ASGIApp:
        made.append(name)
        return nothing

    return Face(make)


async def unused() -> None:
    raise AssertionError("nobody reads or answers here")


def ask(app: Application, path: str) -> None:
    asyncio.run(app({"type": "http", "path": path}, unused, lambda _: unused()))  # type: ignore[arg-type]


@pytest.fixture
def made() -> list[str]:
    return []


@pytest.fixture
def app(made: list[str]) -> Application:
    devices, pages = counted(made, "devices"), counted(made, "pages")
    exact: dict[str, ASGIApp] = {"/devices": devices, "/devices/sync": devices, "/healthz": health.alive}
    return Application(exact, {("portal",): pages, ("pomona", "v1", "logs"): counted(made, "logs")})


def test_a_face_is_made_by_its_first_request_and_once(app: Application, made: list[str]) -> None:
    ask(app, "/devices/sync")
    ask(app, "/devices")
    assert made == ["devices"]
    ask(app, "/portal/devices/X")
    assert made == ["devices", "pages"]


def test_what_nobody_asked_for_is_made_when_there_is_time(app: Application, made: list[str]) -> None:
    ask(app, "/portal/")
    asyncio.run(app.get_ready())
    assert made == ["pages", "devices", "logs"]
    asyncio.run(app.get_ready())
    assert len(made) == 3


def test_requests_are_answered_between_faces(app: Application, made: list[str]) -> None:
    async def both() -> list[str]:
        before: list[str] = []
        asyncio.get_running_loop().call_soon(lambda: before.extend(made))
        await app.get_ready()
        return before

    assert asyncio.run(both()) == ["devices"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/pomona/v1/logs/7", "logs"),
        ("/portal", "pages"),
        ("/pomona/v1/other", ""),
        ("/devices/", ""),
        ("", ""),
    ],
)
def test_paths_are_matched_exactly_or_by_their_first_segments(
    app: Application, made: list[str], path: str, found: str
) -> None:
    face = app.face(path)
    assert (face is health.not_found) is (found == "")
    if isinstance(face, Face):
        face.ready()
    assert made == ([found] if found else [])
