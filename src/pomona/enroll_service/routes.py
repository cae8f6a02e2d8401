"""The three calls, and ours that tries a submission: exact paths, POST, JSON. Everything else is answered in the face's
flat shape."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.enroll_service import auth, errors
from pomona.enroll_service.auth import Caller
from pomona.enroll_service.details import details
from pomona.enroll_service.enrolling import enroll
from pomona.enroll_service.errors import Error, Refused, account, saying
from pomona.enroll_service.status import status
from pomona.enroll_service.validating import validate
from pomona.enroll_service.wire import NotJson, WrongType
from pomona.keys.randomness import uuid4
from pomona.runtime import Runtime
from pomona.runtime.asgi import JSON, Answer, BodyTooLarge, Call, Disconnected
from pomona.store import ScanDeadline, StoreUnavailable

BASE = "/enroll-service/1.0"
VALIDATE = "/pomona/v1/orders:validate"
"""Not in the original: what would become of a submission."""

DOCUMENT = "/pomona/v1/orders/openapi.json"
"""Not in the original either: the calls described, for everybody."""

Handler = Callable[[Runtime, Caller, bytes], Awaitable[dict[str, Any]]]

_log = logging.getLogger("pomona.enroll_service")
_json = msgspec.json.Encoder().encode


class Endpoint(NamedTuple):
    """A call: what answers it, the member its errors stand under, and its codes for a database in trouble."""

    handler: Handler
    member: str
    unavailable: str
    too_slow: str


ENDPOINTS = {
    f"{BASE}/bulk-enroll-devices": Endpoint(enroll, errors.ENROLL, "GRX-50072", "GRX-50072"),
    f"{BASE}/check-transaction-status": Endpoint(status, errors.STATUS, "DEP-ERR-4005", "DEP-ERR-4005"),
    f"{BASE}/show-order-details": Endpoint(details, errors.DETAILS, "DEP-ERR-5003", "DEP-ERR-5004"),
    VALIDATE: Endpoint(validate, errors.ENROLL, "GRX-50072", "GRX-50072"),
}


def app(runtime: Runtime) -> ASGIApp:
    """The face over a runtime."""

    async def face(scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope, receive)
        try:
            answer = await _answer(runtime, call)
        except Disconnected:
            return
        await answer.send(send)

    return face


async def _answer(runtime: Runtime, call: Call) -> Answer:
    if call.path == DOCUMENT and call.method in ("GET", "HEAD"):
        from pomona.enroll_service import openapi

        return _document(200, openapi.document(runtime.origins.of(call.scope)))
    endpoint = ENDPOINTS.get(call.path)
    if endpoint is None:
        return _refusal(runtime, _unknown_path(), "", 404)
    if call.method != "POST":
        answer = _refusal(runtime, account("GRX-16001"), "", 405)
        return Answer(answer.status, answer.body, JSON, (("allow", "POST"),))
    try:
        return _document(200, await _handled(runtime, call, endpoint))
    except Refused as refused:
        return _refusal(runtime, refused, endpoint.member, refused.status)
    except StoreUnavailable:
        return _refusal(runtime, _trouble(endpoint.unavailable), endpoint.member, 503)
    except ScanDeadline:
        return _refusal(runtime, _trouble(endpoint.too_slow), endpoint.member, 503)
    except Disconnected:
        raise
    except Exception:  # noqa: BLE001 the caller's programs understand this face's own words only
        _log.exception("request failed", extra={"path": call.path})
        return _refusal(runtime, _trouble("GRX-50072"), endpoint.member, 500)


async def _handled(runtime: Runtime, call: Call, endpoint: Endpoint) -> dict[str, Any]:
    caller = await auth.identify(runtime, call)
    body = await _body(runtime, call, endpoint)
    if not body.strip():
        raise account("GRX-16001")
    if not _is_json(call.header(b"content-type")):
        raise account("GRX-16002")
    try:
        return await endpoint.handler(runtime, caller, body)
    except NotJson as problem:
        raise Refused(saying("GRX-1000", str(problem)), flat=True) from None
    except WrongType as problem:
        raise Refused(saying("GRX-5004", str(problem))) from None


async def _body(runtime: Runtime, call: Call, endpoint: Endpoint) -> bytes:
    enrolling = endpoint.handler in (enroll, validate)
    limit = runtime.settings.order_body_limit if enrolling else runtime.settings.body_limit
    declared = call.header(b"content-length") or "0"
    try:
        if declared.isdecimal() and int(declared) > limit:
            raise BodyTooLarge(limit)
        return await call.body(limit)
    except BodyTooLarge as problem:
        if enrolling:
            raise Refused(saying("DEP-ERR-3005", str(problem))) from None
        raise Refused(saying("GRX-16001", str(problem)), flat=True) from None


def _is_json(content_type: str | None) -> bool:
    return content_type is None or content_type.partition(";")[0].strip().lower() == "application/json"


def _unknown_path() -> Refused:
    expected = ", ".join(ENDPOINTS)
    message = f"There is nothing at this address. Expected is one of {expected}. Correct the address."
    return Refused(Error("GRX-16001", message), flat=True)


def _trouble(code: str) -> Refused:
    return Refused(Error(code, errors.SENTENCES[code]), flat=code.startswith("GRX"))


def _refusal(runtime: Runtime, refused: Refused, member: str, status: int) -> Answer:
    transaction_id = f"{uuid4(runtime.rng)}-{runtime.clock.now()}"
    return _document(status, errors.document(refused, member, transaction_id))


def _document(status: int, document: dict[str, Any]) -> Answer:
    return Answer(status, _json(document), JSON)
