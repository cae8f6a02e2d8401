"""The calls about the service itself: account, discovery URL, beta tokens."""

import hashlib
from typing import Any

from pomona.registry import discovery_urls
from tests.device_assignment.support import Links

BEFORE_3 = {
    "server_name", "server_uuid", "admin_id", "facilitator_id", "org_name", "org_email", "org_phone", "org_address",
}  # fmt: skip


def test_the_account_is_the_token_s(link: Links) -> None:
    linked = link()
    organization = linked.world.organization
    account = linked.ok("GET", "/account")
    assert account["server_name"] == "Main"
    assert account["server_uuid"] == linked.service.uuid
    assert account["admin_id"] == account["facilitator_id"] == "admin@example.com"
    assert (account["org_name"], account["org_email"]) == ("Example", "it@example.com")
    assert (account["org_id"], account["org_type"], account["org_version"]) == (
        organization.number,
        "org",
        "v2",
    )
    assert account["org_id_hash"] == hashlib.sha256(organization.number.encode()).hexdigest()
    paged = [each for each in account["urls"] if "limit" in each]
    assert [each["uri"] for each in paged] == ["/server/devices", "/devices/sync"]
    assert all(each["limit"] == {"default": 1000, "maximum": 1000} for each in paged)


def test_older_protocols_see_less_of_the_account(link: Links) -> None:
    linked = link()
    keys = {}
    for version in (None, 1, 2, 3, 10):
        linked.version = version
        keys[version] = linked.ok("GET", "/account")
    assert keys[None].keys() == keys[1].keys() == keys[2].keys() == BEFORE_3
    assert keys[3].keys() - BEFORE_3 == {"org_id", "org_id_hash", "org_type", "org_version", "urls"}
    last = "/device/replacementDetails"
    assert [last in {each["uri"] for each in keys[version]["urls"]} for version in (3, 10)] == [False, True]


def test_every_advertised_call_is_offered(link: Links) -> None:
    linked = link()
    for each in linked.ok("GET", "/account")["urls"]:
        for method in each["http_method"]:
            assert linked.http.request(method, each["uri"]).status_code not in (404, 405), each


def test_a_discovery_url_is_registered_shown_and_taken_back(link: Links) -> None:
    linked = link()
    path = "/account-driven-enrollment/profile"
    assert linked.refused("GET", path) == (404, "NOT_FOUND")
    url = "https://mdm.example/.well-known/com.apple.remotemanagement?a=b"
    assert linked.ok("POST", path, {"mdm_service_discovery_url": url}) == {}
    shown = linked.ok("GET", path)
    assert shown["mdm_service_discovery_url"] == url
    assert shown["last_updated_timestamp"].endswith("Z")
    assert linked.world.reread(linked.service).discovery_url == url
    assert linked.ok("POST", path, {"mdm_service_discovery_url": url}) == {}
    assert linked.ok("DELETE", path) == {}
    assert linked.ok("DELETE", path) == {}
    assert linked.refused("GET", path) == (404, "NOT_FOUND")
    found = link.runtime.store.read_sync(lambda tx: discovery_urls.of_service(tx, linked.service.id))
    assert found is None


def test_what_is_no_discovery_url(link: Links) -> None:
    linked = link()
    path = "/account-driven-enrollment/profile"
    for body in ({}, {"mdm_service_discovery_url": ""}, {"mdm_service_discovery_url": None}):
        assert linked.refused("POST", path, body) == (400, "MDM_SERVICE_DISCOVERY_URL_REQUIRED")
    for url in ("http://mdm.example/", "mdm.example", "https://", "https://m.example/a b", "https://x:y/"):
        body = {"mdm_service_discovery_url": url}
        assert linked.refused("POST", path, body) == (400, "MDM_SERVICE_DISCOVERY_URL_NOT_VALID"), url
    linked.switch(account_driven=False)
    calls: list[tuple[str, Any]] = [
        ("GET", None), ("DELETE", None), ("POST", {"mdm_service_discovery_url": "https://m.example/"}),
    ]  # fmt: skip
    for method, asked in calls:
        assert linked.refused(method, path, asked) == (400, "ORG_NOT_SUPPORTED")


def test_beta_tokens_are_the_organisation_s_own_and_can_be_off(link: Links) -> None:
    linked, other = link(), link("Other")
    offered = linked.ok("GET", "/os-beta-enrollment/tokens")["betaEnrollmentTokens"]
    assert {each["os"] for each in offered} == {"iOS", "OSX", "tvOS", "visionOS", "watchOS", "homePodOS"}
    assert all(len(each["token"]) == 64 and each["title"] for each in offered)
    assert offered == linked.ok("GET", "/os-beta-enrollment/tokens")["betaEnrollmentTokens"]
    theirs = other.ok("GET", "/os-beta-enrollment/tokens")["betaEnrollmentTokens"]
    assert not {each["token"] for each in offered} & {each["token"] for each in theirs}
    linked.switch(beta_tokens=False)
    assert linked.refused("GET", "/os-beta-enrollment/tokens") == (403, "APPLE_SEED_FOR_IT_TURNED_OFF")
