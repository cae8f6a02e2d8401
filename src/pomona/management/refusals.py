"""How this face refuses. The one table from reasons to answers is in `errors`."""


class Refused(Exception):
    """Base: the request changes nothing. The message is for whoever operates the client, without secrets."""


class BadRequest(Refused):
    """The request cannot be read, or is signed by somebody who does not speak for this device."""


class NotHere(Refused):
    """No such organisation or address."""


class NotAllowed(Refused):
    """The request is understood and refused: the device is not this service's to enrol."""


class NotEnrolled(Refused):
    """The device was managed here and is no longer: it should remove its profile."""


class SignInNeeded(Refused):
    """An account-driven device must have its user sign in (again)."""


class WrongMethod(Refused):
    """The address takes other methods; the message lists them, as the header Allow does."""
