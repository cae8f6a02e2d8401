"""`pomona up`: serve."""

import gc
from typing import Annotated

import typer

from pomona.cli import context
from pomona.cli.output import refuse, say


def up(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen at.")] = None,
    port: Annotated[int | None, typer.Option(help="HTTP port; 0 any, -1 none.")] = None,
    tls_port: Annotated[int | None, typer.Option(help="HTTPS port; 0 any, -1 none.")] = None,
    proxy_port: Annotated[int | None, typer.Option(help="CONNECT proxy port; 0 any, -1 none.")] = None,
    supplier_tls_port: Annotated[
        int | None, typer.Option(help="HTTPS port that takes suppliers' client certificates; 0 any, -1 none.")
    ] = None,
    public_origin: Annotated[str | None, typer.Option(help="Origin in the URLs handed out.")] = None,
) -> None:
    """Serve all faces until SIGINT or SIGTERM. Makes the data folder at first start."""
    gc.disable()  # until it serves: all that is imported stays, and looking through it costs a tenth of the start

    from pomona.keys.master import MasterKeyProblem
    from pomona.server import logs
    from pomona.server.listener import CannotListen
    from pomona.server.problems import AuthorityProblem
    from pomona.server.process import Addresses, serve
    from pomona.store import StoreError

    ctx.find_root().obj["settings"].update(
        {
            "host": host,
            "port": port,
            "tls_port": tls_port,
            "proxy_port": proxy_port,
            "supplier_tls_port": supplier_tls_port,
            "public_origin": public_origin,
        }
    )
    settings = context.settings(ctx)
    logs.configure(settings.log_level, settings.log_format)

    def started(addresses: Addresses) -> None:
        for name, origin in (
            ("http", addresses.http),
            ("https", addresses.https),
            ("proxy", addresses.proxy),
            ("suppliers", addresses.suppliers),
        ):
            if origin:
                say(f"pomona: {name} {origin}")

    try:
        serve(settings, started)
    except (StoreError, MasterKeyProblem, AuthorityProblem, CannotListen) as problem:
        refuse(problem)
