"""Devices enrolled in the built-in service, as the portal shows them."""

import html

import pytest

from pomona.registry import commands, enrollments
from pomona.registry.challenges import EnrollmentKind
from pomona.registry.enrollments import Tokens, Told
from pomona.store import Tx
from tests.portal.support import Portal
from tests.support.worlds import ADMIN, World


@pytest.fixture
def portal(local_portal: Portal) -> Portal:
    """What is tried here does not depend on the engine."""
    return local_portal


def enrolled(
    portal: Portal, serial: str | None, key: str, world: World | None = None, kind: EnrollmentKind = "ade"
) -> None:
    """A device that went through enrolment, reported, and was sent a command."""
    of = world or portal.world
    told = Told("Pip’s iPad", "iPad", "iPad16,1", "26.1", "23B85")

    def work(tx: Tx) -> None:
        enrollments.begin(tx, of.id, key, kind, serial=serial, account_id=None, told=told, now=of.now)
        begun = enrollments.get(tx, of.id, key)
        enrollments.update_tokens(tx, begun.id, Tokens(b"push", "magic", None, True), of.now)
        enrollments.count_in(tx, begun, actor=ADMIN, now=of.now)
        reported = {"BatteryLevel": 0.5, "IsSupervised": True, "Capabilities": ["a", "b"], "Quota": {"GB": 3}}
        enrollments.learnt(tx, begun.id, told, reported, of.now)
        commands.queue(
            tx,
            enrollments.get(tx, of.id, key),
            "DeviceInformation",
            "CMD-1",
            b"<plist/>",
            actor=ADMIN,
            now=of.now,
        )

    portal.runtime.store.write_sync(work)


def test_an_enrolled_device_is_listed_with_what_it_reported(portal: Portal) -> None:
    serial = portal.world.stock(1)[0]
    enrolled(portal, serial, "UDID-1")
    browser = portal.signed_in()
    listed = html.unescape(browser.get("/portal/enrolled").text)
    assert "Pip’s iPad" in listed
    assert "in Setup Assistant" in listed
    assert f"/manage/{portal.world.organization.slug}/manual" in listed
    page = html.unescape(browser.get("/portal/enrolled/UDID-1").text)
    for text in ("0.5", "Yes", "a, b", "GB: 3", "DeviceInformation", "Waits for the device", "iPad16,1"):
        assert text in page
    assert f'href="/portal/devices/{serial}"' in page
    assert "Enrolled in" in browser.get(f"/portal/devices/{serial}").text


def test_a_users_own_device_has_no_page_of_the_organisations(portal: Portal) -> None:
    enrolled(portal, None, "EID-1", kind="byod")
    page = portal.signed_in().get("/portal/enrolled/EID-1").text
    assert "EnrollmentID" in page
    assert "Serial number" not in page


def test_those_that_left_show_when_asked_for(portal: Portal) -> None:
    enrolled(portal, None, "UDID-2", kind="manual")
    world = portal.world
    portal.runtime.store.write_sync(
        lambda tx: enrollments.leave(tx, enrollments.get(tx, world.id, "UDID-2"), actor=ADMIN, now=world.now)
    )
    browser = portal.signed_in()
    assert "No device is enrolled" in browser.get("/portal/enrolled").text
    assert "Left" in browser.get("/portal/enrolled", left="1").text


def test_another_organisations_enrolment_is_not_there(portal: Portal) -> None:
    enrolled(portal, None, "UDID-3", World(portal.runtime.store, "Other"), "manual")
    browser = portal.signed_in()
    assert browser.get("/portal/enrolled/UDID-3").status_code == 404
    assert "No device is enrolled" in browser.get("/portal/enrolled").text
