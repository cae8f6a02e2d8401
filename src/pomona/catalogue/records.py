"""Manufacturing records: checking one after the other, and what each says of its device."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pomona.catalogue import identifiers
from pomona.catalogue.facts import Facts, infer
from pomona.catalogue.products import Product, UnknownProduct, find
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.catalogue.tables import RowProblem

__all__ = ["COLUMNS", "Record", "RecordReader", "RowProblem"]

COLUMNS = (
    "serial",
    "product",
    "imei",
    "imei2",
    "meid",
    "eid",
    "wifi_mac",
    "bluetooth_mac",
    "ethernet_mac",
)
_CELLULAR = ("imei", "imei2", "meid", "eid")
_SUBSCRIBER = ("imei", "imei2", "meid")


class Record(NamedTuple):
    """What is on record of one device: its canonical serial, what it was made as, and the identifiers that were told.

    `told` has columns of `COLUMNS`; what is not in it is derived from the serial.
    """

    serial: str
    product: Product
    told: Mapping[str, str]

    def facts(self) -> Facts:
        """Everything that is known by this."""
        return _facts(self.serial, self.product, self.told)

    def numbers(self) -> tuple[str, ...]:
        """The IMEIs and the MEID that the device can be found by, as far as any were told."""
        if not any(column in self.told for column in _SUBSCRIBER):
            return ()
        facts = self.facts()
        return (*facts.imei, *facts.meid)


class RecordReader:
    """Checks records in the order of their lines. Numbers that came on an earlier line are a problem."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, tuple[int, str]]] = {}

    def read(self, line: int, row: Mapping[str, str]) -> Record | list[RowProblem]:
        """One record: the texts of its columns, those of `COLUMNS`, an absent one being an empty one.

        `line` is what its problems are reported under.
        """
        cells = {column: text for column in COLUMNS if (text := row.get(column, "").strip())}
        problems: list[RowProblem] = []
        serial = ""
        try:
            serial = canonical(cells.pop("serial", ""))
            problems += self._repeated(line, "serial", "serial", serial)
        except InvalidSerial as error:
            problems.append(RowProblem(line, "serial", str(error)))
        product = _product(line, cells.pop("product", ""), problems)
        told = {column: self._identifier(line, column, text, problems) for column, text in cells.items()}
        if product is not None:
            problems += _contradictions(line, product, told)
        return problems if product is None or problems else Record(serial, product, told)

    def _identifier(self, line: int, column: str, text: str, problems: list[RowProblem]) -> str:
        form = _FORMS[column]
        value = form.plain(text)
        if form.valid(value):
            problems += self._repeated(line, column, form.name, value)
        else:
            problems.append(
                RowProblem(line, column, f"{text[:40]!r} is not {form.name}; {form.expected(value)}")
            )
        return value

    def _repeated(self, line: int, column: str, name: str, value: str) -> list[RowProblem]:
        seen = self._seen.setdefault(name, {})
        earlier = seen.setdefault(value, (line, column))
        if earlier == (line, column):
            return []
        place = f"in the column {earlier[1]}" if earlier[0] == line else f"on line {earlier[0]}"
        return [RowProblem(line, column, f"{value} is {place} already; expected every number once")]


class _Form(NamedTuple):
    name: str
    plain: Callable[[str], str]
    valid: Callable[[str], bool]
    expected: Callable[[str], str]


def _unspaced(text: str) -> str:
    return "".join(letter for letter in text if letter not in " -\u00a0").upper()


def _colons(text: str) -> str:
    octets = "".join(letter for letter in text if letter not in " :-.").upper()
    return ":".join(octets[at : at + 2] for at in range(0, len(octets), 2))


def _expected_imei(value: str) -> str:
    if "E+" in value:
        return "a spreadsheet has shortened it; expected all 15 digits, so make the column a text column"
    body = value[:14]
    if len(value) in (14, 15) and value.isascii() and value.isdigit():
        return f"expected 15 digits of which the last is the check digit, here {identifiers.luhn_check_digit(body)}"
    return "expected 15 digits of which the last is the check digit"


def _expected_meid(value: str) -> str:
    return "expected the first 14 digits of the IMEI, or 14 hexadecimal digits of which the first is A to F"


def _expected_eid(value: str) -> str:
    return "expected 32 digits that begin with 89 and leave 1 when divided by 97"


def _expected_mac(value: str) -> str:
    return "expected six octets like 02:00:5E:10:00:01"


_IMEI = _Form("an IMEI", _unspaced, identifiers.is_imei, _expected_imei)
_MAC = _Form("a MAC address", _colons, identifiers.is_mac, _expected_mac)
_FORMS = {
    "imei": _IMEI,
    "imei2": _IMEI,
    "meid": _Form("an MEID", _unspaced, identifiers.is_meid, _expected_meid),
    "eid": _Form("an EID", _unspaced, identifiers.is_eid, _expected_eid),
    "wifi_mac": _MAC,
    "bluetooth_mac": _MAC,
    "ethernet_mac": _MAC,
}


def _product(line: int, text: str, problems: list[RowProblem]) -> Product | None:
    if not text:
        expected = "expected a product type (iPhone17,1), a model name or a part number of the catalogue"
        problems.append(RowProblem(line, "product", f"the product is empty; {expected}"))
        return None
    try:
        return find(text)
    except UnknownProduct as error:
        problems.append(RowProblem(line, "product", str(error)))
        return None


def _contradictions(line: int, product: Product, given: Mapping[str, str]) -> list[RowProblem]:
    if not product.cellular:
        problem = (
            f"{product.model} ({product.product_type}) has no cellular modem; "
            "expected this empty, or a product that has one"
        )
        return [RowProblem(line, column, problem) for column in _CELLULAR if column in given]
    if "imei2" in given and "imei" not in given:
        return [RowProblem(line, "imei", "it is empty beside an imei2; expected the first IMEI here")]
    return []


def _facts(serial: str, product: Product, given: Mapping[str, str]) -> Facts:
    made = infer(serial, product)
    if not given:
        return made
    imei, meid = _subscriber(made, given)
    return Facts(
        serial=serial,
        product=product,
        imei=imei,
        meid=meid,
        eid=given.get("eid", made.eid),
        wifi_mac=given.get("wifi_mac", made.wifi_mac),
        bluetooth_mac=given.get("bluetooth_mac", made.bluetooth_mac),
        ethernet_mac=(given["ethernet_mac"],) if "ethernet_mac" in given else made.ethernet_mac,
        inferred=False,
    )


def _subscriber(made: Facts, given: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    imei = tuple(given[column] for column in ("imei", "imei2") if column in given)
    if "meid" not in given:
        return (imei, (identifiers.meid(imei[0]),)) if imei else (made.imei, made.meid)
    meid = given["meid"]
    if not imei and meid.isdigit():
        imei = (meid + identifiers.luhn_check_digit(meid),)
    return imei, (meid,)
