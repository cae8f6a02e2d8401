"""Account-driven enrolment: discovery, sign-in on the device, a token with each request, and what ends it."""

import pytest

from pomona.catalogue.kinds import Kind
from pomona.formats import challenges
from pomona.registry import account_tokens, enrollments, people
from pomona.registry.people import Status
from pomona.simulator import devices
from pomona.simulator.device import Device
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.devices import Outcome
from pomona.simulator.web_sign_in import Person
from tests.management.hands import by_account, machine_info, sign_in, token_of
from tests.support.sites import PASSWORD, Site
from tests.support.worlds import ADMIN, World

EMAIL = "pat@example.pomona.test"


def enrol(site: Site, device: Device, person: Person, **more: str) -> Outcome:
    async def run(world: DeviceWorld) -> Outcome:
        return (await devices.enrol(world, device, devices.account_driven(person), by_account=True)).outcome

    return site.play(run, **more)


def test_an_iphone_enrols_as_its_users_own(site: Site) -> None:
    device = site.device(arrive=False)
    outcome = enrol(site, device, site.person(EMAIL))
    assert (outcome.result, outcome.detail) == ("enrolled", "")
    assert outcome.commands == (("DeviceInformation", "Acknowledged"),)
    kept = site.enrollment(outcome.enrollment)
    assert (kept.kind, kept.status, kept.serial, kept.email) == ("byod", "enrolled", None, EMAIL)
    assert kept.product_type == device.facts.product.product_type
    told = str(kept.information) + kept.key
    for secret in (device.serial, device.udid, device.facts.wifi_mac.lower(), *device.facts.imei):
        assert secret not in told
    assert set(kept.information) <= {
        "OSVersion",
        "BuildVersion",
        "ModelName",
        "Model",
        "ProductName",
        "DeviceName",
    }


def test_a_mac_enrols_as_the_organisations(site: Site) -> None:
    device = site.device(Kind.MAC, arrive=False)
    outcome = enrol(site, device, site.person(EMAIL))
    assert (outcome.result, outcome.detail) == ("enrolled", "")
    kept = site.enrollment(device.serial)
    assert (kept.kind, kept.key, kept.email) == ("adde", device.udid, EMAIL)


def test_the_alternate_leads_to_the_built_in_service(site: Site) -> None:
    """Where the domain answers nothing useful, the makers' cloud redirects to the default service of the kind."""
    device = site.device(Kind.VISION, arrive=False)
    outcome = enrol(site, device, site.person(EMAIL), well_known=f"{site.origin}/nobody")
    assert (outcome.result, outcome.detail) == ("enrolled", "")


