"""The face: from bytes to an operation and back. One transaction reads the account and, for a GET, the answer too."""

import logging
from functools import partial
from random import Random

from starlette.types import ASGIApp, Receive, Scope, Send

from pomona.business_api import access_tokens, endpoints, log_endpoint, token_endpoint
from pomona.business_api.access_tokens import Claims, Tokens
from pomona.business_api.call import Answer, Call
from pomona.business_api.errors import ApiError, Problem, refusal
from pomona.business_api.limits import Limits
from pomona.business_api.operations import Read, Write
from pomona.business_api.receiving import Disconnected, Headers, TooLarge, read_body
from pomona.keys.randomness import uuid4
from pomona.registry import organizations
from pomona.registry.errors import RegistryError
from pomona.runtime import Runtime
from pomona.store import StoreError, Tx

_log = logging.getLogger("pomona.business_api")
_RETRY = ((b"retry-after", b"5"),)
_JOINED = 16_384  # bytes up to which joining is cheaper than sending in pieces
_CLOSE = ((b"connection", b"close"),)
_DOCUMENT = f"{endpoints.OWN}openapi.json"
_SWITCHED_OFF = "Built-in device management is switched off for this organisation; switch it on first."


def app(runtime: Runtime) -> ASGIApp:
    """The face over a runtime: `/v1/…`, the token endpoint, and what is ours at `/pomona/v1/…`."""
    return BusinessApi(runtime)


class BusinessApi:
    """Answers everything below its paths itself, in the API's own error shape."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._limits = Limits(runtime.settings.rate_profile)
        self._tokens = Tokens(runtime)
        # A request's id is no secret: one draw from the real source is enough for all of them.
        self._identify = Random(runtime.rng(16)).randbytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path.startswith("/pomona/") and log_endpoint.is_path(path):
            await log_endpoint.serve(self._runtime, scope, send)
            return
        id = uuid4(self._identify)
        try:
            if path in token_endpoint.PATHS:
                answer = await self._token(scope, receive)
            elif path == _DOCUMENT and scope["method"] in ("GET", "HEAD"):
                answer = self._document(scope)
            else:
                answer = await self._answer(path, scope, receive)
        except Disconnected:
            return
        except ApiError as problem:
            answer = _refused(problem, id)
        except RegistryError as problem:
            answer = _refused(refusal(problem), id)
        except StoreError as problem:
            _log.warning("store unavailable", extra={"request": id, "problem": str(problem)})
            answer = _refused(_unavailable(), id)
        except Exception:  # noqa: BLE001 the client is told in the API's own shape, the log has the rest
            _log.exception("request failed", extra={"request": id, "method": scope["method"], "path": path})
            answer = _refused(_unexpected(id), id)
        await respond(send, answer, id)

    async def _answer(self, path: str, scope: Scope, receive: Receive) -> Answer:
        if not path.startswith(("/v1/", endpoints.OWN)):
            raise endpoints.no_path(path)
        headers = Headers(scope["headers"])
        if not headers.accepts_json:
            detail = "The answer is 'application/json', which the Accept header field excludes."
            raise ApiError(406, Problem("NOT_ACCEPTABLE", detail))
        now = self._runtime.clock.now()
        claims = self._tokens.claims_of(headers.authorization, now)
        if scope["method"] in ("GET", "HEAD"):
            return await self._runtime.store.read(partial(self._read, scope=scope, claims=claims, now=now))
        call, operation = await self._runtime.store.read(
            partial(self._admitted, scope=scope, claims=claims, now=now)
        )
        settings = self._runtime.settings
        limit = settings.activity_body_limit if operation.large else operation.most or settings.body_limit
        work = operation.prepare(call, await _body(receive, headers, limit))
        store = self._runtime.store
        done = await (store.write(work) if operation.changes else store.scan(work))
        return done if isinstance(done, Answer) else await store.write(done)

    def _document(self, scope: Scope) -> Answer:
        from pomona.business_api import openapi

        return Answer(200, (openapi.encoded(self._runtime.origins.of(scope)),))

    def _read(self, tx: Tx, scope: Scope, claims: Claims, now: int) -> Answer:
        call, operation = self._authorised(tx, scope, claims, now)
        assert isinstance(operation, Read)
        return operation.answer(tx, call)

    def _admitted(self, tx: Tx, scope: Scope, claims: Claims, now: int) -> tuple[Call, Write]:
        call, operation = self._authorised(tx, scope, claims, now)
        assert isinstance(operation, Write)
        return call, operation

    def _authorised(self, tx: Tx, scope: Scope, claims: Claims, now: int) -> tuple[Call, Read | Write]:
        account = access_tokens.account_of(tx, claims)
        method = scope["method"]
        if self._limits.any:
            self._limits.spend(account.id, method, self._runtime.clock.wall())
        endpoint, id = endpoints.find(scope["path"], account)
        if endpoint.managed and not organizations.has_management(tx, account.organization_id):
            raise ApiError(403, Problem("FORBIDDEN_ERROR.INCLUDED_MDM_NOT_ENABLED", _SWITCHED_OFF))
        operation = endpoints.operation(endpoint, method, account)
        return Call(self._runtime, account, scope, id, now), operation

    async def _token(self, scope: Scope, receive: Receive) -> Answer:
        if scope["method"] != "POST":
            answer = token_endpoint.refusal(405, "invalid_request", "expected a POST")
            return answer._replace(headers=(*answer.headers, (b"allow", b"POST")))
        try:
            body = await read_body(receive, Headers(scope["headers"]), token_endpoint.BODY_LIMIT)
        except TooLarge as problem:
            answer = token_endpoint.refusal(413, "invalid_request", str(problem))
            return answer._replace(headers=(*answer.headers, (b"connection", b"close")))
        return await token_endpoint.answer(self._runtime, self._limits, scope["query_string"], body)


async def respond(send: Send, answer: Answer, id: str) -> None:
    """Sends an answer; the pieces of a large body are not copied together."""
    size = sum(map(len, answer.body))
    headers = [
        (b"content-type", answer.media_type),
        (b"content-length", b"%d" % size),
        (b"x-request-id", id.encode()),
        *answer.headers,
    ]
    if answer.status == 204:
        del headers[:2]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if size < _JOINED:
        await send({"type": "http.response.body", "body": b"".join(answer.body)})
        return
    last = len(answer.body) - 1
    for n, piece in enumerate(answer.body):
        await send({"type": "http.response.body", "body": piece, "more_body": n < last})


async def _body(receive: Receive, headers: Headers, limit: int) -> bytes:
    try:
        return await read_body(receive, headers, limit)
    except TooLarge as problem:
        # What is still on its way is not worth reading.
        raise ApiError(413, Problem("ENTITY_ERROR.TOO_LARGE", str(problem)), headers=_CLOSE) from None


def _refused(problem: ApiError, id: str) -> Answer:
    return Answer(problem.status, (problem.body(id),), tuple(problem.headers))


def _unavailable() -> ApiError:
    detail = "The database cannot be reached; nothing was changed. Try again."
    return ApiError(503, Problem("SERVICE_UNAVAILABLE", detail), headers=_RETRY)


def _unexpected(id: str) -> ApiError:
    detail = f"Something went wrong here and nothing was changed; the server's log has it under {id}."
    return ApiError(500, Problem("UNEXPECTED_ERROR", detail))
