"""Fixtures that tests of every room share."""

from tests.support.mail_servers import mail_server
from tests.support.postgres import postgres_cluster, postgres_database
from tests.support.runtimes import runtime
from tests.support.serving import serve
from tests.support.sites import quick_site, secure_site, site
from tests.support.stores import any_store, store
from tests.support.webhook_receivers import receiver, second_receiver

__all__ = [
    "any_store",
    "mail_server",
    "postgres_cluster",
    "postgres_database",
    "quick_site",
    "receiver",
    "runtime",
    "second_receiver",
    "secure_site",
    "serve",
    "site",
    "store",
]
