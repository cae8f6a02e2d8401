"""`pomona doctor`: what is wrong with this installation, and what to do about it."""

import socket
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import typer

from pomona.cli import context
from pomona.cli.output import Json, show_json

if TYPE_CHECKING:
    from pomona.runtime import Runtime, Settings

Grade = Literal["ok", "warning", "problem"]
_SOON = 30 * 86_400_000
_LOOPBACK = {"127.0.0.1", "::1"}


class Finding(NamedTuple):
    """One thing that was looked at."""

    grade: Grade
    subject: str
    sentence: str


def doctor(ctx: typer.Context, as_json: Json = False) -> None:
    """Look at settings, folder, keys, database, authority, tokens and work. Exit status 1 when something is wrong."""
    settings = context.settings(ctx)
    findings = list(_examine(settings))
    if as_json:
        show_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            colour = {"ok": "green", "warning": "yellow", "problem": "red"}[finding.grade]
            mark = typer.style(f"{finding.grade:8}", fg=colour)
            typer.echo(f"{mark} {finding.subject}: {finding.sentence}")
    if any(finding.grade == "problem" for finding in findings):
        raise typer.Exit(1)


def _examine(settings: "Settings") -> Iterator[Finding]:
    from pomona.keys.master import MasterKeyProblem
    from pomona.server.installation import SECRET_FILE, installation
    from pomona.store import StoreError

    if not settings.data.exists():
        yield Finding("problem", "data folder", f"{settings.data} does not exist; `pomona up` makes it")
        return
    yield from _modes(settings, settings.data / SECRET_FILE)
    yield from _ports(settings)
    yield from _authority(settings)
    try:
        with installation(settings) as runtime:
            yield Finding("ok", "database", f"{runtime.store.engine.name} opens and has the newest schema")
            yield from _contents(runtime)
            yield from _suppliers(runtime)
            yield from _mails(settings)
    except (StoreError, MasterKeyProblem) as problem:
        yield Finding("problem", "installation", str(problem))


def _modes(settings: "Settings", secret: object) -> Iterator[Finding]:
    from pathlib import Path

    file = Path(str(secret))
    if settings.secret_key:
        yield Finding("ok", "master key", "comes from the settings")
    elif not file.exists():
        yield Finding("warning", "master key", f"{file} is not there; it will be made at the next start")
    elif file.stat().st_mode & 0o077:
        yield Finding("problem", "master key", f"{file} can be read by others; run chmod 600 {file}")
    else:
        yield Finding("ok", "master key", f"{file} is readable for its owner only")


def _ports(settings: "Settings") -> Iterator[Finding]:
    ports = (
        ("http", settings.port),
        ("https", settings.tls_port),
        ("suppliers", settings.supplier_tls_port),
        ("proxy", settings.proxy_port),
    )
    for name, port in ports:
        if port <= 0:
            continue
        with socket.socket() as probe:
            probe.settimeout(1)
            answers = probe.connect_ex((settings.host, port)) == 0
        state = "something listens there (a running Pomona, or another program)" if answers else "free"
        yield Finding("ok", f"{name} port {port}", state)


