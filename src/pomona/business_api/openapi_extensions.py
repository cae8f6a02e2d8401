"""The resources of the OpenAPI document that are ours: below `/pomona/v1/`."""

from pomona.business_api.activity_bodies import OURS
from pomona.business_api.openapi_schemas import (
    COUNT,
    FLAG,
    IDENTIFIER,
    MOMENT,
    SERIAL,
    TEXT,
    URL,
    Json,
    nullable,
    obj,
    several,
    words,
)
from pomona.registry.apple_care import Payment, Plan

_TIME = nullable(MOMENT)
_SERVICE = nullable(obj({"id": TEXT, "name": TEXT}))
_TO_ONE = obj({"data": nullable(IDENTIFIER)})
_TO_MANY = obj({"data": several(IDENTIFIER)})
_REFUSAL = obj(
    {"deviceCount": COUNT, "serialNumbers": several(TEXT)}, {"reason": nullable(TEXT), "detail": TEXT}
)


def _resource(type: str, attributes: Json, **more: Json) -> Json:
    members = {"attributes": attributes} | more
    return obj({"type": {"const": type}, "id": TEXT} | members, {"links": obj({"self": URL})})


_ACTIVITY = {
    "activityType": TEXT, "status": TEXT, "subStatus": TEXT, "state": TEXT, "createdDateTime": MOMENT,
    "startedDateTime": _TIME, "completedDateTime": _TIME, "deviceCount": COUNT, "succeededCount": COUNT,
    "failedCount": COUNT, "actor": obj({"type": TEXT, "id": TEXT, "name": TEXT}), "service": _SERVICE,
    "mdmMigrationDeadlineDateTime": _TIME, "releaseDueDateTime": _TIME, "problem": nullable(TEXT),
}  # fmt: skip
_ACTIVITY_OPTIONAL = {
    "downloadUrl": URL,
    "canBeUndone": FLAG,
    "undoObstacle": nullable(TEXT),
    "beforeImagesKeptUntilDateTime": _TIME,
}
_TOKEN = {
    "state": words("NONE", "LIVE", "EXPIRED", "REPLACED", "REVOKED"), "issuedDateTime": _TIME, "issuedBy": nullable(TEXT),
    "expirationDateTime": _TIME, "replacedDateTime": _TIME, "revokedDateTime": _TIME,
}  # fmt: skip
_COVERAGE = obj({
    "type": {"const": "appleCareCoverage"},
    "attributes": obj(
        {"serialNumber": SERIAL, "plan": words(*Plan), "startDateTime": MOMENT},
        {
            "endDateTime": nullable(MOMENT), "agreementNumber": nullable(TEXT), "paymentType": nullable(words(*Payment)),
            "contractCancelDateTime": nullable(MOMENT), "description": nullable(TEXT), "isRenewable": FLAG,
        },
    ),
})  # fmt: skip
_CONDITIONS = dict.fromkeys(
    ("purchaseSourceType", "purchaseSourceId", "orderNumberPrefix", "productTypePrefix", "productFamily",
     "organizationalUnitId"),
    TEXT,
)  # fmt: skip
_RULE = {"place": {"type": "integer"}, "enabled": FLAG, "conditions": obj({}, _CONDITIONS)}
_RULE_TARGET = obj(
    {}, {"mdmServer": obj({"data": nullable(obj({"id": TEXT}, {"type": {"const": "mdmServers"}}))})}
)

OWN: dict[str, Json] = {
    "activities": obj(
        {"type": {"const": "activities"}, "id": TEXT, "attributes": obj(_ACTIVITY, _ACTIVITY_OPTIONAL)},
        {
            "links": obj({"self": URL}),
            "relationships": obj(
                {"undoes": _TO_ONE, "finishes": _TO_ONE, "undoneBy": _TO_MANY, "finishedBy": _TO_MANY}
            ),
        },
    ),
    "activityResults": _resource(
        "activityResults",
        obj({"serialNumber": TEXT, "status": TEXT, "subStatus": nullable(TEXT), "serviceBefore": _SERVICE,
             "changedBy": nullable({})}),
    ),
    "activityPreviews": _resource(
        "activityPreviews",
        obj({
            "activityType": TEXT, "deviceCount": COUNT, "changingCount": COUNT, "unchangedCount": COUNT,
            "refusedCount": COUNT,
            "devices": several(obj({"productFamily": nullable(TEXT), "service": _SERVICE, "outcome": nullable(TEXT),
                                    "deviceCount": COUNT})),
            "refusals": several(_REFUSAL), "warnings": several(_REFUSAL),
        }),
    ),
    "serials": _resource(
        "serials",
        obj({"status": TEXT, "inOrganization": FLAG, "explanations": several(obj({"reason": TEXT, "detail": TEXT}, more=True))}),
    ),
    "serverTokens": _resource(
        "serverTokens",
        obj({**_TOKEN, "daysLeft": nullable({"type": "integer"}), "earlier": several(obj(_TOKEN))},
            {"fileName": TEXT, "content": TEXT}),
    ),
    "addedDevices": _resource(
        "addedDevices",
        obj({"device": TEXT, "serialNumber": TEXT, "result": TEXT, "reason": TEXT, "deviceModel": TEXT}),
    ),
    "recordedCoverage": _resource(
        "recordedCoverage",
        obj({
            "serialNumber": TEXT, "coverageId": TEXT,
            "result": words("ADDED", "CHANGED", "SAME", "DEVICE_NOT_FOUND"),
        }),
    ),
    "deviceEvents": _resource(
        "deviceEvents",
        obj({
            "eventDateTime": MOMENT, "event": TEXT, "eventType": nullable(TEXT),
            "actor": nullable(obj({"type": TEXT, "id": TEXT, "name": TEXT, "address": nullable(TEXT)})),
            "serviceName": nullable(TEXT), "serviceNameBefore": nullable(TEXT), "activityId": nullable(TEXT),
            "activityType": nullable(TEXT), "detail": nullable(TEXT), "before": {}, "after": {},
        }),
    ),
    "arrivalRules": _resource(
        "arrivalRules",
        obj({"name": TEXT, "place": {"type": "integer"}, "enabled": FLAG, "conditions": obj({}, _CONDITIONS),
             "createdDateTime": MOMENT, "updatedDateTime": MOMENT}),
        relationships=obj({"mdmServer": _TO_ONE}),
    ),
    "arrivalRulePreviews": _resource(
        "arrivalRulePreviews",
        obj({"name": nullable(TEXT), "devices": COUNT, "devicesOfLast30Days": COUNT, "devicesThere": nullable(COUNT)}),
    ),
    "webhooks": _resource(
        "webhooks",
        obj(
            {"name": TEXT, "url": TEXT, "events": several(TEXT), "status": TEXT, "failingSinceDateTime": _TIME,
             "lastDeliveredDateTime": _TIME, "oldSecretUntilDateTime": _TIME, "createdDateTime": MOMENT,
             "updatedDateTime": MOMENT},
            {"secret": TEXT},
        ),
    ),
    "webhookDeliveries": obj(
        {"type": {"const": "webhookDeliveries"}, "id": TEXT},
        {"attributes": obj({}, more=True)},
    ),
}  # fmt: skip

