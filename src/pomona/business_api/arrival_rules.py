"""`/pomona/v1/rules`: where arriving devices go beyond the one default for each kind. Not among Apple's operations."""

from collections.abc import Callable
from functools import partial

from pomona.business_api import arrival_rule_bodies, collection_pages
from pomona.business_api.arrival_rule_bodies import Asked, Server, conditions
from pomona.business_api.call import Answer, Call, created, encode, single
from pomona.business_api.errors import ApiError, Problem, no_resource
from pomona.business_api.operations import Endpoint, Read, Work, Write
from pomona.business_api.projection import FAMILIES
from pomona.catalogue.kinds import Kind
from pomona.formats.times import iso_millis
from pomona.registry import activities, arrival_matching, arrival_rules, services
from pomona.registry.arrival_rules import Rule, Target
from pomona.registry.errors import NotFound
from pomona.store import Tx

RECENT = 30 * 86_400_000
"""Milliseconds within which a device came recently."""

_SERVICE = "/data/relationships/mdmServer"


def listing(tx: Tx, call: Call) -> Answer:
    """All rules in their order; there are never more than fit a page."""
    call.query.offers()
    rules = arrival_rules.of_organization(tx, call.organization_id)
    data = b",".join(_resource(tx, call, rule) for rule in rules)
    links = encode({"self": call.own_url})
    return Answer(200, (b'{"data":[', data, b'],"links":', links, b"}"))


def one(tx: Tx, call: Call) -> Answer:
    """One rule."""
    call.query.offers()
    return single(call, _resource(tx, call, _found(tx, call)))


