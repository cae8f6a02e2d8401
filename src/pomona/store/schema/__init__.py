"""The tables, one module per area, and the migrations made of them.

Every table that holds an organisation's data begins its key with it, or with a device number, whose upper bits are the
organisation's.
"""

from pomona.store.schema import (
    accounts,
    activities,
    catalogue,
    collections,
    coverage,
    devices,
    management,
    notices,
    organizations,
    people,
    rules,
    services,
    supply,
)

MIGRATIONS: tuple[str, ...] = (
    "\n".join(
        area.TABLES
        for area in (
            organizations,
            supply,
            catalogue,
            devices,
            coverage,
            services,
            rules,
            activities,
            accounts,
            people,
            management,
            notices,
            collections,
        )
    ),
)
"""Migration n+1 brings a database from schema n to n+1. One that was released is never edited."""
