"""Service discovery: whom the well-known document and the alternate send where, and what they never tell."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from pomona.registry import domains, people
from pomona.registry.people import Status
from pomona.store import Tx
from tests.support.sites import Site
from tests.support.worlds import ADMIN, World

EMAIL = "pat@example.pomona.test"
WELL_KNOWN = "/.well-known/com.apple.remotemanagement"
ALTERNATE = "/mdmBaseURL"


def ask(site: Site, path: str, identifier: str = EMAIL, family: str = "iPhone") -> httpx.Response:
    return site.http.get(path, params={"user-identifier": identifier, "model-family": family})


def external(site: Site, family: str, url: str | None) -> None:
    """An external service takes that family, and registered (or not) where to discover it."""
    service = site.world.service(f"External {family}")
    site.world.default(family, service)
    site.runtime.store.write_sync(
        lambda tx: tx.execute("UPDATE service SET discovery_url = $1 WHERE id = $2", url, service.id)
    )


@pytest.mark.parametrize(
    ("family", "version"),
    [("iPhone", "byod"), ("iPad", "byod"), ("RealityDevice", "byod"), ("Mac", "adde")],
)
def test_the_well_known_document_fits_the_family(site: Site, family: str, version: str) -> None:
    answer = ask(site, WELL_KNOWN, family=family)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["Servers"] == [{"Version": f"mdm-{version}", "BaseURL": f"{site.base}/{version}"}]


@pytest.mark.parametrize("family", ["AppleTV", "Watch", "Toaster"])
def test_other_families_are_refused(quick_site: Site, family: str) -> None:
    quick_site.person(EMAIL)
    refused = ask(quick_site, WELL_KNOWN, family=family)
    assert refused.status_code == 403
    assert refused.json()["code"] == "com.apple.well-known.failed"
    assert ask(quick_site, ALTERNATE, family=family).status_code == 404


def test_the_well_known_document_does_not_tell_who_exists(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    known, unknown = (ask(quick_site, WELL_KNOWN, name) for name in (EMAIL, "nobody@example.pomona.test"))
    assert known.content == unknown.content


def test_an_unverified_domain_belongs_to_nobody(site: Site) -> None:
    store, now = site.runtime.store, site.runtime.clock.now()
    store.write_sync(
        lambda tx: domains.add(tx, site.world.id, "corp.example", actor=ADMIN, now=now, rng=site.runtime.rng)
    )
    assert ask(site, WELL_KNOWN, "pat@corp.example").status_code == 403
    store.write_sync(lambda tx: domains.vouch(tx, site.world.id, "corp.example", actor=ADMIN, now=now))
    assert ask(site, WELL_KNOWN, "pat@Corp.Example").status_code == 200


def test_of_several_organisations_the_accounts_own_is_meant(site: Site) -> None:
    store, now, other = site.runtime.store, site.runtime.clock.now(), World(site.runtime.store, "Other")

    def own(tx: Tx) -> None:
        for id in (site.world.id, other.id):
            domains.add(tx, id, "corp.example", actor=ADMIN, now=now, rng=site.runtime.rng)
            domains.vouch(tx, id, "corp.example", actor=ADMIN, now=now)

    store.write_sync(own)
    site.account("kim@corp.example", world=other)
    site.account("pat@corp.example")
    found = {
        name: ask(site, WELL_KNOWN, f"{name}@corp.example").json()["Servers"][0]["BaseURL"].split("/")[-2]
        for name in ("kim", "pat", "zoe")
    }
    assert found == {"kim": "other", "pat": "example", "zoe": "example"}


def test_the_alternate_redirects_to_the_default_service(site: Site) -> None:
    site.account(EMAIL)
    external(site, "MAC", "https://mdm.example.com/discover?tenant=5")
    mac = ask(site, ALTERNATE, family="Mac")
    assert mac.status_code == 302
    location = urlsplit(mac.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == "https://mdm.example.com/discover"
    asked = {"tenant": ["5"], "user-identifier": [EMAIL], "model-family": ["Mac"]}
    assert parse_qs(location.query) == asked
    phone = ask(site, ALTERNATE)
    assert phone.headers["location"].startswith(f"{site.base}/discovery?")


def test_the_alternate_refuses_everybody_alike(site: Site) -> None:
    other = World(site.runtime.store, "Other")
    site.account(EMAIL)
    site.account("boss@example.com", managed=False)
    site.account("kim@other.pomona.test", world=other)
    locked = site.account("lee@example.pomona.test")
    site.runtime.store.write_sync(
        lambda tx: people.set_status(tx, locked, Status.LOCKED, actor=ADMIN, now=site.runtime.clock.now())
    )
    external(site, "MAC", None)
    site.world.default("IPAD", None)
    answers = [
        ask(site, ALTERNATE, "nobody@example.pomona.test"),
        ask(site, ALTERNATE, "boss@example.com"),
        ask(site, ALTERNATE, "lee@example.pomona.test"),
        ask(site, ALTERNATE, "kim@other.pomona.test"),
        ask(site, ALTERNATE, "pat@nowhere.example"),
        ask(site, ALTERNATE, "no domain at all"),
        ask(site, ALTERNATE, family="Mac"),
        ask(site, ALTERNATE, family="iPad"),
    ]
    assert {(answer.status_code, answer.content, "location" in answer.headers) for answer in answers} == {
        (404, b"", False)
    }
    assert ask(site, ALTERNATE).status_code == 302


@pytest.mark.parametrize("path", [WELL_KNOWN, ALTERNATE])
def test_both_parameters_are_needed(quick_site: Site, path: str) -> None:
    for params in ({}, {"user-identifier": EMAIL}, {"model-family": "Mac", "user-identifier": ""}):
        assert quick_site.http.get(path, params=params).status_code == 400
    answer = quick_site.http.post(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_the_built_in_services_own_discovery_answers_for_its_organisation_only(site: Site) -> None:
    other = World(site.runtime.store, "Other")
    path = f"/manage/{other.organization.slug}/discovery"
    assert ask(site, f"{site.base}/discovery", family="Mac").json()["Servers"][0]["Version"] == "mdm-adde"
    for refused in (
        ask(site, path),
        ask(site, f"{site.base}/discovery", "x@nowhere.example"),
        ask(site, f"{site.base}/discovery", family="AppleTV"),
    ):
        assert refused.status_code == 403
        assert refused.json()["code"] == "com.apple.well-known.failed"
    assert ask(site, "/manage/nobody/discovery").status_code == 404


def test_configurator_finds_the_organisation(site: Site) -> None:
    answer = site.http.get("/MDMServiceConfig")
    assert answer.headers["content-type"] == "application/json; charset=UTF8"
    expected = {"dep_enrollment_url": f"{site.base}/enrol", "dep_anchor_certs_url": f"{site.base}/anchors"}
    assert answer.json() == expected
    assert site.http.get(f"{site.base}/anchors").json() == []
    World(site.runtime.store, "Other")
    assert site.http.get("/MDMServiceConfig").status_code == 404
    named = site.http.get("/MDMServiceConfig", headers={"host": "other.pomona.example"})
    assert named.json()["dep_enrollment_url"] == "http://other.pomona.example/manage/other/enrol"
