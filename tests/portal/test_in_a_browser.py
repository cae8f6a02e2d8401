"""The portal in a real browser: a walk through what an administrator does, and what eyes and screen readers need."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from pomona.formats import server_token
from pomona.registry import devices
from tests.portal.certificates import own_certificate
from tests.portal.support import PASSWORD, Portal, furnished

_LOOK = (Path(__file__).parent / "accessibility.js").read_text().partition("\n")[2].strip().rstrip(";")


@pytest.fixture
def page(chromium: Browser, local_portal: Portal) -> Iterator[Page]:
    """A tab on the portal's start page. What the browser complains of (a blocked script, a missing file) fails the test."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    context = chromium.new_context(base_url=local_portal.origin, viewport={"width": 1280, "height": 860})
    context.set_default_timeout(10_000)
    tab = context.new_page()
    tab.on("console", note)
    tab.on("pageerror", lambda problem: complaints.append(str(problem)))
    tab.goto("/portal/")
    yield tab
    context.close()
    assert complaints == []


def sign_in(portal: Portal, page: Page, email: str = "admin@example.com") -> None:
    portal.person("ADMINISTRATOR", email)
    page.get_by_label("Mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_service_is_linked_and_its_token_downloaded(local_portal: Portal, page: Page) -> None:
    key, pem = own_certificate()
    sign_in(local_portal, page)
    page.get_by_role("link", name="Services").click()
    page.get_by_role("link", name="Link a service").click()
    page.get_by_label("Name").fill("Main server")
    page.get_by_label("Certificate of the service").set_input_files(
        {"name": "own.pem", "mimeType": "application/x-pem-file", "buffer": pem}
    )
    page.get_by_role("button", name="Link").click()
    expect(page.get_by_role("status")).to_contain_text("The service is linked")
    with page.expect_download() as expected:
        page.get_by_role("button", name="Download the token").click()
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    token = server_token.read(Path(expected.value.path()).read_bytes(), der, key)
    assert token.access_token.startswith("AT_")
    assert expected.value.suggested_filename.endswith("_smime.p7m")


def test_devices_are_filtered_assigned_and_followed(local_portal: Portal, page: Page) -> None:
    world = local_portal.world
    service, ours = world.service("Main server"), world.stock(30)
    sign_in(local_portal, page)
    page.get_by_role("link", name="Devices", exact=True).click()
    page.get_by_label("Kind").select_option(label="Mac")
    page.get_by_role("button", name="Filter").click()
    macs = page.locator("tbody .serial").all_inner_texts()
    assert 0 < len(macs) < len(ours)
    page.get_by_label("Select all on this page").check()
    expect(page.locator("[data-count]")).to_have_text(f"{len(macs)} devices selected")
    page.get_by_label(f"Select {macs[0]}").uncheck()
    page.get_by_label("Service to assign to").select_option(label="Main server")
    page.get_by_role("button", name="Assign", exact=True).click()
    count = f"{len(macs) - 1} devices"
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Assign {count} to Main server?")
    page.get_by_role("button", name=f"Assign {count}").click()
    # The page follows the activity by itself until it has ended.
    expect(page.get_by_text("Completed successfully", exact=True)).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text(macs[1])
    page.get_by_role("link", name=macs[1]).click()
    expect(page.locator(".history")).to_contain_text("Assigned to Main server")
    store = local_portal.runtime.store
    held = [store.read_sync(partial(devices.get, organization_id=world.id, serial=serial)) for serial in macs]
    assert [device.service_id for device in held] == [None] + [service.id] * (len(macs) - 1)


def test_without_scripts_everything_works_too(chromium: Browser, local_portal: Portal) -> None:
    local_portal.world.service("Main server")
    ours = local_portal.world.stock(12)
    context = chromium.new_context(
        base_url=local_portal.origin,
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
    )
    page = context.new_page()
    page.goto("/portal/")
    sign_in(local_portal, page)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Devices").click()
    page.get_by_role("link", name="Assign by list").click()
    page.get_by_label("Device management service").select_option(label="Main server")
    page.get_by_label("Serial numbers").fill("\n".join(ours))
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_role("button", name="Assign 12 devices").click()
    # Without scripts the page loads itself anew until the activity has ended.
    expect(page.get_by_text("12 of 12 done")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    context.close()


def test_every_page_can_be_read_by_everybody(chromium: Browser, local_portal: Portal) -> None:
    addresses = furnished(local_portal)
    local_portal.person("ADMINISTRATOR", "admin@example.com")
    for width, scheme in ((1280, "dark"), (360, "light")):
        context = chromium.new_context(
            base_url=local_portal.origin,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page = context.new_page()
        page.goto("/portal/sign-in")
        assert page.evaluate(_LOOK) == []
        page.get_by_label("Mail address").fill("admin@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        for address in addresses:
            if ".csv" in address or ".mobileconfig" in address:
                continue
            answer = page.goto(address)
            assert answer is not None
            assert (address, answer.status, page.evaluate(_LOOK)) == (address, 200, [])
        context.close()


def test_the_look_for_problems_finds_them(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(
        "<main><h1>One</h1><h3>Three</h3><p style='color:#999'>pale</p><input><button></button>"
        "<table><tr><th>x</th></tr></table><i id=a></i><i id=a></i></main>"
    )
    found = " ".join(page.evaluate(_LOOK))
    for problem in ("no title", "no language", "twice", "level 3 after 1", "without a label", "no name", "caption",
                    "without a scope", "contrast of only 2.8"):  # fmt: skip
        assert problem in found
    page.close()
