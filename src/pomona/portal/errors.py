"""Which HTTP status a refusal gets. The page says the refusal's own sentence."""

from pomona.portal.forms import TooLarge, Unreadable
from pomona.registry.errors import (
    Duplicate,
    Forbidden,
    InUse,
    Invalid,
    LimitExceeded,
    NotFound,
    RegistryError,
)
from pomona.store import StoreError

Refusal = RegistryError | StoreError | TooLarge | Unreadable

STATUS: dict[type[Exception], int] = {
    NotFound: 404,
    Invalid: 422,
    Duplicate: 409,
    InUse: 409,
    Forbidden: 403,
    LimitExceeded: 422,
    TooLarge: 413,
    Unreadable: 400,
    StoreError: 503,
}

TITLES = {
    400: "This form could not be read",
    403: "You may not do this",
    404: "Not found",
    405: "This address does not take that",
    409: "This cannot be done now",
    413: "Too much at once",
    422: "Something is not right yet",
    500: "This page failed",
    503: "Pomona cannot reach its database",
}


def status_of(problem: Exception) -> int:
    """The status of a refusal; 400 for one that is not in the table."""
    return next((status for kind, status in STATUS.items() if isinstance(problem, kind)), 400)
