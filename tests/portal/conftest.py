"""The portal, served with people who can sign in."""

from tests.portal.support import portal

__all__ = ["portal"]
