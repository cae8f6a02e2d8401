"""The 33 types of audit events that the API knows: how each is named, and the category it is shown under."""

from typing import Literal

Category = Literal["ORGANIZATION", "ACCOUNT_ACTIVITY", "DEVICE_INVENTORY", "PURCHASING", "DEVICE_MANAGEMENT"]

_NAMES: dict[Category, tuple[str, ...]] = {
    "DEVICE_INVENTORY": ("DeviceAddedToOrg", "DeviceRemovedFromOrg"),
    "DEVICE_MANAGEMENT": (
        "DeviceAssignedToServer", "DeviceUnassignedFromServer", "DeviceIsErased",
        "ConfigSettingsCreated", "ConfigSettingsUpdated", "ConfigSettingsDeleted",
        "CollectionCreated", "CollectionUpdated", "CollectionDeleted",
    ),
    "PURCHASING": (
        "SubjectHasICloudStoragePurchaseAdded", "SubjectHasICloudStoragePurchaseRemoved",
        "SubjectHasAppleCarePurchaseAdded", "SubjectHasAppleCarePurchaseRemoved",
        "SubscriptionCreated", "SubscriptionUpdated", "SubscriptionDeleted",
    ),
    "ACCOUNT_ACTIVITY": (
        "AccountRoleLocationChanged", "AccountAdded", "AccountDeleted",
        "ExternalAccountAssociated", "ExternalAccountDisassociated",
    ),
    "ORGANIZATION": (
        "DomainAdded", "DomainRemoved", "DomainVerified",
        "ApiAccountCreatedWithKey", "ApiAccountCreatedWithoutKey", "ApiAccountDeleted",
        "ApiAccountKeyGenerated", "ApiAccountKeyRevoked", "ApiAccountNameChanged", "ApiAccountRoleLocationChanged",
    ),
}  # fmt: skip


def _words(name: str) -> str:
    """`DeviceAddedToOrg` as `DEVICE_ADDED_TO_ORG`; the makers' own names are one word."""
    joined = name.replace("ICloud", "Icloud").replace("AppleCare", "Applecare")
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in joined)[1:].upper()


KEYS = {_words(name): f"eventData{name}" for names in _NAMES.values() for name in names}
"""The member that holds an event's own data, by type. pyaxm refuses an event with any other."""

CATEGORIES = {_words(name): category for category, names in _NAMES.items() for name in names}

_BY_ACTIVITIES = ("DEVICE_ASSIGNED_TO_SERVER", "DEVICE_UNASSIGNED_FROM_SERVER", "DEVICE_REMOVED_FROM_ORG")

FROM_REGISTRY = {
    "ACCOUNT_CREATED": ("ACCOUNT_ADDED",),
    "ACTIVITY_FAILED": _BY_ACTIVITIES,
    "ACTIVITY_STOPPED": _BY_ACTIVITIES,
    "ACTIVITY_UNDONE": _BY_ACTIVITIES[:2],
    "MIGRATION_CANCELLED": _BY_ACTIVITIES[:2],
    "DEVICE_ADDED_TO_ORG": ("DEVICE_ADDED_TO_ORG", "DEVICE_ASSIGNED_TO_SERVER"),
    "DEVICE_REPLACED": ("DEVICE_REMOVED_FROM_ORG", "DEVICE_ADDED_TO_ORG", "DEVICE_ASSIGNED_TO_SERVER"),
} | {
    type: (type,)
    for type in (
        "ACCOUNT_ROLE_LOCATION_CHANGED",
        "API_ACCOUNT_CREATED_WITHOUT_KEY", "API_ACCOUNT_CREATED_WITH_KEY", "API_ACCOUNT_DELETED",
        "API_ACCOUNT_KEY_GENERATED", "API_ACCOUNT_KEY_REVOKED", "API_ACCOUNT_NAME_CHANGED",
        "API_ACCOUNT_ROLE_LOCATION_CHANGED", "COLLECTION_CREATED", "COLLECTION_DELETED", "COLLECTION_UPDATED",
        "CONFIG_SETTINGS_CREATED", "CONFIG_SETTINGS_DELETED", "CONFIG_SETTINGS_UPDATED", "DEVICE_ASSIGNED_TO_SERVER",
        "DEVICE_IS_ERASED", "DEVICE_REMOVED_FROM_ORG", "DEVICE_UNASSIGNED_FROM_SERVER",
        "DOMAIN_ADDED", "DOMAIN_REMOVED", "DOMAIN_VERIFIED",
        "SUBJECT_HAS_APPLECARE_PURCHASE_ADDED", "SUBJECT_HAS_APPLECARE_PURCHASE_REMOVED",
    )
}  # fmt: skip
"""What each type of the registry's log may be here. Types that are not in it never appear."""

ACTIVITIES = {
    "ASSIGN_DEVICES": "DEVICE_ASSIGNED_TO_SERVER",
    "UNASSIGN_DEVICES": "DEVICE_UNASSIGNED_FROM_SERVER",
    "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE": "DEVICE_ASSIGNED_TO_SERVER",
    "RELEASE_DEVICES": "DEVICE_REMOVED_FROM_ORG",
}
"""What an activity does to each of its devices, by its type."""

RETURNING = ("UNDO_ACTIVITY", "CANCEL_MDM_MIGRATION")
"""Types of activity that put each device back to where it was."""