def create(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Makes a rule; without a service its devices are left unassigned. Without a place it is the last."""
    call.query.offers()
    sent = arrival_rule_bodies.read(body)
    if sent.attributes.name is None:
        raise ApiError(
            422, Problem("ENTITY_ERROR.ATTRIBUTE.REQUIRED", "'name' is missing.", "/data/attributes/name")
        )
    asked = conditions(sent.attributes.conditions or Asked())
    name, enabled = sent.attributes.name, sent.attributes.enabled is not False

    def work(tx: Tx) -> Answer:
        rule = arrival_rules.create(
            tx,
            call.organization_id,
            name,
            asked,
            _target(tx, call, sent.relationships.mdmServer),
            place=sent.attributes.place,
            enabled=enabled,
            actor=call.actor,
            now=call.now,
            rng=call.runtime.rng,
        )
        return created(call, _resource(tx, call, rule), call.extension_url(f"rules/{rule.uuid}"))

    return work


def update(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Changes what is sent; conditions are replaced as a whole."""
    call.query.offers()
    sent = arrival_rule_bodies.read(body)
    told = sent.attributes
    asked = None if told.conditions is None else conditions(told.conditions)
    server = sent.relationships.mdmServer

    def work(tx: Tx) -> Answer:
        rule = arrival_rules.update(
            tx,
            _found(tx, call),
            name=told.name,
            conditions=asked,
            target=None if server is None else _target(tx, call, server),
            enabled=told.enabled,
            actor=call.actor,
            now=call.now,
        )
        if told.place is not None:
            rule = arrival_rules.move(tx, rule, told.place, actor=call.actor, now=call.now)
        return single(call, _resource(tx, call, rule))

    return work


def delete(call: Call, _body: bytes) -> Callable[[Tx], Answer]:
    """Forgets a rule; devices stay where it sent them."""
    return collection_pages.deletion(call, _found, arrival_rules.remove)


def preview(call: Call, _body: bytes) -> Callable[[Tx], Answer]:
    """What each rule, and none, would have caught of the devices that are here."""
    call.query.offers()

    def look(tx: Tx) -> Answer:
        rules = arrival_rules.of_organization(tx, call.organization_id)
        found = arrival_matching.caught(tx, call.organization_id, rules, call.now - RECENT)
        data = [
            {
                "type": "arrivalRulePreviews",
                "id": "default" if each.rule is None else each.rule.uuid,
                "attributes": {
                    "name": None if each.rule is None else each.rule.name,
                    "devices": each.here,
                    "devicesOfLast30Days": each.recent,
                    "devicesThere": None if each.rule is None else each.there,
                },
            }
            for each in found
        ]
        return Answer(200, (encode({"data": data, "links": {"self": call.own_url}}),))

    return look


def apply(call: Call, body: bytes) -> Callable[[Tx], Answer | Work]:
    """Makes the activity that sends the devices that are here, and that a rule would have caught, where it says."""
    call.query.offers()
    only_waiting = arrival_rule_bodies.only_waiting(body)

    def look(tx: Tx) -> Answer | Work:
        rule = _found(tx, call)
        if not rule.unassigned and rule.service_id is None:
            raise ApiError(409, Problem("ENTITY_ERROR.STATE", f"The service of '{rule.name}' is gone."))
        rules = arrival_rules.of_organization(tx, call.organization_id)
        ahead = [each for each in rules if each.works or each.id == rule.id]
        caught = arrival_matching.serials(tx, call.organization_id, ahead, rule, only_waiting=only_waiting)
        if not caught:
            detail = f"No device that is here would have been caught by '{rule.name}'."
            raise ApiError(409, Problem("ENTITY_ERROR.STATE", detail))
        return partial(_begin, call=call, rule=rule, serials=caught)

    return look


def _begin(tx: Tx, call: Call, rule: Rule, serials: list[str]) -> Answer:
    activity = activities.create(
        tx,
        call.organization_id,
        "UNASSIGN_DEVICES" if rule.unassigned else "ASSIGN_DEVICES",
        serials,
        service_id=rule.service_id,
        actor=call.actor,
        now=call.now,
        rng=call.runtime.rng,
        limit=call.runtime.settings.activity_limit,
    )
    url = call.url(f"orgDeviceActivities/{activity.uuid}")
    resource = {
        "type": "orgDeviceActivities",
        "id": activity.uuid,
        "attributes": {"activityType": activity.type, "status": activity.status, "devices": activity.total},
        "links": {"self": url},
    }
    return created(call, encode(resource), url)


RULES = {
    "rules": Endpoint(
        "collection", "arrivalRules", {"GET": Read(listing), "POST": Write(create, "devices")}, school=False
    ),
    "rules/*": Endpoint(
        "instance",
        "arrivalRules",
        {"GET": Read(one), "PATCH": Write(update, "devices"), "DELETE": Write(delete, "devices")},
        school=False,
    ),
    "rules:preview": Endpoint(
        "collection", "arrivalRulePreviews", {"POST": Write(preview, "devices", changes=False)}, school=False
    ),
    "rules/*/apply": Endpoint(
        "related", "application", {"POST": Write(apply, "assign", changes=False)}, school=False
    ),
}
"""Paths below `/pomona/v1/`."""


def _found(tx: Tx, call: Call) -> Rule:
    rules = arrival_rules.of_organization(tx, call.organization_id)
    rule = next((rule for rule in rules if rule.uuid == call.id.lower()), None)
    if rule is None:
        raise no_resource("arrivalRules", call.id)
    return rule


def _target(tx: Tx, call: Call, server: Server | None) -> Target:
    if server is None or server.data is None:
        return "unassigned"
    try:
        return services.by_uuid(tx, call.organization_id, server.data.id)
    except NotFound:
        detail = f"There is no resource of type 'mdmServers' with id '{server.data.id[:100]}'"
        raise ApiError(409, Problem("ENTITY_ERROR.RELATIONSHIP.INVALID", detail, _SERVICE)) from None


def _resource(tx: Tx, call: Call, rule: Rule) -> bytes:
    server = None
    if rule.service_id is not None:
        server = {"type": "mdmServers", "id": services.get(tx, call.organization_id, rule.service_id).uuid}
    asked = rule.conditions
    sought = {
        "purchaseSourceType": asked.source,
        "purchaseSourceId": asked.supplier,
        "orderNumberPrefix": asked.order,
        "productTypePrefix": asked.product_type,
        "productFamily": FAMILIES[Kind(asked.kind)] if asked.kind else "",
        "organizationalUnitId": asked.unit,
    }
    return encode({
        "type": "arrivalRules",
        "id": rule.uuid,
        "attributes": {
            "name": rule.name,
            "place": rule.place,
            "enabled": rule.enabled,
            "conditions": {name: value for name, value in sought.items() if value},
            "createdDateTime": iso_millis(rule.created_at),
            "updatedDateTime": iso_millis(rule.updated_at),
        },
        "relationships": {"mdmServer": {"data": server}},
        "links": {"self": call.extension_url(f"rules/{rule.uuid}")},
    })  # fmt: skip
