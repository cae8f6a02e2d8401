"""P9: what a million devices take, in memory after both lists were read, and on disk at rest."""

from bench.data import Data
from bench.database import rows
from bench.reading import Figure, Reading, count

HISTORY = ("operation", "activity", "audit_event", "submission", "nonce")
"""Beginnings of the tables, and of their indexes, that grow with what was done and not with what is there."""


def reading(data: Data, anonymous: int) -> Reading:
    """`anonymous` is the server's anonymous memory in bytes."""
    tables = _bytes_by_table(data)
    history = {name: size for name, size in tables.items() if _is_history(name)}
    at_rest = sum(tables.values()) - sum(history.values())
    figures = [
        Figure(f"{anonymous / 1e6:.0f} MB anonymous memory", anonymous / 1e6, 80, 60),
        Figure(f"{at_rest / data.size:.0f} bytes a device at rest", at_rest / data.size, 2000, 1500),
        Figure(f"history {sum(history.values()) / data.size:.0f} bytes more", 0),
    ]
    largest = sorted(tables.items(), key=lambda item: -item[1])[:12]
    details = [f"{name} {size / data.size:.0f} bytes a device" for name, size in largest]
    return Reading("P9", f"{count(data.size)} devices", figures, "bar 80 MB and 2000 bytes", details)


def _bytes_by_table(data: Data) -> dict[str, int]:
    """Pages of each table and index, empty ones of small tables included."""
    return dict(rows(data.database, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))


def _is_history(name: str) -> bool:
    return name.removeprefix("sqlite_autoindex_").startswith(HISTORY)
