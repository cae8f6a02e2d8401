"""Fixtures that tests of every room share."""

from tests.support.postgres import postgres_cluster, postgres_database

__all__ = ["postgres_cluster", "postgres_database"]
