"""Two organisations under one roof: nothing of one's devices, people or secrets works at the other's addresses."""

import pytest

from pomona.registry import account_tokens, enrollments, people
from tests.management.hands import Hand, automated, by_account, machine_info, sign_in
from tests.support.sites import PASSWORD, Site
from tests.support.worlds import World

EMAIL = "pat@example.pomona.test"


@pytest.fixture
def other(site: Site) -> World:
    world = World(site.runtime.store, "Other")
    site.use_built_in(world)
    return world


def at(hand: Hand, other: World, path: str) -> str:
    return f"{hand.site.origin}/manage/{other.organization.slug}/{path}"


def test_an_identity_is_nobody_elsewhere(site: Site, other: World) -> None:
    hand = automated(site).enrol()
    nobody = automated(site, key=1, world=other)
    for message in (
        {"MessageType": "Authenticate", "Topic": nobody.enrolment.topic},
        {"MessageType": "TokenUpdate", "Topic": nobody.enrolment.topic, "Token": b"t", "PushMagic": "m"},
        {"MessageType": "CheckOut", "Topic": nobody.enrolment.topic},
        {"MessageType": "GetBootstrapToken"},
        {"Status": "Idle"},
    ):
        theirs = hand.put(at(hand, other, "checkin"), {**hand.ids, **message})
        unknown = nobody.put(at(hand, other, "checkin"), {**hand.ids, **message}, identity=hand.identity)
        assert (theirs.status_code, theirs.content) == (400, unknown.content)
    assert site.enrollment(hand.device.serial).status == "enrolled"
    store = site.runtime.store
    assert store.read_sync(lambda tx: enrollments.of_organization(tx, other.id)) == []


def test_the_same_device_id_may_be_in_both(site: Site, other: World) -> None:
    """A device that changed hands: each organisation has an enrolment of its own, with its own queue."""
    hand = automated(site).enrol()
    device = site.device(world=other)
    there = automated(site, device=device, key=1, world=other)
    there.ids = {"UDID": hand.device.udid}
    assert there.authenticate().status_code == 400  # the certificate is bound to the device it was asked for
    there.ids = {"UDID": device.udid}
    there.enrol()
    assert hand.settle() == ["DeviceInformation"]
    assert there.settle() == ["DeviceInformation"]


def test_devices_of_one_get_no_profile_from_the_other(site: Site, other: World) -> None:
    device = site.device()
    body = machine_info(site, device)
    assert site.http.post(f"/manage/{other.organization.slug}/enrol", content=body).status_code == 403
    assert site.http.post("/manage/nobody/enrol", content=body).status_code == 404


def test_tokens_and_passwords_stop_at_the_fence(site: Site, other: World) -> None:
    site.person(EMAIL)
    hand = by_account(site, EMAIL, PASSWORD)
    body = machine_info(site, hand.device, account_driven=True)
    headers = {"authorization": f"Bearer {hand.token}"}
    for mode in ("byod", "adde"):
        answer = site.http.post(at(hand, other, mode), content=body, headers=headers)
        assert answer.status_code == 401
    for path in ("authenticate", "manual"):
        form = {"email": EMAIL, "password": PASSWORD}
        right, wrong = (
            site.http.post(at(hand, other, path), data={**form, "password": password})
            for password in (PASSWORD, "wrong")
        )
        assert (right.status_code, right.text) == (200, wrong.text)


def test_a_token_of_one_opens_no_enrolment_of_the_other(site: Site, other: World) -> None:
    site.person(EMAIL)
    site.person("kim@other.pomona.test", world=other)
    hand = by_account(site, EMAIL, PASSWORD).enrol()
    store, now = site.runtime.store, site.runtime.clock.now()
    kim = store.read_sync(lambda tx: people.find(tx, other.id, "kim@other.pomona.test"))
    hand.token = store.write_sync(lambda tx: account_tokens.issue(tx, kim, now=now, rng=site.runtime.rng))
    assert hand.report().status_code == 401


def test_sign_in_tells_nothing_of_other_organisations(site: Site, other: World) -> None:
    site.person("kim@other.pomona.test", world=other)
    known, unknown = (
        sign_in(site, name, PASSWORD) for name in ("kim@other.pomona.test", "zoe@other.pomona.test")
    )
    assert known.text.replace("kim@", "zoe@") == unknown.text
