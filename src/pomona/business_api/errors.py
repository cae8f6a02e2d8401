"""The API's error object, and the one table that says which answer each of the registry's refusals becomes."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pomona.registry import errors as registry

_json = msgspec.json.Encoder().encode

TITLES = {
    "PARAMETER_ERROR.REQUIRED": "A required parameter is missing",
    "PARAMETER_ERROR.INVALID": "A parameter has an invalid value",
    "PATH_ERROR": "The URL path is not valid",
    "NOT_FOUND": "The specified resource does not exist",
    "NOT_AUTHORIZED": "Authentication credentials are missing or invalid",
    "FORBIDDEN_ERROR": "The given operation is not allowed",
    "FORBIDDEN_ERROR.INCLUDED_MDM_NOT_ENABLED": "Built-in device management is switched off",
    "NOT_ACCEPTABLE": "The requested media type is not offered",
    "RATE_LIMIT_EXCEEDED": "Too many requests",
    "ENTITY_ERROR": "The request entity is not valid",
    "ENTITY_ERROR.ATTRIBUTE.REQUIRED": "The provided entity is missing a required attribute",
    "ENTITY_ERROR.ATTRIBUTE.INVALID": "The provided entity includes an attribute with an invalid value",
    "ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE": "The provided entity includes a value that is taken",
    "ENTITY_ERROR.ATTRIBUTE.TYPE": "The provided entity includes an attribute of the wrong type",
    "ENTITY_ERROR.ATTRIBUTE.UNKNOWN": "The provided entity includes an unknown attribute",
    "ENTITY_ERROR.RELATIONSHIP.REQUIRED": "The provided entity is missing a required relationship",
    "ENTITY_ERROR.RELATIONSHIP.MISSING_RESOURCES": "A blueprint needs an app, a configuration or a package",
    "ENTITY_ERROR.RELATIONSHIP.MISSING_MEMBERS": "A blueprint needs a device, a user or a group",
    "ENTITY_ERROR.RELATIONSHIP.INVALID": "The provided entity includes an invalid relationship",
    "ENTITY_ERROR.RELATIONSHIP.TYPE": "The provided entity includes a relationship of the wrong shape",
    "ENTITY_ERROR.RELATIONSHIP.UNKNOWN": "The provided entity includes an unknown relationship",
    "ENTITY_ERROR.STATE": "The resource is in a state that does not allow this",
    "ENTITY_ERROR.LIMIT_EXCEEDED": "There would be too many resources",
    "ENTITY_ERROR.TOO_LARGE": "The request entity is too large",
    "SERVICE_UNAVAILABLE": "The service is unavailable",
    "UNEXPECTED_ERROR": "An unexpected error occurred",
}
"""What a person reads first, by code; pyaxm shows nothing else."""

REGISTRY: dict[type[registry.RegistryError], tuple[int, str]] = {
    registry.NotFound: (404, "NOT_FOUND"),
    registry.Invalid: (409, "ENTITY_ERROR.ATTRIBUTE.INVALID"),
    registry.Duplicate: (409, "ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE"),
    registry.InUse: (409, "ENTITY_ERROR.STATE"),
    registry.Forbidden: (403, "FORBIDDEN_ERROR"),
    registry.LimitExceeded: (409, "ENTITY_ERROR.LIMIT_EXCEEDED"),
}
"""Status and code of each refusal of the registry."""

_ATTRIBUTES = {
    "name": "serverName",
    "type": "activityType",
    "deadline": "activityTypeMetadata/mdmMigrationDeadlineDateTime",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One error. At most one of `pointer` (into the body) and `parameter` (of the query) says where it is."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def member(self, status: int, id: str) -> dict[str, object]:
        """The object in `errors`; its status is text, as every client expects."""
        member: dict[str, object] = {
            "id": id,
            "status": str(status),
            "code": self.code,
            "title": TITLES[self.code],
            "detail": self.detail,
        }
        if self.pointer is not None:
            member["source"] = {"pointer": self.pointer}
        elif self.parameter is not None:
            member["source"] = {"parameter": self.parameter}
        return member


class ApiError(Exception):
    """A request is refused with `status`, one problem or more, and perhaps header fields; nothing was changed."""

    def __init__(self, status: int, *problems: Problem, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(problems[0].detail)
        self.status = status
        self.problems = problems
        self.headers = headers

    def body(self, id: str) -> bytes:
        """The document; `id` names the request."""
        return _json({"errors": [problem.member(self.status, id) for problem in self.problems]})


def no_resource(type: str, id: str) -> ApiError:
    """There is none, or it is another organisation's: the same answer."""
    return ApiError(404, Problem("NOT_FOUND", f"There is no resource of type '{type}' with id '{id[:100]}'"))


def bad_parameter(name: str, detail: str) -> ApiError:
    """A query parameter cannot be understood."""
    return ApiError(400, Problem("PARAMETER_ERROR.INVALID", detail, parameter=name[:100]))


def unauthorised(detail: str) -> ApiError:
    """The request carries no access token that is good."""
    headers = [(b"www-authenticate", b'Bearer realm="pomona"')]
    return ApiError(401, Problem("NOT_AUTHORIZED", detail), headers=headers)


def refusal(problem: registry.RegistryError) -> ApiError:
    """The answer to a refusal of the registry."""
    status, code = REGISTRY[type(problem)]
    attribute = None if problem.field is None else _ATTRIBUTES.get(problem.field)
    return ApiError(
        status, Problem(code, str(problem), None if attribute is None else f"/data/attributes/{attribute}")
    )
