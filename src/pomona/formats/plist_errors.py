"""What reading a property list can raise."""


class MalformedPlist(ValueError):
    """The bytes are no property list, or one beyond the limits; the text says what was found and what was expected."""