def _authority(settings: "Settings") -> Iterator[Finding]:
    import time

    from cryptography import x509

    file = settings.data / "authority" / "ca.pem"
    if settings.tls_port < 0:
        return
    if not file.exists():
        yield Finding("warning", "certificate authority", "not made yet; `pomona up` makes it")
        return
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        yield Finding(
            "problem", "certificate authority", f"{file} holds no certificate; restore it from a backup"
        )
        return
    days = int((certificate.not_valid_after_utc.timestamp() - time.time()) // 86_400)
    yield Finding(
        "ok" if days > 30 else "problem", "certificate authority", f"{file} is valid for {days} more days"
    )


def _suppliers(runtime: "Runtime") -> Iterator[Finding]:
    from pomona.registry import supplier_credentials

    settings, now = runtime.settings, runtime.clock.now()
    own = _LOOPBACK & set(settings.trusted_proxies)
    if own and settings.proxy_port >= 0:
        said = "anybody comes from there through Pomona's own proxy, so its Client-Cert is not believed; set proxy_port = -1"
        yield Finding("warning", f"trusted proxy {min(own)}", said)
    found = runtime.store.read_sync(supplier_credentials.all_of_them)
    good = {each.id: each for each in found if each.state(now) == "GOOD"}
    if good and settings.supplier_tls_port < 0 and not settings.trusted_proxies:
        yield Finding(
            "warning",
            "suppliers' certificates",
            "nobody asks for them: set supplier_tls_port or trusted_proxies",
        )
    for each in good.values():
        if each.expires_at is not None and each.expires_at - now < _SOON:
            days, whose = (each.expires_at - now) // 86_400_000, each.number or f"sold-to {each.sold_to}"
            renewal = "issue another with `pomona supplier certificate`"
            yield Finding(
                "warning", f"certificate {each.id[:16]}", f"of {whose} ends in {days} days; {renewal}"
            )


def _contents(runtime: "Runtime") -> Iterator[Finding]:
    from pomona.registry import activities, organizations

    found = runtime.store.read_sync(organizations.all_of_them)
    if not found:
        yield Finding("warning", "organisations", "there is none; make one with `pomona org create NAME`")
    for organization in found:
        yield from _organization(runtime, organization.id, organization.name)
        yield from _webhooks(runtime, organization.id, organization.name)
        if organization.terms_pending:
            yield Finding("warning", organization.name, "new terms wait: `pomona org terms --accepted`")
    stuck = runtime.store.read_sync(lambda tx: activities.waiting(tx, runtime.clock.now(), "doctor"))
    if stuck:
        yield Finding("warning", "activities", f"{len(stuck)} or more wait to be done; `pomona up` does them")


def _mails(settings: "Settings") -> Iterator[Finding]:
    from pomona.work import smtp

    if not settings.smtp_host:
        yield Finding("ok", "mails", "none are sent: smtp_host is not set")
        return
    if problem := smtp.check(settings):
        yield Finding("problem", "mails", f"{settings.smtp_host} cannot be used: {problem}")
    elif not settings.smtp_from:
        yield Finding("warning", "mails", "smtp_from is not set; most mail servers refuse pomona@localhost")
    elif settings.smtp_security == "none" and settings.smtp_user:
        yield Finding(
            "warning", "mails", "the password goes to the mail server unencrypted; set smtp_security"
        )
    else:
        yield Finding("ok", "mails", f"{settings.smtp_host} answers; `pomona person test-mail` sends one")


def _webhooks(runtime: "Runtime", id: int, name: str) -> Iterator[Finding]:
    from pomona.registry import webhooks

    for webhook in runtime.store.read_sync(lambda tx: webhooks.of_organization(tx, id)):
        subject = f"{name}: webhook {webhook.name}"
        if webhook.state == "FAILING":
            said = "was switched off because nothing arrived; `pomona webhook update` switches it on again"
            yield Finding("problem", subject, said)
        elif webhook.failing_since is not None:
            yield Finding(
                "warning", subject, "does not answer; `pomona webhook deliveries` says what is wrong"
            )


def _organization(runtime: "Runtime", id: int, name: str) -> Iterator[Finding]:
    from pomona.registry import services, tokens

    now = runtime.clock.now()
    for service in runtime.store.read_sync(lambda tx: services.of_organization(tx, id)):
        if service.kind != "MDM":
            continue
        token = runtime.store.read_sync(partial(tokens.newest, service_id=service.id))
        expires = None if token is None or token.state(now) in {"revoked", "replaced"} else token.expires_at
        subject = f"{name}: {service.name}"
        if expires is None:
            yield Finding("warning", subject, "has no token yet; download one with `pomona service token`")
        elif expires <= now:
            yield Finding("problem", subject, "its token has expired; renew it with `pomona service token`")
        else:
            grade: Grade = "warning" if expires - now < _SOON else "ok"
            yield Finding(grade, subject, f"its token is good for {(expires - now) // 86_400_000} more days")
