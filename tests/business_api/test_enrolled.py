"""`mdmDevices`: what is enrolled in the built-in service now, with what it told."""

from typing import Any

import pytest

from pomona.business_api.enrolled import DETAILS, MDM_DEVICES
from pomona.formats.times import iso_millis
from pomona.registry import commands, enrollments, people
from pomona.registry.enrollments import Told
from tests.business_api.support import Client, refused
from tests.support.worlds import ADMIN, World, serials

INFORMATION = {
    "WiFiMAC": "02:00:00:00:00:01", "BluetoothMAC": "02:00:00:00:00:02", "IMEI": "001012345678902", "MEID": "99000000000001",
    "DeviceCapacity": 128.0, "AvailableDeviceCapacity": 64.5, "FDE_Enabled": True,
}  # fmt: skip


def enrol(
    world: World,
    serial: str | None,
    *,
    key: str | None = None,
    product_type: str = "iPhone17,1",
    information: dict[str, Any] | None = None,
    account_id: int | None = None,
    counts: bool = True,
) -> None:
    """Enrols a device as its check-in and its first answer do."""

    def work(tx: Any) -> None:
        name = key or f"UDID-{serial}"
        kind: Any = "byod" if serial is None else "device"
        told = Told("Ann's", "iPhone", product_type, "26.1", "23B85")
        id = enrollments.begin(
            tx, world.id, name, kind, serial=serial, account_id=account_id, told=told, now=world.now
        )
        if counts:
            enrollments.count_in(tx, enrollments.get(tx, world.id, name), actor=ADMIN, now=world.now)
        if information is not None:
            enrollments.learnt(tx, id, told, information, world.now)

    world.store.write_sync(work)


def leave(world: World, serial: str) -> None:
    """The device is managed no longer."""
    world.store.write_sync(
        lambda tx: enrollments.leave(
            tx, enrollments.find(tx, world.id, f"UDID-{serial}"), actor=ADMIN, now=world.now
        )
    )


def listed(client: Client, **params: Any) -> list[str]:
    """Ids of a page."""
    return [each["id"] for each in client.get("mdmDevices", **params).json()["data"]]


def test_only_what_is_enrolled_now_and_has_a_serial(client: Client, world: World) -> None:
    here, pending, gone, twice = serials(4)
    enrol(world, here)
    enrol(world, pending, counts=False)
    enrol(world, gone)
    leave(world, gone)
    enrol(world, None, key="of a user")
    enrol(world, twice, product_type="Mac16,10")
    enrol(world, twice, key="made anew", product_type="iPad16,3")
    assert listed(client) == [here, twice]
    families = {
        each["id"]: each["attributes"]["productFamily"] for each in client.get("mdmDevices").json()["data"]
    }
    assert families == {here: "iPhone", twice: "iPad"}
    for serial in (pending, gone):
        refused(client.get(f"mdmDevices/{serial}/details"), 404, "NOT_FOUND")
    assert client.get(f"mdmDevices/{twice.lower()}/details").json()["data"]["id"] == twice


def test_a_device_and_its_details(client: Client, world: World) -> None:
    [serial] = serials(1)

    def employ(tx: Any) -> people.Person:
        return people.add(
            tx, world.id, f"ann@{world.organization.slug}.pomona.test", first_name="Ann", last_name="", role="STAFF",
            password_hash=None, actor=ADMIN, now=world.now, rng=world.rng,
        )  # fmt: skip

    person = world.store.write_sync(employ)
    enrol(world, serial, information=INFORMATION, account_id=person.id)
    page = client.get("mdmDevices").json()
    assert page["meta"]["paging"] == {"limit": 100}
    [device] = page["data"]
    url = f"{client.origin}/v1/mdmDevices/{serial}/details"
    assert device == {
        "type": "mdmDevices",
        "id": serial,
        "attributes": {
            "serialNumber": serial, "deviceName": "Ann's", "productFamily": "iPhone", "enrolledUserId": person.uuid,
        },
        "relationships": {"details": {"links": {"related": url}}},
    }  # fmt: skip
    document = client.send("GET", url).json()
    assert document["links"] == {"self": url}
    told = document["data"]["attributes"]
    assert tuple(told) == DETAILS.attributes
    assert told == {
        "serialNumber": serial, "deviceName": "Ann's", "deviceModel": told["deviceModel"], "osVersion": "26.1",
        "platform": "PLATFORM_IOS", "imei": ["001012345678902"], "meid": ["99000000000001"],
        "wifiMacAddress": "02:00:00:00:00:01", "bluetoothMacAddress": "02:00:00:00:00:02", "ethernetMacAddress": "",
        "lastCheckInDateTime": iso_millis(world.now), "isFirewallEnabled": False, "isFileVaultEnabled": True,
        "storageFreeCapacity": 64.5 * 2**30, "storageTotalCapacity": 128 * 2**30, "deviceLockStatus": "UNLOCKED",
        "deviceEraseStatus": "NOT_ERASED", "lostModeStatus": "DISABLED",
    }  # fmt: skip
    assert "iPhone" in told["deviceModel"]
    assert isinstance(told["storageFreeCapacity"], int)


