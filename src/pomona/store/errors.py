"""What can go wrong below a transaction."""


class StoreError(Exception):
    """Base of the store's own errors; the message says what to do."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or written (disk full, read-only, connection lost). Nothing was changed."""


class ScanDeadline(StoreError):
    """A long read took longer than it was allowed to; ask for less."""


class SchemaMismatch(StoreError):
    """The database was made by a newer Pomona, or is not Pomona's."""
