"""Brings a database to the newest schema, one numbered migration after the other, each in its own transaction."""

from pomona.store.engine import Engine
from pomona.store.errors import SchemaMismatch
from pomona.store.schema import MIGRATIONS
from pomona.store.schema.dialect import statements
from pomona.store.tx import Tx

_EVERYONE = 0


def version(tx: Tx) -> int:
    """The number of the last migration that was applied; 0 for an empty database."""
    if tx.postgresql:
        exists = tx.value("SELECT to_regclass('meta')")
    else:
        exists = tx.value("SELECT name FROM sqlite_schema WHERE name = 'meta'")
    if not exists:
        return 0
    return int(tx.value("SELECT value FROM meta WHERE key = 'schema'") or 0)


def migrate(engine: Engine) -> None:
    """Applies what is missing. Costs one read when nothing is. Raises `SchemaMismatch` for a newer database."""
    found = engine.read(version)
    if found > len(MIGRATIONS):
        raise SchemaMismatch(
            f"the database has schema {found}, this Pomona knows up to {len(MIGRATIONS)}; use a newer Pomona"
        )
    while found < len(MIGRATIONS):
        found, _ = engine.write(_next)


def _next(tx: Tx) -> int:
    tx.lock(_EVERYONE)
    found = version(tx)
    if found >= len(MIGRATIONS):
        return found
    for statement in statements(MIGRATIONS[found], postgresql=tx.postgresql):
        tx.execute(statement)
    tx.execute("DELETE FROM meta WHERE key = 'schema'")
    tx.execute("INSERT INTO meta (key, value) VALUES ('schema', $1)", str(found + 1))
    return found + 1
