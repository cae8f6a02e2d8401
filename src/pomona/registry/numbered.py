"""What lists go by."""

from typing import Protocol


class Numbered(Protocol):
    """Whatever has an internal number that lists go by."""

    @property
    def id(self) -> int:
        """The number."""
