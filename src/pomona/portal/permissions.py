"""What a role may do.

Every page and every form names its permission in `routes.PAGES`; the door checks it, nobody else.
"""

from enum import StrEnum

from pomona.registry.people import Role


class Permission(StrEnum):
    """One thing that a role may or may not do in the portal."""

    LOOK = "look"
    """See devices, services, suppliers, orders and activities."""
    LOGS = "logs"
    """Read the audit log."""
    TERMS = "terms"
    """Accept new terms for the organisation."""
    SUPPLIERS = "suppliers"
    """Link and unlink Apple Customer Numbers and Reseller Numbers."""
    SERVICES = "services"
    """Link, change and unlink device management services and download their tokens."""
    DEFAULTS = "defaults"
    """Choose the service that takes new devices of a kind."""
    ADD = "add"
    """Add devices by hand."""
    ASSIGN = "assign"
    """Assign devices to services and take them off."""
    RELEASE = "release"
    """Release devices from the organisation."""
    MANAGE = "manage"
    """See and command the devices enrolled in the built-in service."""
    PEOPLE = "people"
    """Add, change and deactivate people's accounts."""
    API_ACCOUNTS = "api_accounts"
    """Make API accounts and revoke their keys."""
    WEBHOOKS = "webhooks"
    """Change where programs are told of what happens, and see what they were sent."""


_ALL = frozenset(Permission)
_DEVICES = frozenset({Permission.LOOK, Permission.ADD, Permission.ASSIGN, Permission.RELEASE})

ROLES: dict[str, frozenset[Permission]] = {
    Role.ADMINISTRATOR: _ALL,
    Role.IT_ADMINISTRATOR: _ALL
    - {Permission.TERMS, Permission.SUPPLIERS, Permission.PEOPLE, Permission.API_ACCOUNTS},
    Role.DEVICE_ENROLLMENT_MANAGER: _DEVICES | {Permission.SERVICES, Permission.DEFAULTS, Permission.MANAGE},
    Role.PEOPLE_MANAGER: frozenset({Permission.PEOPLE}),
    Role.CONTENT_MANAGER: frozenset({Permission.LOOK}),
    Role.STAFF: frozenset(),
}
"""Each role's permissions. Everybody may see their own account."""


def of_role(role: str) -> frozenset[Permission]:
    """The permissions of an account's role; none for a role that is not in the table."""
    return ROLES.get(role, frozenset())
