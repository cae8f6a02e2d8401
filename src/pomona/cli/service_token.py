"""Server tokens on the command line: download, renew, revoke."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, say, show_record, when

if TYPE_CHECKING:
    from pomona.registry.tokens import Token

Name = Annotated[str, typer.Argument(help="Name or id of the service.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="File or folder; default a file named after the service."),
]
Overlap = Annotated[
    float, typer.Option(help="Hours that the token before goes on working beside the new one.", min=0)
]

_HOUR = 3_600_000


def token(
    ctx: typer.Context,
    name: Name,
    output: Output = None,
    overlap: Overlap = 0,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Write a new server token (.p7m), encrypted to the service's certificate and valid for a year.

    The token before it ends, at once or after --overlap hours.
    """
    _issue(ctx, name, output, overlap, org, as_json)


def renew(
    ctx: typer.Context,
    name: Name,
    output: Output = None,
    overlap: Overlap = 0,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Renew a service's token: the same consumer key, new secrets, another year. The service must have one."""
    _issue(ctx, name, output, overlap, org, as_json, must_exist=True)


def revoke(ctx: typer.Context, name: Name, org: Organization_ = None) -> None:
    """Kill a service's tokens and sessions at once. Its devices and profiles stay."""
    from pomona.registry import services, tokens
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        service = runtime.store.read_sync(lambda tx: services.find(tx, owner.id, name))
        count = runtime.store.write_sync(
            lambda tx: tokens.revoke(tx, service, actor=OPERATOR, now=runtime.clock.now())
        )
    typer.echo(f"{service.name}: {count} token{'' if count == 1 else 's'} revoked")


def state(token: "Token | None", now: int) -> str:
    """How a service's newest token stands, in a few words."""
    if token is None:
        return "none yet"
    if token.state(now) != "live":
        return token.state(now)
    soon = " (renew it soon)" if token.warning(now) else ""
    return f"{token.days_left(now)} days{soon}"


def _issue(
    ctx: typer.Context,
    name: str,
    output: Path | None,
    overlap: float,
    org: str | None,
    as_json: bool,
    *,
    must_exist: bool = False,
) -> None:
    from pomona.registry import services, tokens
    from pomona.registry.actors import OPERATOR

    _check_writable(output)
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        service = runtime.store.read_sync(lambda tx: services.find(tx, owner.id, name))
        if must_exist and runtime.store.read_sync(lambda tx: tokens.newest(tx, service.id)) is None:
            refuse(f"'{service.name}' has no token to renew; use `pomona service token`")
        issued = runtime.store.write_sync(
            lambda tx: tokens.issue(
                tx,
                service,
                runtime.keys,
                actor=OPERATOR,
                now=runtime.clock.now(),
                rng=runtime.rng,
                overlap=int(overlap * _HOUR),
            )
        )
    path = _target(output, issued.file_name(service))
    path.write_bytes(issued.file(service))
    say(f"Give {path.name} to the service; only its private key opens it.")
    show_record(
        service.name,
        {"file": str(path), "expires": when(issued.token.expires_at), "id": service.uuid},
        as_json,
    )


def _check_writable(output: Path | None) -> None:
    """Before a token is made that ends the one before."""
    folder = Path() if output is None else output if output.is_dir() else output.parent
    if not os.access(folder, os.W_OK | os.X_OK) or (
        output and output.is_file() and not os.access(output, os.W_OK)
    ):
        refuse(f"{output or folder.resolve()} cannot be written; choose another place with --output")


def _target(output: Path | None, name: str) -> Path:
    if output is None:
        return Path(name)
    return output / name if output.is_dir() else output
