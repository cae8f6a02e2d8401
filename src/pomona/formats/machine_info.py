"""MachineInfo: what a device says of itself, CMS-signed, when it asks for an enrolment profile."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

_DEVICE = ("UDID", "SERIAL", "PRODUCT", "VERSION")
_ACCOUNT_DRIVEN = ("PRODUCT", "VERSION")


class MalformedMachineInfo(ValueError):
    """A key that the enrolment needs is missing or of another type; the sentence names them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineInfo:
    """One device's description; an empty string or None means that it did not say.

    Account-driven enrolment sends only `language`, `product` and `version`. `product` is a product type (`iPhone17,2`),
    `version` the build number. `others` keeps the keys of the property list that have no field here.
    """

    udid: str = ""
    serial: str = ""
    product: str = ""
    version: str = ""
    os_version: str = ""
    supplemental_build_version: str = ""
    supplemental_os_version_extra: str = ""
    imei: str = ""
    meid: str = ""
    language: str = ""
    mdm_can_request_software_update: bool = False
    software_update_device_id: str = ""
    mdm_can_request_psso_config: bool = False
    pairing_token: bytes = b""
    others: Mapping[str, Any] = field(default_factory=dict)

    def to_plist(self) -> dict[str, Any]:
        """The property list's dictionary, without the keys the device does not say."""
        told = {name.upper(): getattr(self, name) for name in _TYPES if getattr(self, name)}
        return told | dict(self.others)


_TYPES: dict[str, type] = {
    item.name: {str: str, bool: bool, bytes: bytes}[type(item.default)]
    for item in fields(MachineInfo)
    if item.name != "others"
}


def parse(plist: Mapping[str, Any], *, account_driven: bool = False) -> MachineInfo:
    """Read a MachineInfo dictionary; unknown keys are kept in `others`.

    Device enrolment needs UDID, SERIAL, PRODUCT and VERSION, account-driven enrolment the last two alone. Raises
    MalformedMachineInfo with one sentence that names every missing key, or the key whose value is of the wrong type.
    """
    known: dict[str, Any] = {}
    others = dict(plist)
    for name, kind in _TYPES.items():
        value = others.pop(name.upper(), None)
        if value is None:
            continue
        if not isinstance(value, kind):
            raise MalformedMachineInfo(
                f"{name.upper()} is a {type(value).__name__}; expected {kind.__name__}"
            )
        known[name] = value
    needed = _ACCOUNT_DRIVEN if account_driven else _DEVICE
    if missing := [key for key in needed if not known.get(key.lower())]:
        raise MalformedMachineInfo(
            f"MachineInfo lacks {', '.join(missing)}; expected at least {', '.join(needed)}"
        )
    return MachineInfo(**known, others=others)
