"""A real mail server in a thread, which keeps what it gets and refuses what it is told to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pomona.keys.randomness import system_rng
from pomona.runtime.clock import wall_millis
from pomona.server.authority import Authority
from pomona.server.tls import server_context

USER, PASSWORD = "pomona", "correct horse"


@dataclass
class Taken:
    """A mail as the server took it: the envelope's ends, the mail, and whether the connection was secured."""

    sender: str
    recipients: list[str]
    mail: EmailMessage
    secured: bool
    signed_in: bool


class MailServer:
    """`refuse` maps a recipient to the answer it gets; `refuse_data` is the answer to every mail."""

    def __init__(self, folder: Path, *, security: str = "none", sign_in: bool = False) -> None:
        self.taken: list[Taken] = []
        self.refuse: dict[str, str] = {}
        self.refuse_data = ""
        self.connections = 0
        self.authority = Authority(folder, wall_millis, system_rng)
        context = server_context(self.authority, ["localhost", "127.0.0.1"])
        more: dict[str, Any] = {}
        if security == "starttls":
            more = {"tls_context": context, "require_starttls": True}
        if security == "tls":
            more = {"ssl_context": context}
        if sign_in:
            # The library knows only of what STARTTLS secured.
            required = {"auth_required": True, "auth_require_tls": security == "starttls"}
            more |= {"authenticator": _authenticate, **required}

        self._controller = _Controller(self, hostname="127.0.0.1", port=0, **more)
        self._controller.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def close(self) -> None:
        """Stops listening."""
        self._controller.stop(no_assert=True)

    async def handle_EHLO(  # noqa: N802 the library calls it so
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Somebody says hello."""
        del server, envelope
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802 the library calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Somebody is to get it."""
        del server, session, options
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 the library calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """The mail itself."""
        if self.refuse_data:
            return self.refuse_data
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        secured = server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
        self.taken.append(
            Taken(
                str(envelope.mail_from), list(envelope.rcpt_tos), mail, secured, bool(session.authenticated)
            )
        )
        return "250 OK"


class _Controller(Controller):
    """The library looks at the port that it was told; with 0 that is another one."""

    def _trigger_server(self) -> None:
        listening: Any = self.server
        self.port = listening.sockets[0].getsockname()[1]
        Controller._trigger_server(self)  # type: ignore[no-untyped-call]


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    del server, session, envelope, mechanism
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=right, handled=right)


Serve = Callable[..., MailServer]


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[Serve]:
    """Starts mail servers; they stop with the test."""
    running: list[MailServer] = []

    def start(**options: Any) -> MailServer:
        running.append(MailServer(tmp_path / "mail-authority", **options))
        return running[-1]

    yield start
    for server in running:
        server.close()


def pem(server: MailServer, folder: Path) -> str:
    """The path of a file with the server's authority."""
    file = folder / "mail-ca.pem"
    file.write_bytes(server.authority.certificate)
    return str(file)
