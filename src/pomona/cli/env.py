"""`pomona env`: the lines that point clients at this installation."""

import shlex
from typing import Annotated

import typer

from pomona.cli import context
from pomona.cli.output import Json, refuse, show_json

_REACHED_AT = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}  # noqa: S104 - compared, never bound
"""Where this machine reaches a proxy that listens at an address of this kind."""


def env(
    ctx: typer.Context,
    fish: Annotated[bool, typer.Option("--fish", help="Lines for the fish shell.")] = False,
    as_json: Json = False,
) -> None:
    """Print the variables that send unmodified clients here: `eval "$(pomona env)"`.

    The proxy answers for Apple's host names and lets nothing else pass; the certificate is that of this
    installation's own authority.
    """
    settings = context.settings(ctx)
    if settings.proxy_port <= 0 or settings.tls_port < 0:
        refuse("the CONNECT proxy has no fixed port; set proxy_port and tls_port to one")
    ca = (settings.data / "authority" / "ca.pem").resolve()
    if not ca.exists():
        refuse(f"{ca} is not there yet; start `pomona up` once, it makes the certificate authority")
    reached = _REACHED_AT.get(settings.host, settings.host)
    proxy = f"http://{reached}:{settings.proxy_port}"
    values = {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "SSL_CERT_FILE": str(ca),
        "REQUESTS_CA_BUNDLE": str(ca),
        "CURL_CA_BUNDLE": str(ca),
        "NODE_EXTRA_CA_CERTS": str(ca),
    }
    if as_json:
        show_json(values)
        return
    for name, value in values.items():
        quoted = shlex.quote(value)
        typer.echo(f"set -gx {name} {quoted}" if fish else f"export {name}={quoted}")
