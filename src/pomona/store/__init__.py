"""The store: tables, migrations and the two engines behind three verbs, read, scan and write."""

from pomona.store.errors import ScanDeadline, StoreError, StoreUnavailable
from pomona.store.projections import AssignmentDocs, BusinessDocs, Projections
from pomona.store.store import Store, open_store
from pomona.store.tx import Row, Tx

__all__ = [
    "AssignmentDocs",
    "BusinessDocs",
    "Projections",
    "Row",
    "ScanDeadline",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "Tx",
    "open_store",
]
