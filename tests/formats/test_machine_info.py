import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats import machine_info
from pomona.formats.machine_info import MachineInfo, MalformedMachineInfo

PHONE = {
    "UDID": "00008140-0011223344556677",
    "SERIAL": "POMO00000001",
    "PRODUCT": "iPhone17,2",
    "VERSION": "23B85",
    "OS_VERSION": "26.1",
    "IMEI": "35 000000 000001 1",
    "LANGUAGE": "ja-JP",
    "MDM_CAN_REQUEST_SOFTWARE_UPDATE": True,
    "SOFTWARE_UPDATE_DEVICE_ID": "iPhone17,2",
    "PAIRING_TOKEN": b"\0\1",
    "FUTURE_KEY": ["kept"],
}


def test_reads_a_phone_and_writes_it_again() -> None:
    read = machine_info.parse(PHONE)
    assert (read.udid, read.serial, read.product) == (PHONE["UDID"], PHONE["SERIAL"], PHONE["PRODUCT"])
    assert read.mdm_can_request_software_update is True
    assert read.pairing_token == b"\0\1"
    assert read.others == {"FUTURE_KEY": ["kept"]}
    assert read.to_plist() == PHONE
    assert plistlib.loads(plistlib.dumps(read.to_plist())) == PHONE


def test_account_driven_enrolment_hides_the_device() -> None:
    little = {"LANGUAGE": "en", "PRODUCT": "Mac16,10", "VERSION": "25B78"}
    read = machine_info.parse(little, account_driven=True)
    assert read == MachineInfo(language="en", product="Mac16,10", version="25B78")
    assert read.to_plist() == little
    with pytest.raises(
        MalformedMachineInfo, match="lacks UDID, SERIAL; expected at least UDID, SERIAL, PRODUCT, VERSION"
    ):
        machine_info.parse(little)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SERIAL": ""}, "lacks SERIAL;"),
        ({"SERIAL": 5}, "SERIAL is a int; expected str"),
        ({"MDM_CAN_REQUEST_SOFTWARE_UPDATE": "yes"}, "is a str; expected bool"),
        ({"PAIRING_TOKEN": "AAE="}, "PAIRING_TOKEN is a str; expected bytes"),
    ],
)
def test_refusals(change: dict[str, Any], words: str) -> None:
    with pytest.raises(MalformedMachineInfo, match=words):
        machine_info.parse({**PHONE, **change})


@given(st.dictionaries(st.sampled_from(sorted(PHONE)) | st.text(), st.text() | st.booleans() | st.binary()))
def test_any_dictionary_is_read_or_refused(plist: dict[str, Any]) -> None:
    try:
        read = machine_info.parse(plist, account_driven=True)
    except MalformedMachineInfo:
        return
    assert machine_info.parse(read.to_plist(), account_driven=True) == read
