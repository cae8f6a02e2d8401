"""The portal, served with people who can sign in, and a browser to look at it with."""

from tests.portal.support import local_portal, portal
from tests.support.browser import chromium

__all__ = ["chromium", "local_portal", "portal"]
