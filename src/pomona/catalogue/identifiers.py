"""The numbers that name one device: serial, IMEI, MEID, EID and MAC address; building them and telling them apart.

Check digits follow 3GPP TS 23.003 (IMEI: Luhn) and GSMA SGP.29 (EID: modulo 97). What is built here is never a real
device's: IMEIs begin with 001, the range of test equipment; EIDs with 89000, where a real one has a country code and no
country has 000; MAC addresses are locally administered.
"""

import re
from typing import Literal

TEST_IMEI_PREFIX = "001"
TEST_EID_PREFIX = "89000"

_SERIAL = re.compile("[A-Z0-9]{8,20}")
_MEID = re.compile("[0-9]{14}|[A-F][0-9A-F]{13}")
_MAC = re.compile("[0-9A-F]{2}(?::[0-9A-F]{2}){5}")

# The ASCII code of a digit to the sum of the digits of twice its value.
_DOUBLED = bytes(sum(divmod(code % 48 * 2, 10)) if 48 <= code < 58 else 0 for code in range(256))
_EID_PREFIX = int(TEST_EID_PREFIX) * 10**25


def luhn_check_digit(body: str) -> str:
    """The digit that completes `body` (ASCII digits, any number of them) so that the Luhn sum is a multiple of ten."""
    digits = body.encode()
    plain = digits[-2::-2]
    total = sum(plain) - 48 * len(plain) + sum(digits[::-2].translate(_DOUBLED))
    return "0987654321"[total % 10]


def imei(number: int) -> str:
    """The test IMEI of a number from 0 to 99,999,999,999: 15 digits, the last one the check digit."""
    body = f"{TEST_IMEI_PREFIX}{number:011}"
    return body + luhn_check_digit(body)


def meid(of_imei: str) -> str:
    """The MEID that a phone with this IMEI reports: the IMEI without its check digit, 14 digits."""
    return of_imei[:14]


def eid(number: int) -> str:
    """The EID of a number below 10^25: 32 digits, the last two chosen so that the whole is 1 modulo 97."""
    body = _EID_PREFIX + number
    return f"{body}{98 - body * 100 % 97:02}"


def mac(number: int) -> str:
    """A locally administered unicast MAC address from the low 48 bits of `number`, as `D2:34:56:78:9A:BC`."""
    return (number & 0xFCFFFFFFFFFF | 0x020000000000).to_bytes(6, "big").hex(":").upper()


def is_serial(text: str) -> bool:
    """Whether `text` is a canonical serial number: 8 to 20 capital letters and digits."""
    return _SERIAL.fullmatch(text) is not None


def is_imei(text: str) -> bool:
    """Whether `text` is an IMEI: 15 digits, the last one the Luhn check digit of the others."""
    return _digits(text, 15) and luhn_check_digit(text[:14]) == text[14]


def is_meid(text: str) -> bool:
    """Whether `text` is an MEID: 14 digits, or 14 upper-case hexadecimal digits of which the first is A to F."""
    return _MEID.fullmatch(text) is not None


def is_eid(text: str) -> bool:
    """Whether `text` is an EID: 32 digits beginning with 89 that leave 1 when divided by 97."""
    return _digits(text, 32) and text.startswith("89") and int(text) % 97 == 1


def is_mac(text: str) -> bool:
    """Whether `text` is a MAC address as Pomona writes it: six upper-case hexadecimal octets parted by colons."""
    return _MAC.fullmatch(text) is not None


def classify(text: str) -> Literal["serial", "imei", "meid"]:
    """What a canonical device id (upper case, no blanks) of a supplier's order is.

    15 digits with the right check digit are an IMEI; 14 digits, and 14 hexadecimal digits beginning with A to F, are an
    MEID; everything else is taken for a serial, 15 digits with a wrong check digit among it.
    """
    if is_imei(text):
        return "imei"
    return "meid" if is_meid(text) else "serial"


def _digits(text: str, count: int) -> bool:
    return len(text) == count and text.isascii() and text.isdigit()
