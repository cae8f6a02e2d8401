"""Linking a service and changing it: certificate, name, right to release, switches."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, say, show_record

Name = Annotated[str, typer.Argument(help="Name or id of the service.")]


def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A name that no other service of the organisation has.")],
    certificate: Annotated[
        Path, typer.Option(help="The service's public key certificate: PEM or DER, RSA of 2048 bits or more.")
    ],
    may_release: Annotated[
        bool, typer.Option("--may-release", help="Let the service release devices for good.")
    ] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Link an external service by its public key. `pomona service token` then gives it access."""
    from pomona.registry import services
    from pomona.registry.actors import OPERATOR

    der, warnings = read_certificate(certificate)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        service = runtime.store.write_sync(
            lambda tx: services.create(
                tx,
                owner.id,
                name,
                der,
                certificate_name=certificate.name,
                may_release=may_release,
                actor=OPERATOR,
                now=runtime.clock.now(),
                rng=runtime.rng,
            )
        )
    for warning in warnings:
        say(f"warning: {warning}")
    show_record(service.name, {"id": service.uuid, "name": service.name, "may_release": may_release}, as_json)


def change(
    ctx: typer.Context,
    name: Name,
    rename: Annotated[str | None, typer.Option(help="The new name.")] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="A new public key certificate; the next token is encrypted to it.")
    ] = None,
    org: Organization_ = None,
) -> None:
    """Rename a service or replace its certificate."""
    from pomona.registry import services
    from pomona.registry.actors import OPERATOR

    if rename is None and certificate is None:
        refuse("nothing to change; add --rename or --certificate")
    der, warnings = (None, list[str]()) if certificate is None else read_certificate(certificate)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        service = runtime.store.read_sync(lambda tx: services.find(tx, owner.id, name))
        runtime.store.write_sync(
            lambda tx: services.update(
                tx,
                service,
                name=rename,
                certificate=None if der is None or certificate is None else (der, certificate.name),
                actor=OPERATOR,
                now=runtime.clock.now(),
            )
        )
    for warning in warnings:
        say(f"warning: {warning}")
    typer.echo(f"{rename or service.name}: changed")
    if certificate is not None:
        say("Download a new token for it to take effect: pomona service token.")


def release_right(
    ctx: typer.Context,
    name: Name,
    position: Annotated[str, typer.Argument(help="on or off.", metavar="on|off")],
    org: Organization_ = None,
) -> None:
    """Let a service release devices from the organisation, or no longer."""
    from pomona.registry import services
    from pomona.registry.actors import OPERATOR

    if position not in ("on", "off"):
        refuse(f"'{position}' is no position; expected on or off")
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        service = runtime.store.read_sync(lambda tx: services.find(tx, owner.id, name))
        runtime.store.write_sync(
            lambda tx: services.update(
                tx, service, may_release=position == "on", actor=OPERATOR, now=runtime.clock.now()
            )
        )
    typer.echo(f"{service.name}: may {'' if position == 'on' else 'not '}release devices")


def switch(
    ctx: typer.Context,
    name: Name,
    settings: Annotated[
        list[str] | None, typer.Argument(help="Switches as name=value, such as same_service=apple.")
    ] = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Show or set how a service is treated otherwise than by default: oddities of the original, to rehearse them."""
    from msgspec.structs import asdict

    from pomona.registry import services, switches
    from pomona.registry.actors import OPERATOR

    changes = dict(_setting(text) for text in settings or ())
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        service = runtime.store.read_sync(lambda tx: services.find(tx, owner.id, name))
        if changes:
            runtime.store.write_sync(
                lambda tx: switches.set_switches(
                    tx, service, changes, actor=OPERATOR, now=runtime.clock.now()
                )
            )
        now_set = runtime.store.read_sync(lambda tx: switches.of_service(tx, service.id))
    show_record(f"Switches of {service.name}", asdict(now_set), as_json)


def read_certificate(path: Path) -> tuple[bytes, list[str]]:
    """The DER of an uploaded certificate, and what to say of it; ends the command when it cannot be used."""
    from datetime import UTC, datetime

    from pomona.formats.uploaded_certificate import CertificateProblem, parse_certificate, warnings

    try:
        der = parse_certificate(path.read_bytes())
    except OSError as problem:
        refuse(f"{path} cannot be read: {problem.strerror}")
    except CertificateProblem as problem:
        refuse(f"{path}: {problem}")
    return der, warnings(der, at=datetime.now(UTC))


def _setting(text: str) -> tuple[str, Any]:
    """A switch's name, and its position as JSON or, where it is none, as the text itself."""
    import json

    name, equals, value = text.partition("=")
    if not equals:
        refuse(f"'{text}' sets nothing; expected name=value, such as move_as_modified=true")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