def test_a_wrong_password_ends_it(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    outcome = enrol(quick_site, quick_site.device(arrive=False), Person(EMAIL, "wrong"))
    assert outcome.result == "failed"
    assert "password is wrong" in outcome.detail


@pytest.mark.parametrize("kind", [Kind.APPLE_TV, Kind.WATCH])
def test_some_kinds_do_not_enrol_by_account(quick_site: Site, kind: Kind) -> None:
    outcome = enrol(quick_site, quick_site.device(kind, arrive=False), quick_site.person(EMAIL))
    assert outcome.result == "left out"


def test_every_request_shows_the_token_and_a_new_sign_in_goes_on(site: Site) -> None:
    site.person(EMAIL)
    hand = by_account(site, EMAIL, PASSWORD).enrol()
    hand.settle()
    first, hand.token = hand.token, None
    for answer in (hand.report(), hand.update_token(), hand.check_in("GetBootstrapToken")):
        assert answer.status_code == 401
        assert challenges.parse(answer.headers["www-authenticate"]).url == f"{site.base}/authenticate"
    hand.token = first
    assert hand.report().status_code == 200
    site.runtime.clock.offset += account_tokens.LIFE + 1
    assert hand.report().status_code == 401
    hand.token = token_of(sign_in(site, EMAIL, PASSWORD))
    assert hand.report().status_code == 200


def test_the_simulated_device_signs_in_again_when_asked(quick_site: Site) -> None:
    site, person = quick_site, quick_site.person(EMAIL)
    device = site.device(arrive=False)

    async def run(world: DeviceWorld) -> tuple[Outcome, Outcome]:
        started = await devices.enrol(world, device, devices.account_driven(person), by_account=True)
        assert started.managed is not None
        before = started.managed.token
        site.runtime.clock.offset += account_tokens.LIFE + 1
        later = await devices.again(started.managed)
        assert started.managed.token not in (None, before)
        return started.outcome, later

    first, later = site.play(run)
    assert (first.result, later.result) == ("enrolled", "enrolled")


def test_a_mac_shows_no_token_on_its_own_channel(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    hand = by_account(quick_site, EMAIL, PASSWORD, "adde", Kind.MAC)
    assert hand.token is None
    hand.enrol()
    quick_site.runtime.clock.offset += account_tokens.LIFE + 1
    assert hand.settle() == ["DeviceInformation"]


def test_a_token_serves_one_enrolment_and_one_account(site: Site) -> None:
    site.person(EMAIL)
    site.person("sam@example.pomona.test")
    one, other = by_account(site, EMAIL, PASSWORD).enrol(), by_account(site, EMAIL, PASSWORD)
    own = other.token
    other.token = one.token
    assert other.authenticate().status_code == 400
    other.token = own
    other.enrol()
    other.token = one.token
    assert other.report().status_code == 400
    other.token = token_of(sign_in(site, "sam@example.pomona.test", PASSWORD))
    assert other.report().status_code == 401


def test_authenticate_wants_the_token_of_the_profiles_account(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    quick_site.person("sam@example.pomona.test")
    hand = by_account(quick_site, EMAIL, PASSWORD)
    good = hand.token
    for token in (None, "nonsense", token_of(sign_in(quick_site, "sam@example.pomona.test", PASSWORD))):
        hand.token = token
        assert hand.authenticate().status_code == 401
    hand.token = good
    hand.enrol()


def test_a_users_own_device_never_names_its_hardware(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    hand = by_account(quick_site, EMAIL, PASSWORD)
    assert hand.authenticate(UDID=hand.device.udid).status_code == 400
    key, hand.ids = hand.ids, {"UDID": hand.device.udid}
    assert hand.authenticate().status_code == 400
    hand.ids = key
    assert hand.authenticate(SerialNumber=hand.device.serial).status_code == 200
    assert quick_site.enrollment(key["EnrollmentID"]).serial is None


def test_of_a_users_own_device_nothing_stays(site: Site) -> None:
    site.person(EMAIL)
    hand = by_account(site, EMAIL, PASSWORD).enrol()
    site.runtime.clock.offset += account_tokens.LIFE + 1
    assert hand.check_in("CheckOut").status_code == 200  # though its token ran out
    store = site.runtime.store
    everything = store.read_sync(lambda tx: enrollments.of_organization(tx, site.world.id, left=True))
    assert everything == []
    assert store.read_sync(lambda tx: tx.value("SELECT count(*) FROM command")) == 0
    assert hand.report().status_code == 400


@pytest.mark.parametrize("how", ["locked", "new password"])
def test_who_may_not_sign_in_is_asked_to(site: Site, how: str) -> None:
    site.person(EMAIL)
    hand = by_account(site, EMAIL, PASSWORD).enrol()
    store, now = site.runtime.store, site.runtime.clock.now()
    person = store.read_sync(lambda tx: people.find(tx, site.world.id, EMAIL))
    if how == "locked":
        store.write_sync(lambda tx: people.set_status(tx, person, Status.LOCKED, actor=ADMIN, now=now))
        assert sign_in(site, EMAIL, PASSWORD).status_code == 200
    else:
        store.write_sync(lambda tx: people.set_password(tx, person, "$argon2id$else", actor=ADMIN, now=now))
    assert hand.report().status_code == 401


def test_a_portal_account_cannot_enrol_devices(quick_site: Site) -> None:
    quick_site.person("boss@elsewhere.example", managed=False)
    assert sign_in(quick_site, "boss@elsewhere.example", PASSWORD).status_code == 403


def test_another_organisations_people_cannot_sign_in_here(quick_site: Site) -> None:
    other = World(quick_site.runtime.store, "Other")
    quick_site.person("kim@other.pomona.test", world=other)
    answer = sign_in(quick_site, "kim@other.pomona.test", PASSWORD)
    assert answer.status_code == 200
    assert "wrong" in answer.text


def test_too_many_attempts_have_to_wait(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    for _ in range(3):
        token_of(sign_in(quick_site, EMAIL, PASSWORD))  # good ones do not count
    for _ in range(5):
        sign_in(quick_site, EMAIL, "wrong")
    answer = sign_in(quick_site, EMAIL, PASSWORD)
    assert answer.status_code == 200
    assert "Too many attempts" in answer.text
    quick_site.runtime.clock.offset += 16 * 60_000
    token_of(sign_in(quick_site, EMAIL, PASSWORD))


def test_the_form_greets_with_the_typed_name_and_nothing_executable(quick_site: Site) -> None:
    nasty = '"><script>alert(1)</script>@example.com'
    page = quick_site.http.get(f"{quick_site.base}/authenticate", params={"user-identifier": nasty})
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_an_account_driven_device_needs_a_signature_too(quick_site: Site) -> None:
    device = quick_site.device(arrive=False)
    good = machine_info(quick_site, device, account_driven=True)
    answers = [
        quick_site.http.post(f"{quick_site.base}/byod", content=body)
        for body in (b"", good[:-1] + b"\0", b"{}")
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
