"""`userGroups`: groups of managed accounts, and who is in them."""

from pomona.business_api import collection_pages
from pomona.business_api.call import Answer, Call, encode
from pomona.business_api.collection_pages import USER, Links
from pomona.business_api.cursors import Listing
from pomona.business_api.fieldsets import ResourceType
from pomona.formats.times import iso_millis
from pomona.registry import user_groups
from pomona.registry.user_groups import Group
from pomona.store import Tx

USER_GROUPS = ResourceType(
    "userGroups",
    ("ouId", "name", "type", "totalMemberCount", "status", "createdDateTime", "updatedDateTime"),
    ("users",),
)
_MEMBERS = (
    f"SELECT m.account_id AS key, {USER} FROM user_group_member m JOIN account a ON a.id = m.account_id"
    " WHERE m.group_id = $1 AND m.account_id > {after} ORDER BY m.account_id"
)


def listing(tx: Tx, call: Call) -> Answer:
    """Groups in the order they were made."""
    return collection_pages.collection(
        call,
        USER_GROUPS,
        Listing.USER_GROUPS,
        lambda after, limit: user_groups.of_organization(tx, call.organization_id, after=after, limit=limit),
        lambda groups: [resource(call, group) for group in groups],
    )


def one(tx: Tx, call: Call) -> Answer:
    """One group."""
    return collection_pages.instance(
        tx, call, USER_GROUPS, user_groups.get, lambda group: resource(call, group)
    )


def users_linkage(tx: Tx, call: Call) -> Answer:
    """The ids of a group's members."""
    group = collection_pages.named(tx, call, "userGroups", user_groups.get)
    links = Links(Listing.USERS_OF_GROUP, group.id, _MEMBERS, (group.id,))
    return collection_pages.linkage(tx, call, links, f"userGroups/{group.uuid}/users")


def resource(call: Call, group: Group) -> bytes:
    """A group as the API shows it."""
    url = call.url(f"userGroups/{group.uuid}")
    return encode({
        "type": "userGroups",
        "id": group.uuid,
        "attributes": {
            "ouId": group.unit,
            "name": group.name,
            "type": group.kind,
            "totalMemberCount": group.member_count,
            "status": "ACTIVE",
            "createdDateTime": iso_millis(group.created_at),
            "updatedDateTime": iso_millis(group.updated_at),
        },
        "relationships": {"users": {"links": {"self": f"{url}/relationships/users"}}},
        "links": {"self": url},
    })  # fmt: skip
