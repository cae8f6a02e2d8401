"""`pomona supplier certificate`, `credentials` and `revoke`: what suppliers prove themselves with."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from pomona.cli.context import installation, read_file
from pomona.cli.output import Json, refuse, say, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.enroll_service.client_certificates import Issued, KeyKind
    from pomona.registry.supplier_credentials import Bounds, Credential
    from pomona.runtime import Runtime
    from pomona.store import Tx

PASS_PHRASE = "POMONA_PKCS12_PASS_PHRASE"


def certificate(
    ctx: typer.Context,
    numbers: Annotated[
        list[str] | None, typer.Argument(help="Numbers of the suppliers that it is good for.")
    ] = None,
    sold_to: Annotated[
        str, typer.Option(help="Instead of numbers: good for all numbers of this account, later ones too.")
    ] = "",
    ship_to: Annotated[
        list[str] | None, typer.Option(help="Good under this ship-to number only; may be repeated.")
    ] = None,
    name: Annotated[str, typer.Option(help="What to call it, such as the program that has it.")] = "",
    days: Annotated[int, typer.Option(help="How long it lives.")] = 397,
    key: Annotated[str, typer.Option(help="Kind of key to make: rsa or ec.")] = "rsa",
    out: Annotated[
        Path | None, typer.Option(help="Where .pem, .key and .p12 are written; default the number.")
    ] = None,
    pkcs12: Annotated[
        bool,
        typer.Option(
            "--pkcs12", help=f"PKCS #12 instead of a key file; pass phrase from {PASS_PHRASE} or asked for."
        ),
    ] = False,
    request: Annotated[
        Path | None, typer.Option(help="Certificate request (PKCS #10): the key stays with its owner.")
    ] = None,
    register: Annotated[
        Path | None, typer.Option(help="A certificate that the supplier has already, to be taken as it is.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a TLS client certificate for a supplier, or register one that it has. Pomona keeps no private key."""
    from pomona.enroll_service import client_certificates
    from pomona.registry.actors import OPERATOR

    if sum((pkcs12, request is not None, register is not None)) > 1:
        refuse("--pkcs12, --request and --register exclude each other")
    if key not in {"rsa", "ec"}:
        refuse(f"--key {key}: expected rsa or ec")
    given = register or request
    data = None if given is None else read_file(given)
    prefix = out or Path(numbers[0].lower() if numbers else sold_to or "supplier")
    files = (
        []
        if register
        else [f"{prefix}.pem", *([] if request else [f"{prefix}.p12" if pkcs12 else f"{prefix}.key"])]
    )
    _check_free(files)
    phrase = _pass_phrase() if pkcs12 else ""
    with installation(ctx) as runtime:
        bounds = _bounds(runtime, numbers or [], sold_to, ship_to or [])
        if register is not None:
            assert data is not None
            made = client_certificates.register(runtime, bounds, data, name=name, actor=OPERATOR)
        else:
            issued = client_certificates.issue(
                runtime, bounds, name=name, days=days, key=cast("KeyKind", key), request=data, actor=OPERATOR
            )
            made = issued.credential
            _write(files, issued, phrase)
        shown = runtime.store.read_sync(lambda tx: _shown(tx, made.id))
    show_record("Certificate", {**_record(shown, runtime.clock.now()), "files": files}, as_json)
    if runtime.settings.supplier_tls_port < 0 and not runtime.settings.trusted_proxies:
        say("Nobody asks for it yet: set supplier_tls_port, or trusted_proxies for a proxy that does")


def credentials(
    ctx: typer.Context,
    number: Annotated[
        str | None, typer.Argument(help="A supplier's number; default all certificates.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what suppliers prove themselves with, its end, and whether it is good now."""
    from pomona.registry import supplier_credentials, suppliers

    def read(tx: "Tx") -> "list[Credential]":
        if number is None:
            return supplier_credentials.all_of_them(tx)
        return supplier_credentials.of_supplier(tx, suppliers.find(tx, number).id)

    with installation(ctx) as runtime:
        found = runtime.store.read_sync(read)
        rows = [_record(each, runtime.clock.now()) for each in found]
    if not as_json:
        rows = [{**row, "id": row["id"][:16], "ship_to": ", ".join(row["ship_to"])} for row in rows]
    show_list("Credentials", rows, as_json)


def revoke(
    ctx: typer.Context,
    id: Annotated[
        str, typer.Argument(help="The first digits of its id: of a certificate, its SHA-256 fingerprint.")
    ],
    as_json: Json = False,
) -> None:
    """End a certificate or a token at once, for every supplier that it was good for."""
    from pomona.registry import supplier_credentials
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        now = runtime.clock.now()
        ended = runtime.store.write_sync(
            lambda tx: supplier_credentials.revoke_one(tx, id, actor=OPERATOR, now=now)
        )
    show_record("Revoked", _record(ended, now), as_json)


def _bounds(runtime: "Runtime", numbers: list[str], sold_to: str, ship_tos: list[str]) -> "Bounds":
    from pomona.registry import suppliers
    from pomona.registry.supplier_credentials import Bounds

    if bool(numbers) == bool(sold_to):
        refuse("say for whom it is: suppliers' numbers, or --sold-to")
    found = runtime.store.read_sync(lambda tx: [suppliers.find(tx, each) for each in numbers])
    return Bounds(found, sold_to, ship_tos)


def _check_free(files: list[str]) -> None:
    for file in files:
        if Path(file).exists():
            refuse(f"{file} exists already; choose another name with --out, nobody's key is overwritten")


def _pass_phrase() -> str:
    phrase = os.environ.get(PASS_PHRASE) or typer.prompt(
        "Pass phrase", hide_input=True, confirmation_prompt=True
    )
    return str(phrase)


def _write(files: list[str], issued: "Issued", phrase: str) -> None:
    contents = [issued.pem, issued.pkcs12(phrase) if phrase else issued.key_pem]
    for file, content in zip(files, contents, strict=False):
        try:
            handle = os.open(
                file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644 if file.endswith(".pem") else 0o600
            )
            with os.fdopen(handle, "wb") as opened:
                opened.write(content)
        except OSError as problem:
            refuse(
                f"{file}: {problem.strerror}; the certificate is of no use without it, revoke {issued.credential.id[:16]}"
            )


def _shown(tx: "Tx", id: str) -> "Credential":
    from pomona.registry import supplier_credentials

    return supplier_credentials.find(tx, id)


def _record(found: "Credential", now: int) -> dict[str, Any]:
    return {
        "id": found.id,
        "kind": found.kind,
        "for": found.number or f"sold-to {found.sold_to}",
        "ship_to": list(found.ship_tos),
        "name": found.name,
        "origin": "own" if found.own else "Pomona",
        "created": when(found.created_at),
        "ends": when(found.expires_at),
        "state": found.state(now).lower(),
    }
