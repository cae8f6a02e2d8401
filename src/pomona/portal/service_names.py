"""The names of an organisation's services, for pages that show many devices."""

from typing import NamedTuple

from pomona.store import Tx


class ServiceName(NamedTuple):
    """A service's public id, name and kind."""

    uuid: str
    name: str
    kind: str


def service_names(tx: Tx, organization_id: int) -> dict[int, ServiceName]:
    """By internal id, in the order they were linked; there are at most some 250."""
    rows = tx.rows(
        "SELECT id, uuid, name, kind FROM service WHERE organization_id = $1 ORDER BY id", organization_id
    )
    return {id: ServiceName(*named) for id, *named in rows}
