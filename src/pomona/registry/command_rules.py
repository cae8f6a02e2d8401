"""Which commands are offered, and which a user's own device or another kind of enrolment must never be sent."""

from pomona.registry.enrollments import Enrollment
from pomona.registry.errors import Forbidden, Invalid

OFFERED = (
    "CertificateList",
    "DeviceConfigured",
    "DeviceInformation",
    "DeviceLock",
    "EraseDevice",
    "InstallProfile",
    "InstalledApplicationList",
    "ProfileList",
    "RemoveProfile",
    "RestartDevice",
    "SecurityInfo",
)

_NEVER_ON_OWN_DEVICES = frozenset({"EraseDevice", "RestartDevice", "DeviceConfigured"})
_NEVER_ON_OWN_MACS = frozenset({"DeviceLock", "InstalledApplicationList"})


def check(type: str, enrollment: Enrollment) -> None:
    """Raises `Invalid` for a type that is not offered and `Forbidden` for one the enrolment's kind does not allow."""
    if type not in OFFERED:
        raise Invalid(
            f"'{type}' is no command offered here; expected one of {', '.join(OFFERED)}.", field="type"
        )
    if enrollment.kind == "byod":
        forbidden = _NEVER_ON_OWN_DEVICES | (_NEVER_ON_OWN_MACS if enrollment.is_mac else frozenset())
        if type in forbidden:
            raise Forbidden(f"{type} is not allowed in User Enrolment: the device belongs to its user.")
    if type == "DeviceConfigured" and enrollment.kind != "ade":
        raise Forbidden("DeviceConfigured is only for devices that enrolled automatically.")
