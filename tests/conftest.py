"""Fixtures that tests of every room share."""

from tests.support.postgres import postgres_cluster, postgres_database
from tests.support.runtimes import runtime
from tests.support.serving import serve
from tests.support.stores import any_store, store

__all__ = ["any_store", "postgres_cluster", "postgres_database", "runtime", "serve", "store"]
