"""The runs that a page is put together from are JSON whatever the order was called, and say what the rows say."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pomona.business_api.projection import Encoder
from pomona.catalogue.facts import infer
from pomona.catalogue.serials import batch
from pomona.formats.times import iso_millis
from pomona.registry import devices
from pomona.store import Store
from pomona.store.projections import DeviceRow, ProductRow
from tests.support.worlds import World

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
TIMES = st.integers(0, 4_000_000_000_000)


def decoded(run: str) -> dict[str, object]:
    """The members of a run, which begins with a comma."""
    assert run.startswith(",")
    found: dict[str, object] = json.loads("{" + run[1:] + "}")
    return found


@given(order=TEXT, source_id=TEXT, tag=TEXT, added=TIMES, ordered=TIMES, n=st.integers(0, 49))
def test_a_device(order: str, source_id: str, tag: str, added: int, ordered: int, n: int) -> None:
    facts = infer(batch(3, 50)[n][0])
    row = DeviceRow(
        serial=facts.serial,
        imei=facts.imei,
        meid=facts.meid,
        eid=facts.eid,
        wifi_mac=facts.wifi_mac,
        bluetooth_mac=facts.bluetooth_mac,
        ethernet_mac=facts.ethernet_mac,
        asset_tag=tag,
        source="APPLE",
        source_id=source_id,
        order_number=order,
        ordered_at=ordered,
        added_at=added,
    )
    assert decoded(Encoder().device(row)) == {
        "addedToOrgDateTime": iso_millis(added),
        "orderNumber": order,
        "orderDateTime": iso_millis(ordered),
        "purchaseSourceId": source_id,
        "purchaseSourceType": "APPLE",
        "imei": list(facts.imei),
        "meid": list(facts.meid),
        "eid": facts.eid,
        "wifiMacAddress": facts.wifi_mac,
        "bluetoothMacAddress": facts.bluetooth_mac,
        "ethernetMacAddress": list(facts.ethernet_mac),
    }


@given(texts=st.lists(TEXT, min_size=6, max_size=6), kind=st.integers(1, 6))
def test_a_product(texts: list[str], kind: int) -> None:
    product_type, model, description, color, capacity, part = texts
    row = ProductRow(kind, product_type, model, description, color, capacity, part)
    members = decoded(Encoder().product(row))
    assert members.pop("productFamily") in ("iPhone", "iPad", "Mac", "AppleTV", "Watch", "Vision")
    assert members == {
        "deviceModel": model,
        "productType": product_type,
        "deviceCapacity": capacity,
        "partNumber": part,
        "color": color,
    }


def test_state_and_migration() -> None:
    encoder = Encoder()
    assert decoded(encoder.state(0, True)) == {
        "updatedDateTime": "1970-01-01T00:00:00.000Z",
        "status": "ASSIGNED",
    }
    assert decoded(encoder.migration(False, None, None)) == {
        "isMdmMigrationCapable": False,
        "mdmMigrationStatus": None,
        "mdmMigrationDeadlineDateTime": None,
    }
    assert (
        decoded(encoder.migration(True, "REQUESTED", 0))["mdmMigrationDeadlineDateTime"]
        == "1970-01-01T00:00:00.000Z"
    )


def test_what_is_kept_is_what_the_rows_would_give_now(any_store: Store) -> None:
    world = World(any_store)
    stock = world.stock(12)
    service = world.service("A")
    world.activity("ASSIGN_DEVICES", stock[:6], service)
    world.activity("RELEASE_DEVICES", stock[5:7])
    for serial in stock:
        device = any_store.read_sync(lambda tx: devices.get(tx, world.id, serial))  # noqa: B023
        kept = any_store.read_sync(
            lambda tx: tx.row(
                "SELECT b.serial, b.released, b.attributes, s.ba FROM business_record b"
                " JOIN device_state s ON s.device_id = b.device_id WHERE b.device_id = $1",
                device.id,  # noqa: B023
            )
        )
        encoder, facts = Encoder(), infer(serial)
        product = ProductRow(
            int(device.kind),
            device.product_type,
            device.model,
            device.description,
            device.color,
            device.capacity,
            device.part_number,
        )
        row = DeviceRow(
            serial=serial,
            imei=facts.imei,
            meid=facts.meid,
            eid=facts.eid,
            wifi_mac=facts.wifi_mac,
            bluetooth_mac=facts.bluetooth_mac,
            ethernet_mac=facts.ethernet_mac,
            asset_tag=device.asset_tag,
            source=device.source,
            source_id=device.source_id,
            order_number=device.order_number or "",
            ordered_at=device.ordered_at or device.added_at,
            added_at=device.added_at,
        )
        attributes = encoder.product(product) + encoder.device(row)
        state = encoder.state(device.updated_at, device.service_id is not None)
        assert kept == (serial, int(device.released_at is not None), attributes, state)
