"""All that any of the programs was told is so: looked up in the database, and on the wire where that shows it."""

from functools import partial

from pomona.registry import activities, devices, enrollments, profile_assignments, profiles, results
from pomona.simulator import mirror
from pomona.store import Store, Tx
from tests.crash.enrolling import Devices
from tests.crash.everybody import Everybody
from tests.crash.prepared import Prepared
from tests.crash.programs import Mover, ProfileGiver, Reader, Supplier


def acknowledged_is_there(
    store: Store, given: Prepared, all_of_them: Everybody, *, in_order: bool = True
) -> None:
    """All that any of the programs was told is so.

    With several workers an activity that was sent twice may be done the second time when the next one has been done, so
    `in_order` is False and says nothing of where the devices must be.
    """
    orders_are_there(store, all_of_them.supplier)
    activities_are_there(store, given.organization_id, all_of_them.hasty.activities)
    for mover in all_of_them.movers:
        activities_are_there(store, given.organization_id, mover.activities)
        if in_order:
            devices_are_where_they_should_be(store, mover)
    profiles_are_given(store, given, all_of_them.profiles)
    for reader, linked in zip(all_of_them.readers, (given.first, given.second), strict=True):
        copy_is_right(store, reader, linked.id)
    devices_are_managed(store, given, all_of_them.devices)


def orders_are_there(store: Store, supplier: Supplier) -> None:
    kept = store.scan_sync(lambda tx: tx.rows("SELECT transaction_id, count(*) FROM submission GROUP BY 1"))
    assert dict(kept) == dict.fromkeys(supplier.orders, 1)
    numbers = store.scan_sync(lambda tx: tx.rows("SELECT number, live FROM purchase_order"))
    assert sorted(numbers) == sorted((number, len(ids)) for number, ids in supplier.orders.items())
    for number, ids in supplier.orders.items():
        assert sorted(supplier.devices_of(number)) == sorted(ids)


def activities_are_there(store: Store, organization_id: int, told: dict[str, list[str]]) -> None:
    def read(tx: Tx) -> None:
        for uuid, serials in told.items():
            found = activities.get(tx, organization_id, uuid)
            assert found.status == "COMPLETED"
            rows = results.page(tx, found.id, limit=len(serials) + 1)
            # A large activity is done in the order of the serials.
            assert sorted(row.serial for row in rows) == sorted(serials)

    store.scan_sync(read)


def devices_are_where_they_should_be(store: Store, mover: Mover) -> None:
    rows = store.scan_sync(
        lambda tx: tx.rows(
            "SELECT o.serial, v.uuid FROM serial_owner o JOIN device_state s ON s.device_id = o.device_id"
            " LEFT JOIN service v ON v.id = s.service_id"
        )
    )
    places: dict[str, str | None] = dict(rows)
    assert {serial: places[serial] for serial in mover.where} == mover.where


def profiles_are_given(store: Store, given: Prepared, giver: ProfileGiver) -> None:
    """Each device has the profile it was given last, and its log names each change once."""

    def read(tx: Tx) -> dict[str, tuple[str, str | None]]:
        held = profile_assignments.on_service(tx, given.second.id, given.profiled)
        found = {}
        for device in devices.by_ids(tx, [each.id for each in held.values()]):
            uuid = None if device.profile_id is None else profiles.by_id(tx, device.profile_id).uuid
            found[device.serial] = (device.profile_status, uuid)
        return found

    assert store.scan_sync(read) == giver.states
    logged = store.scan_sync(
        lambda tx: tx.rows(
            "SELECT d.serial, count(*) FROM operation o JOIN device d ON d.id = o.device_id WHERE o.op = 2 GROUP BY 1"
        )
    )
    assert {serial: count for serial, count in logged if serial in giver.states} == dict(giver.changes)


def copy_is_right(store: Store, reader: Reader, service_id: int) -> None:
    """What the wire told, change by change, is what a full fetch gives now, and what the registry has."""
    reader.look()
    records, _ = mirror.read_all(reader.client)
    assert mirror.differences(reader.mirror, records) == []
    rows = store.scan_sync(
        lambda tx: tx.rows(
            "SELECT d.serial FROM device_state s JOIN device d ON d.id = s.device_id WHERE s.service_id = $1",
            service_id,
        )
    )
    assert reader.mirror.devices.keys() == {serial for (serial,) in rows}


def devices_are_managed(store: Store, given: Prepared, managed: Devices) -> None:
    """Each is enrolled once, with the push token it gave last, and no command waits.

    A command whose answer was lost is sent again; DeviceConfigured is then an error, for the device waits no longer.
    """

    def read(tx: Tx) -> dict[str, bytes | None]:
        rows = tx.rows("SELECT serial, push_token FROM enrollment WHERE status = 'enrolled'")
        return {serial: None if token is None else bytes(token) for serial, token in rows}

    found = store.scan_sync(read)
    assert {serial: found[serial] for serial in managed.push_tokens} == managed.push_tokens
    unanswered = (
        "SELECT count(*) FROM command WHERE state NOT IN ('acknowledged', 'cancelled')"
        " AND NOT (state = 'error' AND type = 'DeviceConfigured')"
    )
    assert store.scan_sync(lambda tx: tx.value(unanswered)) == 0
    for serial in managed.push_tokens:
        by_serial = partial(enrollments.by_serial, organization_id=given.organization_id, serial=serial)
        assert store.read_sync(by_serial) is not None