DOCUMENTS: dict[str, Json] = {
    "AddedDevices": obj({
        "data": several({"$ref": "#/components/schemas/addedDevices"}),
        "links": obj({"self": URL}),
        "meta": obj({"total": COUNT, "added": COUNT, "refused": COUNT, "dryRun": FLAG}),
    }),
    **{
        document: obj({"data": several({"$ref": f"#/components/schemas/{type}"}), "links": obj({"self": URL})})
        for document, type in (
            ("ArrivalRules", "arrivalRules"),
            ("ArrivalRulePreviews", "arrivalRulePreviews"),
            ("RecordedCoverage", "recordedCoverage"),
        )
    },
    "AppliedRule": obj({
        "data": _resource(
            "orgDeviceActivities", obj({"activityType": TEXT, "status": TEXT, "devices": COUNT})
        ),
        "links": obj({"self": URL}),
    }),
    "Replayed": obj({"meta": obj({"messages": COUNT}), "links": obj({"self": URL})}),
}  # fmt: skip

_DEVICES = obj({"data": several(obj({"type": {"const": "orgDevices"}, "id": TEXT}))})
_ASKED = obj({
    "type": {"const": "orgDeviceActivities"},
    "attributes": obj(
        {"activityType": words(*OURS)},
        {"activityTypeMetadata": obj({}, {"mdmMigrationDeadlineDateTime": MOMENT}, more=True)},
    ),
    "relationships": obj(
        {"devices": _DEVICES}, {"mdmServer": obj({"data": obj({"type": {"const": "mdmServers"}, "id": TEXT})})}
    ),
})  # fmt: skip


def _body(attributes: Json, type: str | None = None) -> Json:
    data = {"attributes": attributes} | ({} if type is None else {"type": {"const": type}})
    return obj({"data": obj(data, {} if type else {"type": TEXT})})


def _related(attributes: Json) -> Json:
    return obj({"data": obj({"attributes": attributes}, {"type": TEXT, "relationships": _RULE_TARGET})})


BODIES: dict[str, Json] = {
    "ActivityCreate": obj({"data": _ASKED}),
    "DevicesAdd": _body(
        obj(
            {"devices": {
                "type": "array", "minItems": 1, "maxItems": 1000,
                "items": obj({}, {"serialNumber": TEXT, "imei": TEXT, "meid": TEXT, "productType": TEXT, "assetTag": TEXT}),
            }},
            {"target": {"type": "string", "description": "placeholder, default, none or the id of a service"}, "dryRun": FLAG},
        )
    ),
    "ServerTokenRenew": _body(
        obj({}, {"overlapHours": {"type": "number", "minimum": 0, "maximum": 720}}), "serverTokens"
    ),
    "CoverageRecord": obj({"data": {"type": "array", "minItems": 1, "maxItems": 1000, "items": _COVERAGE}}),
    "Linkages.appleCareCoverage": obj({"data": several(obj({"type": {"const": "appleCareCoverage"}, "id": TEXT}))}),
    "RuleCreate": _related(obj({"name": TEXT}, _RULE)),
    "RuleUpdate": _related(obj({}, {"name": TEXT, **_RULE})),
    "RuleApply": _body(obj({}, {"onlyWaiting": FLAG})),
    "WebhookCreate": _body(obj({"name": TEXT, "url": TEXT}, {"events": several(TEXT), "secret": TEXT})),
    "WebhookUpdate": _body(
        obj({}, {"name": TEXT, "url": TEXT, "events": several(TEXT), "status": words("ENABLED", "DISABLED"), "skipMissed": FLAG})
    ),
    "WebhookRotate": _body(obj({}, {"secret": nullable(TEXT), "overlapHours": {"type": "integer"}})),
    "WebhookReplay": _body(obj({}, {"messageId": TEXT, "sinceDateTime": MOMENT, "onlyFailed": FLAG})),
}  # fmt: skip
