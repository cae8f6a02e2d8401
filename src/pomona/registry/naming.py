"""Names and texts that people give to things: one rule for all of them."""

from pomona.registry.errors import Invalid

LONGEST_NAME = 128
LONGEST_TEXT = 1_000


def checked_name(name: str, field: str = "name") -> str:
    """The name without blanks around it. Raises `Invalid` unless it is 1 to 128 characters that can be shown."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(f"A name has 1 to {LONGEST_NAME} characters that can be shown.", field=field)
    return name


def checked_text(text: str, field: str, longest: int = LONGEST_TEXT) -> str:
    """A description or an address. Raises `Invalid` when it is longer than `longest` or holds control characters."""
    if len(text) > longest or not text.replace("\n", "").replace("\t", "").isprintable():
        raise Invalid(
            f"This text has more than {longest} characters or some that cannot be shown.", field=field
        )
    return text
