"""The table of operations: which path and method is answered by what, and what an account needs for it."""

from collections.abc import Iterator
from itertools import chain

from pomona.business_api import activities, apple_care, audit_events, devices, enrolled, servers, users
from pomona.business_api.activity_extensions import ACTIVITIES
from pomona.business_api.arrival_rules import RULES
from pomona.business_api.collection_endpoints import COLLECTIONS
from pomona.business_api.coverage_writes import COVERAGE
from pomona.business_api.device_additions import ADDITIONS
from pomona.business_api.errors import ApiError, Problem
from pomona.business_api.operations import Endpoint, Operation, Read, Shape, Write
from pomona.business_api.serials import SERIALS
from pomona.business_api.server_tokens import TOKENS
from pomona.business_api.timeline import TIMELINE
from pomona.business_api.webhooks import WEBHOOKS
from pomona.registry.api_accounts import ApiAccount

OWN = "/pomona/v1/"
"""What our own paths begin with."""

ENDPOINTS: dict[str, Endpoint] = {
    "orgDevices": Endpoint("collection", "orgDevices", {"GET": Read(devices.listing)}),
    "orgDevices/*": Endpoint("instance", "orgDevices", {"GET": Read(devices.one)}),
    "orgDevices/*/appleCareCoverage": Endpoint(
        "related", "appleCareCoverage", {"GET": Read(apple_care.listing)}
    ),
    "orgDevices/*/relationships/assignedServer": Endpoint(
        "relationship", "assignedServer", {"GET": Read(devices.assigned_server_linkage)}
    ),
    "orgDevices/*/assignedServer": Endpoint(
        "related", "assignedServer", {"GET": Read(devices.assigned_server)}
    ),
    "mdmServers": Endpoint(
        "collection", "mdmServers", {"GET": Read(servers.listing), "POST": Write(servers.create, "services")}
    ),
    "mdmServers/*": Endpoint(
        "instance",
        "mdmServers",
        {
            "GET": Read(servers.one),
            "PATCH": Write(servers.update, "services"),
            "DELETE": Write(servers.delete, "services"),
        },
    ),
    "mdmServers/*/relationships/devices": Endpoint(
        "relationship", "devices", {"GET": Read(servers.devices_linkage)}
    ),
    "mdmServers/*/devices": Endpoint("related", "devices", {}),
    "orgDeviceActivities": Endpoint(
        "collection",
        "orgDeviceActivities",
        {"GET": Read(activities.listing), "POST": Write(activities.create, None, school=True, large=True)},
    ),
    "orgDeviceActivities/*": Endpoint("instance", "orgDeviceActivities", {"GET": Read(activities.one)}),
    "mdmDevices": Endpoint("collection", "mdmDevices", {"GET": Read(enrolled.listing)}, school=False),
    "mdmDevices/*/details": Endpoint("related", "details", {"GET": Read(enrolled.details)}, school=False),
    "users": Endpoint("collection", "users", {"GET": Read(users.listing)}, school=False),
    "users/*": Endpoint("instance", "users", {"GET": Read(users.one)}, school=False),
    "auditEvents": Endpoint("collection", "auditEvents", {"GET": Read(audit_events.listing)}, school=False),
    **COLLECTIONS,
}
"""Paths below `/v1/`; a star is an id."""

EXTENSIONS: dict[str, Endpoint] = {
    **ACTIVITIES,
    **ADDITIONS,
    **COVERAGE,
    **RULES,
    **SERIALS,
    **TIMELINE,
    **TOKENS,
    **WEBHOOKS,
}
"""Our own paths, below `/pomona/v1/`: same accounts, documents and errors, but nothing of Apple's."""

WORDS: dict[Shape, dict[str, str]] = {
    "collection": {"GET": "GET_COLLECTION", "POST": "CREATE", "PUT": "REPLACE", "PATCH": "UPDATE"},
    "instance": {"GET": "GET_INSTANCE", "POST": "CREATE", "PUT": "REPLACE", "PATCH": "UPDATE"},
    "relationship": {"GET": "GET_RELATIONSHIP", "POST": "CREATE", "PUT": "REPLACE", "PATCH": "REPLACE"},
    "related": {"GET": "GET_RELATED", "POST": "CREATE", "PUT": "REPLACE", "PATCH": "UPDATE"},
}
"""What Apple calls a method on each shape of path; a method that is not here goes by its own name."""


def find(path: str, account: ApiAccount) -> tuple[Endpoint, str]:
    """The endpoint of a path in an account's API, and the id in it. Raises `ApiError` 404."""
    table, below = (ENDPOINTS, path[4:]) if path.startswith("/v1/") else (EXTENSIONS, path[len(OWN) :])
    name, _, rest = below.partition("/")
    id, slash, tail = rest.partition("/")
    key = f"{name}/*/{tail}" if slash else f"{name}/*" if id else below
    endpoint = table.get(key)
    if endpoint is None or not (endpoint.school or account.kind == "BUSINESS"):
        raise no_path(path)
    return endpoint, id


def no_path(path: str) -> ApiError:
    """There is nothing at a path, whoever asks."""
    return ApiError(404, Problem("PATH_ERROR", f"There is no path '{path[:200]}' in this API."))


def operation(endpoint: Endpoint, method: str, account: ApiAccount) -> Operation:
    """What answers `method`. Raises `ApiError` 403 when it is not offered or the account lacks the permission."""
    found = endpoint.operations.get("GET" if method == "HEAD" else method)
    if found is None or not _offers(found, account):
        kind = "resource" if endpoint.shape in ("collection", "instance") else "relationship"
        word = WORDS[endpoint.shape].get(method, method[:40])
        detail = (
            f"The {kind} '{endpoint.name}' does not allow '{word}'."
            f" Allowed operations are: {', '.join(allowed(endpoint, account))}"
        )
        raise ApiError(403, Problem("FORBIDDEN_ERROR", detail))
    if isinstance(found, Write) and found.permission and found.permission not in account.permissions:
        detail = f"This needs the permission '{found.permission}', which the API account does not have."
        raise ApiError(403, Problem("FORBIDDEN_ERROR", detail))
    return found


def allowed(endpoint: Endpoint, account: ApiAccount) -> list[str]:
    """The operations that an endpoint's resource or relationship offers an account's API, in Apple's words."""
    return sorted(
        WORDS[each.shape].get(method, method)
        for each in _alike(endpoint)
        for method, operation in each.operations.items()
        if _offers(operation, account)
    )


def _alike(endpoint: Endpoint) -> Iterator[Endpoint]:
    """Every path of the same resource, or of the same relationship of the same resource."""
    everything = list(chain(ENDPOINTS.items(), EXTENSIONS.items()))
    owner = next(key.partition("/")[0] for key, each in everything if each is endpoint)
    single = endpoint.shape in ("collection", "instance")
    for key, each in everything:
        same_kind = single == (each.shape in ("collection", "instance"))
        if each.name == endpoint.name and same_kind and (single or key.partition("/")[0] == owner):
            yield each


def _offers(operation: Operation, account: ApiAccount) -> bool:
    return account.kind == "BUSINESS" or isinstance(operation, Read) or operation.school
