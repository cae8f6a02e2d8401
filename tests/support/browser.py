"""A real browser for tests that look at pages: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.absent import absent

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """The path of a Chromium that is installed, or None."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of one module. Each test opens contexts of its own in it and closes them.

    It lives no longer than that, because Playwright keeps an event loop running in the thread of the tests.
    """
    program = find_browser()
    if program is None:
        absent("Chromium", "apt-get install chromium")
    # Chromium refuses to run as root inside its sandbox; in a container tests are often root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()
