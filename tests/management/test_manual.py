"""Enrolment by a downloaded profile: somebody signs in, the profile is signed, and it is good for one device."""

import pytest

from pomona.catalogue.kinds import Kind
from pomona.formats import cms, mobileconfig
from pomona.registry import authorities
from pomona.simulator import devices
from pomona.simulator.device import Device
from pomona.simulator.device_identity import Identity
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.devices import Outcome
from pomona.simulator.web_sign_in import Person
from tests.management.hands import Hand, ask_scep, automated, profile_of, rsa_key, sign_in
from tests.support.sites import PASSWORD, Site

EMAIL = "pat@example.pomona.test"


def enrol(site: Site, device: Device, person: Person) -> Outcome:
    async def run(world: DeviceWorld) -> Outcome:
        way = devices.downloaded(f"{site.base}/manual", person)
        return (await devices.enrol(world, device, way)).outcome

    return site.play(run)


def test_a_mac_enrols_by_hand(site: Site) -> None:
    device = site.device(Kind.MAC, arrive=False)
    outcome = enrol(site, device, site.person(EMAIL))
    assert (outcome.result, outcome.detail, outcome.released) == ("enrolled", "", False)
    kept = site.enrollment(device.serial)
    assert (kept.kind, kept.key, kept.email) == ("manual", device.udid, EMAIL)
    # Enrolling makes no device the organisation's own.
    owned = site.runtime.store.read_sync(lambda tx: tx.value("SELECT count(*) FROM device"))
    assert owned == 0


def test_the_profile_is_signed_by_the_organisations_authority(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    answer = sign_in(quick_site, EMAIL, PASSWORD, "manual")
    assert answer.headers["content-disposition"] == 'attachment; filename="enroll.mobileconfig"'
    document, signed = mobileconfig.unwrap(answer.content)
    stored = quick_site.runtime.store.read_sync(
        lambda tx: authorities.find(tx, quick_site.world.id, authorities.DEVICES)
    )
    assert stored is not None
    assert signed is not None
    assert cms.chain_ok(signed.signer, signed.certificates, [stored.certificate])
    assert document["PayloadContent"][1]["AccessRights"] == 8191


def test_a_wrong_password_gives_the_form_again(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    answer = sign_in(quick_site, EMAIL, "wrong", "manual")
    assert answer.headers["content-type"].startswith("text/html")
    assert "wrong" in answer.text
    outcome = enrol(quick_site, quick_site.device(Kind.MAC, arrive=False), Person(EMAIL, "wrong"))
    assert outcome.result == "failed"


def test_a_profile_is_good_for_one_device_and_seven_days(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    first = profile_of(sign_in(quick_site, EMAIL, PASSWORD, "manual"))
    second = profile_of(sign_in(quick_site, EMAIL, PASSWORD, "manual"))
    assert first.scep.challenge != second.scep.challenge
    ask_scep(quick_site.http, first, rsa_key(0))
    quick_site.runtime.clock.offset += 8 * 86_400_000
    with pytest.raises(ValueError, match="BAD_REQUEST"):
        ask_scep(quick_site.http, second, rsa_key(0))


def test_knowing_a_udid_is_not_enough_to_take_a_devices_place(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    victim = automated(quick_site).enrol()
    enrolment = profile_of(sign_in(quick_site, EMAIL, PASSWORD, "manual"))
    identity = Identity(ask_scep(quick_site.http, enrolment, rsa_key(1)), rsa_key(1))
    thief = Hand(quick_site, victim.device, quick_site.http, dict(victim.ids), enrolment, identity)
    assert thief.authenticate().status_code == 400
    assert victim.report().status_code == 200
    victim.check_in("CheckOut")
    assert thief.authenticate().status_code == 200
