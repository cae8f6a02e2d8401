"""How much of requests' bodies a process holds at a time, over all connections: what a face allows one client adds up."""

BODY_BYTES = 256_000_000
"""Room for a few of the largest bodies, or for hundreds of devices at once that send slowly."""


class BodyBudget:
    """Counts bytes that came and are not answered yet."""

    def __init__(self, most: int = BODY_BYTES) -> None:
        self._most = most
        self.held = 0

    def take(self, size: int) -> bool:
        """Counts `size` more bytes; False, and nothing is counted, when there is no room for them."""
        if self.held + size > self._most:
            return False
        self.held += size
        return True

    def give_back(self, size: int) -> None:
        """Frees what was taken."""
        self.held -= size
