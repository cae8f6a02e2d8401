"""How this face refuses: a status and a bare code as the whole body, without quotes, because one client compares it exactly."""

from pomona.registry import errors as registry
from pomona.store import ScanDeadline, StoreUnavailable


class Refused(Exception):
    """A request is answered with `status` and `code`; nothing was changed. `seconds` becomes Retry-After."""

    def __init__(self, status: int, code: str, *, seconds: int | None = None) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.seconds = seconds


def malformed() -> Refused:
    """The body is not the JSON that this endpoint expects."""
    return Refused(400, "MALFORMED_REQUEST_BODY")


def unauthorized() -> Refused:
    """The session ended; the client opens another one, and is told there what is the matter."""
    return Refused(401, "UNAUTHORIZED")


def forbidden() -> Refused:
    """There is no such session."""
    return Refused(403, "FORBIDDEN")


_REGISTRY: dict[type[registry.RegistryError], tuple[int, str]] = {
    registry.NotFound: (404, "NOT_FOUND"),
    registry.Forbidden: (403, "ACCESS_DENIED"),
    registry.LimitExceeded: (413, "REQUEST_TOO_LARGE"),
    registry.Invalid: (400, "MALFORMED_REQUEST_BODY"),
    registry.Duplicate: (400, "MALFORMED_REQUEST_BODY"),
    registry.InUse: (400, "MALFORMED_REQUEST_BODY"),
}
"""The registry's refusals that no endpoint names more exactly."""

HANDLED = (registry.RegistryError, StoreUnavailable, ScanDeadline)
"""What `translated` has an answer for."""


def translated(problem: Exception) -> Refused:
    """The refusal for one of `HANDLED`."""
    if isinstance(problem, (StoreUnavailable, ScanDeadline)):
        return Refused(503, "SERVICE_UNAVAILABLE", seconds=5)
    status, code = next(
        (answer for kind, answer in _REGISTRY.items() if isinstance(problem, kind)), (400, "REFUSED")
    )
    return Refused(status, code)