@pytest.mark.parametrize(
    ("product_type", "family", "platform"),
    [
        ("VirtualMac2,1", "Mac", "PLATFORM_MACOS"),
        ("AppleTV99,1", "AppleTV", "PLATFORM_TVOS"),
        ("RealityDevice99,1", "Vision", "PLATFORM_VISIONOS"),
        ("iPod9,1", "iPhone", "PLATFORM_IOS"),
        ("Toaster1,1", "", ""),
    ],
)
def test_a_device_that_told_little(
    client: Client, world: World, product_type: str, family: str, platform: str
) -> None:
    [serial] = serials(1)
    nonsense = {"DeviceCapacity": "much", "AvailableDeviceCapacity": -1, "IMEI": 7, "WiFiMAC": True}
    enrol(world, serial, product_type=product_type, information=nonsense)
    [device] = client.get("mdmDevices").json()["data"]
    assert device["attributes"]["productFamily"] == family
    assert device["attributes"]["enrolledUserId"] is None
    told = client.get(f"mdmDevices/{serial}/details").json()["data"]["attributes"]
    assert told["platform"] == platform
    assert None not in told.values()
    assert (told["imei"], told["wifiMacAddress"], told["storageFreeCapacity"]) == ([], "", 0)


def test_pages_fields_and_what_is_refused(client: Client, world: World) -> None:
    stock = serials(5)
    for serial in stock:
        enrol(world, serial)
    pages = client.pages("mdmDevices?limit=2&fields[mdmDevices]=deviceName")
    assert [[each["id"] for each in page["data"]] for page in pages] == [stock[:2], stock[2:4], stock[4:]]
    assert {tuple(each["attributes"]) for page in pages for each in page["data"]} == {("deviceName",)}
    assert all("relationships" not in each for page in pages for each in page["data"])
    some = client.get(f"mdmDevices/{stock[0]}/details", **{DETAILS.parameter: "platform,imei"}).json()["data"]
    assert set(some["attributes"]) == {"platform", "imei"}
    for path, name, value in (
        ("mdmDevices", MDM_DEVICES.parameter, "platform"),
        ("mdmDevices", "filter[serialNumber]", stock[0]),
        ("mdmDevices", "limit", "1001"),
        (f"mdmDevices/{stock[0]}/details", DETAILS.parameter, "serial"),
    ):
        refused(client.get(path, **{name: value}), 400, "PARAMETER_ERROR.INVALID", parameter=name)
    refused(client.send("POST", "mdmDevices", json={}), 403, "FORBIDDEN_ERROR")
    refused(client.send("DELETE", f"mdmDevices/{stock[0]}/details"), 403, "FORBIDDEN_ERROR")


def test_what_commands_made_of_a_device(client: Client, world: World) -> None:
    [serial] = world.arrive(serials(1))
    enrol(world, serial)

    def did(type: str, state: Any = "acknowledged") -> tuple[str, str]:
        """The status of lock and erasure after the device answered another command."""
        now = world.tick()

        def work(tx: Any) -> None:
            enrollment = enrollments.get(tx, world.id, f"UDID-{serial}")
            commands.queue(tx, enrollment, type, str(now), b"<plist/>", actor=ADMIN, now=now)
            commands.answered(tx, enrollment.id, str(now), state, b"<plist/>", now)

        world.store.write_sync(work)
        attributes = client.get(f"mdmDevices/{serial}/details").json()["data"]["attributes"]
        return attributes["deviceLockStatus"], attributes["deviceEraseStatus"]

    assert did("DeviceInformation") == ("UNLOCKED", "NOT_ERASED")
    assert did("DeviceLock", "error") == ("UNLOCKED", "NOT_ERASED")
    assert did("DeviceLock") == ("LOCKED", "NOT_ERASED")
    assert did("ProfileList") == ("UNLOCKED", "NOT_ERASED")
    assert did("EraseDevice", "notnow") == ("UNLOCKED", "NOT_ERASED")
    assert did("EraseDevice") == ("UNLOCKED", "ERASED")
    world.tick()
    enrol(world, serial)
    assert did("DeviceInformation") == ("UNLOCKED", "NOT_ERASED")
