"""Why the registry refuses. Faces map these to their own protocol's answers; nothing was changed."""


class RegistryError(Exception):
    """Base. `code` is for programs, `str(error)` a sentence: what was wrong, what is expected, what to do."""

    code = "REFUSED"

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.field = field


class NotFound(RegistryError):
    """There is no such thing in this organisation; the same whether it exists elsewhere or nowhere."""

    code = "NOT_FOUND"

    def __init__(self, kind: str, name: object) -> None:
        super().__init__(f"There is no {kind} '{name}'.")
        self.kind = kind
        self.name = str(name)


class Invalid(RegistryError):
    """A value that cannot be; `field` names it in the registry's words."""

    code = "INVALID"


class Duplicate(RegistryError):
    """Something else has this name or number already."""

    code = "DUPLICATE"


class InUse(RegistryError):
    """It cannot go while something else depends on it."""

    code = "IN_USE"


class Forbidden(RegistryError):
    """The actor may not do this."""

    code = "FORBIDDEN"


class LimitExceeded(RegistryError):
    """More than an organisation or a request may have."""

    code = "LIMIT_EXCEEDED"
