"""A simulated device: what it is, and what it says of itself when it is asked."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Any

from pomona.catalogue.facts import Facts, infer
from pomona.catalogue.kinds import Kind
from pomona.catalogue.products import Product
from pomona.formats.machine_info import MachineInfo

_UDIDS = uuid.UUID("1d0d5ad8-9d2f-4a53-8a54-0f2c0a7a5f0e")
_UNITS = {"GB": 1, "TB": 1024}
_FAMILIES = {
    Kind.IPHONE: "iPhone",
    Kind.IPAD: "iPad",
    Kind.MAC: "Mac",
    Kind.APPLE_TV: "AppleTV",
    Kind.WATCH: "Watch",
    Kind.VISION: "RealityDevice",
}
_PRIVATE = frozenset(
    {
        "UDID",
        "SerialNumber",
        "IMEI",
        "MEID",
        "WiFiMAC",
        "BluetoothMAC",
        "EthernetMAC",
        "IsActivationLockEnabled",
    }
)


@dataclass(frozen=True, slots=True)
class Device:
    """One device. The same serial and product make the same device each time."""

    facts: Facts

    @classmethod
    def of(cls, serial: str, product: Product | None = None) -> "Device":
        """The device with this serial. Raises `InvalidSerial`."""
        return cls(infer(serial, product))

    @property
    def serial(self) -> str:
        """The canonical serial."""
        return self.facts.serial

    @property
    def kind(self) -> Kind:
        """What kind of device it is."""
        return self.facts.product.kind

    @property
    def udid(self) -> str:
        """The identifier of its hardware, in the shape that its kind has."""
        name = uuid.uuid5(_UDIDS, self.serial)
        if self.kind is Kind.MAC:
            return str(name).upper()
        return f"0000{name.hex[:4]}-{name.hex[4:20]}".upper()

    @property
    def model_family(self) -> str:
        """What it calls its kind in service discovery."""
        return _FAMILIES[self.kind]

    @property
    def name(self) -> str:
        """What its owner sees: the model's name, as it comes from the box."""
        return self.facts.product.model.partition(" (")[0]

    def machine_info(self) -> MachineInfo:
        """What it tells whoever is to enrol it."""
        product = self.facts.product
        return MachineInfo(
            udid=self.udid,
            serial=self.serial,
            product=product.product_type,
            version=product.build,
            os_version=product.os_version,
            imei=self.facts.imei[0] if self.facts.imei else "",
            meid=self.facts.meid[0] if self.facts.meid else "",
            language="en",
            mdm_can_request_software_update=True,
        )

    def account_info(self) -> MachineInfo:
        """What it tells in account-driven enrolment: nothing that names it."""
        product = self.facts.product
        return MachineInfo(product=product.product_type, version=product.build, language="en")

    def authentication(self, *, own: bool) -> dict[str, Any]:
        """The keys of Authenticate beside its ids; a user's `own` device leaves out what names it."""
        product = self.facts.product
        told: dict[str, Any] = {
            "OSVersion": product.os_version,
            "BuildVersion": product.build,
            "ProductName": product.product_type,
            "DeviceName": self.name,
            "ModelName": self.kind.label,
            "Model": product.part_number,
        }
        if not own:
            told["SerialNumber"] = self.serial
            told |= {"IMEI": self.facts.imei[0], "MEID": self.facts.meid[0]} if self.facts.imei else {}
        return told

    def information(self, *, own: bool, awaiting: bool, supervised: bool) -> dict[str, Any]:
        """All it can answer to DeviceInformation; a user's `own` device leaves out what names it."""
        facts, product = self.facts, self.facts.product
        capacity = _gigabytes(product.capacity)
        draw = hashlib.sha256(self.serial.encode()).digest()
        known: dict[str, Any] = {
            "UDID": self.udid,
            "SerialNumber": self.serial,
            "DeviceName": self.name,
            "OSVersion": product.os_version,
            "BuildVersion": product.build,
            "ModelName": self.kind.label,
            "Model": product.part_number,
            "ProductName": product.product_type,
            "DeviceCapacity": capacity,
            "AvailableDeviceCapacity": round(capacity * (0.3 + draw[0] / 512), 2),
            "BatteryLevel": round(0.4 + draw[1] / 512, 2),
            "WiFiMAC": facts.wifi_mac.lower(),
            "BluetoothMAC": facts.bluetooth_mac.lower(),
            "IsSupervised": supervised,
            "IsActivationLockEnabled": False,
            "AwaitingConfiguration": awaiting,
        }
        if facts.ethernet_mac:
            known["EthernetMAC"] = facts.ethernet_mac[0].lower()
        if facts.imei:
            known |= {"IMEI": facts.imei[0], "MEID": facts.meid[0]}
        if self.kind in (Kind.MAC, Kind.APPLE_TV):
            del known["BatteryLevel"]
        return {name: value for name, value in known.items() if not own or name not in _PRIVATE}


def _gigabytes(capacity: str) -> float:
    match = re.fullmatch(r"(\d+)\s*(GB|TB)", capacity.strip())
    return float(int(match[1]) * _UNITS[match[2]]) if match else 64.0
