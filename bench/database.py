"""Looking into a database file from outside of the program that it belongs to."""

from pathlib import Path
from typing import Any

import apsw


def rows(file: Path, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    database = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return database.execute(sql, params).fetchall()
    finally:
        database.close()
