import os
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue import identifiers
from pomona.catalogue.facts import Facts, infer
from pomona.catalogue.kinds import Kind
from pomona.catalogue.making import SHARES
from pomona.catalogue.products import Product, all_products, find
from pomona.catalogue.serials import InvalidSerial, batch

SERIALS = st.from_regex("[A-Z0-9]{8,20}", fullmatch=True)


def plain(facts: Facts) -> tuple[str, ...]:
    return (
        facts.product.part_number,
        " ".join(facts.imei),
        " ".join(facts.meid),
        facts.eid,
        facts.wifi_mac,
        facts.bluetooth_mac,
        " ".join(facts.ethernet_mac),
    )


PINNED = {
    "FOWCUUXWU5H3": (
        "MOPRELL/A",
        "001440268311229 001440268311237",
        "00144026831122",
        "89000069546375197343442309659056",
        "BA:8C:6C:7F:DE:EC",
        "BA:8C:6C:7F:DE:ED",
        "",
    ),
    "MLO3KPEAQH": ("MODM8LL/A", "", "", "", "7E:55:94:5A:48:4C", "7E:55:94:5A:48:4D", ""),
    "L53OJC68ZPED": ("MOM18LL/A", "", "", "", "62:F3:77:84:5C:8C", "62:F3:77:84:5C:8D", ""),
    "9SJ4O8J73J": ("MOT21LL/A", "", "", "", "66:86:B5:D2:BC:C8", "66:86:B5:D2:BC:C9", ""),
    "9XJONHXFFTAX": ("MONA1LL/A", "", "", "", "3A:FE:D4:18:90:30", "3A:FE:D4:18:90:31", "3A:FE:D4:18:90:32"),
    "FWME6OZ298": (
        "MOWS1LL/A",
        "001232086491964",
        "00123208649196",
        "89000968272575617505462472027753",
        "AE:FD:98:77:26:00",
        "AE:FD:98:77:26:01",
        "",
    ),
    "CXLSG7OCUT6T": ("MOV23LL/A", "", "", "", "56:50:41:D5:F6:78", "56:50:41:D5:F6:79", ""),
    "C02X1234ABCD": (
        "MODCALL/A",
        "001847656174326",
        "00184765617432",
        "89000096700903175132552745330978",
        "7E:C1:D5:27:72:84",
        "7E:C1:D5:27:72:85",
        "",
    ),
    "DEMO000001": (
        "MODL8LL/A",
        "001881616076305",
        "00188161607630",
        "89000897703427943088354593984267",
        "AE:B8:88:41:E4:E8",
        "AE:B8:88:41:E4:E9",
        "",
    ),
    "12345678": (
        "MOPRCLL/A",
        "001884063812800 001884063812818",
        "00188406381280",
        "89000358275599006485859698849028",
        "0E:B7:A3:50:06:3C",
        "0E:B7:A3:50:06:3D",
        "",
    ),
}


@pytest.mark.parametrize("serial", list(PINNED))
def test_derived_facts_stay_what_they_were_in_earlier_versions(serial: str) -> None:
    assert plain(infer(serial)) == PINNED[serial]


def test_facts_do_not_depend_on_the_process() -> None:
    program = "from pomona.catalogue.facts import infer\nprint([infer(f'SERIAL{n:04}') for n in range(20)])"
    for seed in ("1", "2"):
        answer = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        )
        assert answer.stdout.strip() == str([infer(f"SERIAL{n:04}") for n in range(20)])


@given(SERIALS, st.sampled_from(all_products()))
def test_facts_are_those_of_the_product_and_valid(serial: str, made: Product) -> None:
    facts = infer(serial, made)
    assert facts.serial == serial
    assert facts.product is made
    assert not facts.inferred
    assert len(facts.imei) == made.cellular == len(set(facts.imei))
    assert all(identifiers.is_imei(imei) and imei.startswith("001") for imei in facts.imei)
    assert facts.meid == tuple(imei[:14] for imei in facts.imei[:1])
    assert identifiers.is_eid(facts.eid) if made.cellular else facts.eid == ""
    assert len(facts.ethernet_mac) == made.ethernet
    macs = [facts.wifi_mac, facts.bluetooth_mac, *facts.ethernet_mac]
    assert len(set(macs)) == len(macs)
    assert all(identifiers.is_mac(mac) and int(mac[:2], 16) & 3 == 2 for mac in macs)


@given(SERIALS, st.sampled_from(Kind))
def test_a_guess_is_marked_and_of_the_kind_asked_for(serial: str, kind: Kind) -> None:
    assert infer(serial).inferred
    assert infer(serial, kind=kind).inferred
    assert infer(serial, kind=kind).product.kind is kind
    assert infer(serial) == infer(serial)
    assert infer(serial.lower()) == infer(serial)


def test_identifiers_come_from_the_serial_alone() -> None:
    phone = infer("C02X1234ABCD", find("iPhone17,1"))
    cell = infer("C02X1234ABCD", find("iPad16,4"))
    mac = infer("C02X1234ABCD", find("Mac mini"))
    assert phone.imei[:1] == cell.imei
    assert phone.eid == cell.eid
    assert phone.wifi_mac == cell.wifi_mac == mac.wifi_mac
    assert mac.imei == mac.meid == ()


def test_a_product_outweighs_a_kind() -> None:
    assert infer("C02X1234ABCD", find("iPhone17,1"), Kind.MAC).product.kind is Kind.IPHONE


def test_guesses_are_spread_believably() -> None:
    kinds = Counter(infer(f"F9XYZ{n:07}").product.kind for n in range(10_000))
    for kind, share in SHARES.items():
        assert kinds[kind] == pytest.approx(100 * share, rel=0.2)
    assert sum(kinds[kind] for kind in (Kind.IPHONE, Kind.IPAD, Kind.MAC)) > 8_500


def test_two_serials_hardly_ever_share_an_identifier() -> None:
    facts = [infer(serial) for serial, _ in batch(11, 20_000)]
    for values in (
        [mac for fact in facts for mac in (fact.wifi_mac, fact.bluetooth_mac, *fact.ethernet_mac)],
        [fact.eid for fact in facts if fact.eid],
        [imei for fact in facts for imei in fact.imei],
    ):
        assert len(values) == len(set(values))


def test_a_wrong_serial_is_refused() -> None:
    with pytest.raises(InvalidSerial, match="expected 8 to 20"):
        infer("nope")
