"""`users`: the organisation's managed accounts."""

from pomona.business_api import cursors
from pomona.business_api.call import Answer, Call, Listed, encode, listed, single
from pomona.business_api.cursors import Listing
from pomona.business_api.errors import no_resource
from pomona.business_api.fieldsets import ResourceType, filtered
from pomona.formats.times import iso_millis
from pomona.registry import organizational_units, people
from pomona.registry.errors import NotFound
from pomona.registry.people import Person, Status
from pomona.store import Tx

USERS = ResourceType(
    "users",
    (
        "firstName", "middleName", "lastName", "status", "managedAppleAccount", "isExternalUser", "roleOuList", "email",
        "employeeNumber", "costCenter", "division", "department", "jobTitle", "phoneNumbers", "startDateTime",
        "createdDateTime", "updatedDateTime",
    ),
)  # fmt: skip

_STATUSES = {Status.ACTIVE: "ACTIVE", Status.LOCKED: "LOCKED", Status.INACTIVE: "DEACTIVATED"}
_NOT_KEPT = dict.fromkeys(("employeeNumber", "costCenter", "division", "department", "jobTitle"))


def listing(tx: Tx, call: Call) -> Answer:
    """Managed accounts in the order they were added; accounts that only open the portal are not among them."""
    query = call.query
    query.offers(USERS.parameter)
    limit, fieldset = query.limit(), USERS.selected(query)
    owner = call.organization_id
    after = cursors.key_of(call.runtime, query.first("cursor"), Listing.USERS, owner, call.now)
    found = people.of_organization(tx, owner, after=after or 0, limit=limit + 1)
    body = b",".join(resources(tx, call, [person for person in found[:limit] if person.managed]))
    cursor = None
    if len(found) > limit:
        cursor = cursors.make(call.runtime, Listing.USERS, owner, found[limit - 1].id, call.now)
    return listed(call, Listed(body, limit, cursor, fieldset))


def one(tx: Tx, call: Call) -> Answer:
    """One managed account."""
    call.query.offers(USERS.parameter)
    fieldset = USERS.selected(call.query)
    try:
        person = people.get(tx, call.organization_id, call.id)
    except NotFound:
        raise no_resource("users", call.id) from None
    if not person.managed:
        raise no_resource("users", call.id)
    return single(call, filtered(fieldset, resources(tx, call, [person])[0]))


def resources(tx: Tx, call: Call, found: list[Person]) -> list[bytes]:
    """People as the API shows them, with their roles in each unit that they are in."""
    roles = organizational_units.roles(tx, found)
    return [_resource(call, person, roles[person.id]) for person in found]


def _resource(call: Call, person: Person, roles: list[tuple[str, str]]) -> bytes:
    return encode({
        "type": "users",
        "id": person.uuid,
        "attributes": {
            "firstName": person.first_name,
            "middleName": None,
            "lastName": person.last_name,
            "status": _status(person),
            "managedAppleAccount": person.email,
            "isExternalUser": False,
            "roleOuList": [{"roleName": role, "ouId": unit} for role, unit in roles],
            "email": person.email,
            **_NOT_KEPT,
            "phoneNumbers": [],
            "startDateTime": None,
            "createdDateTime": iso_millis(person.created_at),
            "updatedDateTime": iso_millis(person.updated_at),
        },
        "links": {"self": call.url(f"users/{person.uuid}")},
    })  # fmt: skip


def _status(person: Person) -> str:
    """An account without a password is new: nobody can have signed in with it yet."""
    if person.status is Status.ACTIVE and not person.has_password:
        return "NEW"
    return _STATUSES[person.status]
