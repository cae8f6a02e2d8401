"""`/pomona/v1/mdmServers/{id}/token`: a service's server token, its state, renewal and end.

Not among Apple's operations: there, somebody has to sign in and download the file each year.
"""

from collections.abc import Callable

import msgspec

from pomona.business_api import servers
from pomona.business_api.bodies import decoded
from pomona.business_api.call import Answer, Call, encode, single
from pomona.business_api.errors import ApiError, Problem, bad_parameter
from pomona.business_api.operations import Endpoint, Read, Write
from pomona.formats.times import iso_millis
from pomona.registry import tokens
from pomona.registry.services import Service
from pomona.registry.tokens import Token
from pomona.store import Tx

MAX_OVERLAP = 30 * 24
"""Hours that the token before can go on working."""

_HOUR = 3_600_000
_TIMES = ("issuedDateTime", "issuedBy", "expirationDateTime", "replacedDateTime", "revokedDateTime")
_OVERLAP = "/data/attributes/overlapHours"


class _Attributes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    overlapHours: int | float = 0


class _Renewal(msgspec.Struct):
    type: str
    attributes: _Attributes = _Attributes()


class _Body(msgspec.Struct):
    data: _Renewal


_decoder = msgspec.json.Decoder(_Body)


def show(tx: Tx, call: Call) -> Answer:
    """How the service's tokens stand; never what they are."""
    call.query.offers()
    return single(call, _resource(tx, call, servers.named(tx, call)))


def renew(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Issues a token, valid for a year: a document with the file's name and text, or with `format=p7m` the file itself.

    The one before ends, at once or after the overlap that the body asks for; the body may be left out.
    """
    call.query.offers()
    as_file = call.query.first("format") == "p7m"
    if not as_file and call.query.first("format") not in (None, "json"):
        raise bad_parameter("format", "Expected json or p7m.")
    overlap = _overlap(body)

    def work(tx: Tx) -> Answer:
        service = servers.named(tx, call)
        issued = tokens.issue(
            tx,
            service,
            call.runtime.keys,
            actor=call.actor,
            now=call.now,
            rng=call.runtime.rng,
            overlap=int(overlap * _HOUR),
        )
        file = issued.file(service)
        if as_file:
            disposition = f'attachment; filename="{issued.file_name(service)}"'.encode("ascii", "replace")
            headers = ((b"content-disposition", disposition), (b"cache-control", b"no-store"))
            return Answer(201, (file,), headers, b"application/pkcs7-mime; smime-type=enveloped-data")
        given = {"fileName": issued.file_name(service), "content": file.decode("ascii")}
        return single(call, _resource(tx, call, service, given), 201, ((b"cache-control", b"no-store"),))

    return work


def revoke(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Kills every token of the service at once, and with them its sessions."""
    call.query.offers()

    def work(tx: Tx) -> Answer:
        tokens.revoke(tx, servers.named(tx, call), actor=call.actor, now=call.now)
        return Answer(204)

    return work


TOKENS = {
    "mdmServers/*/token": Endpoint(
        "related",
        "token",
        {"GET": Read(show), "POST": Write(renew, "services"), "DELETE": Write(revoke, "services")},
        school=False,
    ),
}
"""Paths below `/pomona/v1/`."""


def _overlap(body: bytes) -> float:
    if not body:
        return 0
    wanted = decoded(_decoder, body).data
    if wanted.type != "serverTokens":
        detail = f"The resource is of type '{wanted.type[:60]}'; expected 'serverTokens'."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, "/data/type"))
    if not 0 <= wanted.attributes.overlapHours <= MAX_OVERLAP:
        detail = f"The token before can go on working for 0 to {MAX_OVERLAP} hours."
        raise ApiError(409, Problem("ENTITY_ERROR.ATTRIBUTE.INVALID", detail, _OVERLAP))
    return wanted.attributes.overlapHours


def _resource(tx: Tx, call: Call, service: Service, given: dict[str, str] | None = None) -> bytes:
    found = tokens.of_service(tx, service.id)
    newest = found[0] if found else None
    return encode({
        "type": "serverTokens",
        "id": service.uuid,
        "attributes": {
            "state": "NONE" if newest is None else newest.state(call.now).upper(),
            "daysLeft": None if newest is None else newest.days_left(call.now),
            **_times(newest),
            **(given or {}),
            "earlier": [{"state": token.state(call.now).upper(), **_times(token)} for token in found[1:]],
        },
        "links": {"self": call.extension_url(f"mdmServers/{service.uuid}/token")},
    })  # fmt: skip


def _times(token: Token | None) -> dict[str, str | None]:
    """When a token was made, runs out, and ceases to work because a newer one took its place or somebody ended it."""
    if token is None:
        return dict.fromkeys(_TIMES)
    moments = (token.issued_at, token.expires_at, token.replaced_at, token.revoked_at)
    told = [None if at is None else iso_millis(at) for at in moments]
    return dict(zip(_TIMES, [told[0], token.issued_by, *told[1:]], strict=True))
