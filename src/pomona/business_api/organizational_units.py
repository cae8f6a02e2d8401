"""`organizationalUnits`: what `roleOuList` of users and `ouId` of groups refer to."""

from pomona.business_api import collection_pages
from pomona.business_api.call import Answer, Call, encode
from pomona.business_api.collection_pages import USER, Links
from pomona.business_api.cursors import Listing
from pomona.business_api.fieldsets import ResourceType
from pomona.formats.times import iso_millis
from pomona.registry import organizational_units
from pomona.registry.organizational_units import Unit
from pomona.store import Tx

ORGANIZATIONAL_UNITS = ResourceType(
    "organizationalUnits", ("name", "description", "createdDateTime", "updatedDateTime"), ("users",)
)
_EVERYBODY = (
    f"SELECT a.id AS key, {USER} FROM account a"
    " WHERE a.organization_id = $1 AND a.managed = 1 AND a.id > {after} ORDER BY a.id"
)
_MEMBERS = (
    f"SELECT m.account_id AS key, {USER} FROM unit_member m JOIN account a ON a.id = m.account_id"
    " WHERE m.unit_id = $1 AND m.account_id > {after} ORDER BY m.account_id"
)


def listing(tx: Tx, call: Call) -> Answer:
    """Units in the order they were made; the first is the one that everybody is in."""
    return collection_pages.collection(
        call,
        ORGANIZATIONAL_UNITS,
        Listing.ORGANIZATIONAL_UNITS,
        lambda after, limit: organizational_units.of_organization(
            tx, call.organization_id, after=after, limit=limit
        ),
        lambda units: [resource(call, unit) for unit in units],
    )


def one(tx: Tx, call: Call) -> Answer:
    """One unit."""
    return collection_pages.instance(
        tx, call, ORGANIZATIONAL_UNITS, organizational_units.get, lambda unit: resource(call, unit)
    )


def users_linkage(tx: Tx, call: Call) -> Answer:
    """The ids of a unit's members."""
    unit = collection_pages.named(tx, call, "organizationalUnits", organizational_units.get)
    select, whose = (_EVERYBODY, unit.organization_id) if unit.root else (_MEMBERS, unit.id)
    links = Links(Listing.USERS_OF_UNIT, unit.id, select, (whose,))
    return collection_pages.linkage(tx, call, links, f"organizationalUnits/{unit.uuid}/users")


def resource(call: Call, unit: Unit) -> bytes:
    """A unit as the API shows it."""
    url = call.url(f"organizationalUnits/{unit.uuid}")
    return encode({
        "type": "organizationalUnits",
        "id": unit.uuid,
        "attributes": {
            "name": unit.name,
            "description": unit.description,
            "createdDateTime": iso_millis(unit.created_at),
            "updatedDateTime": iso_millis(unit.updated_at),
        },
        "relationships": {"users": {"links": {"self": f"{url}/relationships/users"}}},
        "links": {"self": url},
    })  # fmt: skip
