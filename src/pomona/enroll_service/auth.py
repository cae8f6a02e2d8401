"""Who calls: a credential, the suppliers it is good for, and the account (ship-to number) it acts for.

A credential is looked up by its hash whatever it is made of: each finder turns one way of presenting one into a hash.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from pomona.enroll_service import errors, shown_certificate
from pomona.enroll_service.shown_certificate import Unreadable
from pomona.formats.times import iso_seconds
from pomona.keys.keyring import token_hash
from pomona.registry import supplier_credentials
from pomona.registry.errors import Invalid
from pomona.registry.supplier_credentials import Trouble
from pomona.registry.suppliers import ShipTo, Supplier, canonical_ship_to
from pomona.runtime import Runtime
from pomona.runtime.asgi import Call

Finder = Callable[[Call], str | None]


def bearer(call: Call) -> str | None:
    """`Authorization: Bearer <token>`."""
    scheme, _, token = (call.header(b"authorization") or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def basic(call: Call) -> str | None:
    """The password of `Authorization: Basic`, under any user name: one carrier's client can send nothing else."""
    scheme, _, encoded = (call.header(b"authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return pair.partition(":")[2] or None


TOKENS: tuple[Finder, ...] = (bearer, basic)
"""Ways of presenting a laboratory's token."""

_SAYING: dict[Trouble, str] = {
    "UNKNOWN": "The client certificate is registered for nobody",
    "REVOKED": "The client certificate was revoked at {at}",
    "EXPIRED": "The client certificate ended at {at}",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The suppliers that the presented credential is good for, and where the request came from."""

    suppliers: Sequence[Supplier]
    address: str | None


async def identify(runtime: Runtime, call: Call) -> Caller:
    """Who calls: by the client certificate, or else by a token. Raises `Refused` (GRX-50038) without a valid credential.

    A certificate that is good for nobody does no harm beside a good token.
    """
    certificate: bytes | None = None
    said = ""
    try:
        certificate = shown_certificate.find(call, believed=_believed(runtime, call))
    except Unreadable as problem:
        said = str(problem)
    tokens = [token_hash(token) for finder in TOKENS if (token := finder(call)) is not None]
    now = runtime.clock.now()
    for hash in [*([] if certificate is None else [certificate]), *tokens]:
        holders = await runtime.store.read(partial(supplier_credentials.holders, hash=hash, now=now))
        if holders:
            return Caller(holders, runtime.origins.client_address(call.scope))
    if certificate is not None:
        trouble = await runtime.store.read(partial(supplier_credentials.trouble, hash=certificate, now=now))
        # One that is good, and for no supplier: its sold-to account has none.
        said = _SAYING[trouble[0]].format(at=iso_seconds(trouble[1])) if trouble else _SAYING["UNKNOWN"]
    raise errors.credential(said)


def _believed(runtime: Runtime, call: Call) -> bool:
    """Whether the request's word about the client's certificate counts.

    Whoever uses our own CONNECT proxy comes from this machine: while that is on, so does not a trusted proxy.
    """
    if not runtime.origins.through_proxy(call.scope):
        return False
    settings = runtime.settings
    return settings.proxy_port < 0 or call.scope["client"][0] not in {"127.0.0.1", "::1", settings.host}


def known_ship_to(caller: Caller, number: str) -> str:
    """The ship-to number in its ten digits. Raises `Refused` (GRX-50025) when no supplier of the caller has it."""
    try:
        number = canonical_ship_to(number)
    except Invalid:
        raise errors.account("GRX-50025") from None
    if not any(not supplier.ship_tos or _of(supplier, number) for supplier in caller.suppliers):
        raise errors.account("GRX-50025")
    return number


def authorize(caller: Caller, reseller_id: str, ship_to: str, action: str) -> Supplier:
    """The supplier for which the caller may do `action` under that ship-to number. Raises `Refused`."""
    wanted = reseller_id.upper() if reseller_id.isascii() else ""
    supplier = next((each for each in caller.suppliers if each.number == wanted), None)
    if supplier is None:
        raise errors.account("GRX-90004")
    if not supplier.active:
        raise errors.account("GRX-50001")
    if not supplier.ship_tos:
        return supplier
    account = _of(supplier, ship_to)
    if account is None:
        raise errors.account("GRX-90004")
    if not account.active:
        raise errors.account("GRX-50026")
    if action not in account.actions:
        raise errors.account("GRX-90041")
    return supplier


def _of(supplier: Supplier, ship_to: str) -> ShipTo | None:
    return next((each for each in supplier.ship_tos if each.number == ship_to), None)
