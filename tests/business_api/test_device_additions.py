"""Adding devices by hand over HTTP: one, many, a CSV file; what became of each, and nothing of what cannot be."""

import csv
import io
from typing import Any

import httpx
import msgspec
import pytest

from pomona.catalogue.facts import infer
from pomona.registry import audit, by_hand, devices, replacements
from pomona.registry.devices import Device
from pomona.runtime import Runtime, Settings
from tests.business_api.support import Client, Connect, refused, start
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World, serials

ADD, IMPORT = "/pomona/v1/devices", "/pomona/v1/devices:import"


def send(client: Client, path: str, **more: Any) -> httpx.Response:
    return client.send("POST", f"{client.origin}{path}", **more)


def add(client: Client, listed: list[dict[str, str]], **attributes: Any) -> httpx.Response:
    return send(
        client, ADD, json={"data": {"type": "devices", "attributes": {"devices": listed, **attributes}}}
    )


def results(answer: httpx.Response) -> list[tuple[str, str, str]]:
    assert answer.status_code == 200, answer.text
    return [
        (each["id"], each["attributes"]["serialNumber"], each["attributes"]["result"])
        for each in answer.json()["data"]
    ]


def owned(world: World, serial: str) -> Device:
    return world.store.read_sync(lambda tx: devices.get(tx, world.id, serial))


def test_one_device_waits_in_the_placeholder(client: Client, world: World) -> None:
    [ours] = serials(1)
    answer = add(client, [{"serialNumber": ours.lower(), "productType": "iPhone17,1", "assetTag": "AT-1"}])
    assert results(answer) == [("1", ours, "ADDED")]
    assert answer.json()["meta"] == {"total": 1, "added": 1, "refused": 0, "dryRun": False}
    device = owned(world, ours)
    assert (device.source, device.product_type, device.asset_tag) == ("MANUALLY_ADDED", "iPhone17,1", "AT-1")
    server = client.get(f"orgDevices/{ours}/assignedServer").json()["data"]["attributes"]
    assert server["serverType"] == "APPLE_CONFIGURATOR"
    events = world.store.read_sync(lambda tx: audit.about(tx, world.id, "DEVICE", ours))
    assert [(event.type, event.actor.kind) for event in events] == [("DEVICE_ADDED_TO_ORG", "API_USER")]


def test_many_go_where_they_are_told_and_each_is_answered(client: Client, world: World) -> None:
    service, b = world.service("A"), world.service("B")
    world.default("IPHONE", b)
    one, two, three = serials(3)
    listed = [
        {"serialNumber": one, "productType": "iPhone 16"},
        {"serialNumber": "no"},
        {"imei": "352099001761481"},
    ]
    answer = add(client, listed, target=service.uuid)
    assert [result for *_, result in results(answer)] == ["ADDED", "INVALID_SERIAL", "UNKNOWN_IDENTIFIER"]
    assert (
        add(client, [{"serialNumber": two, "productType": "iPhone 16"}], target="default").status_code == 200
    )
    assert add(client, [{"serialNumber": three}], target="none").status_code == 200
    assert [owned(world, serial).service_id for serial in (one, two, three)] == [service.id, b.id, None]
    # Every one of many is an event of its own, as Apple's programs expect.
    more = serials(3, seed=2)
    add(client, [{"serialNumber": serial} for serial in more])
    window = {
        "filter[startTimestamp]": "2020-01-01T00:00:00Z",
        "filter[endTimestamp]": "2099-01-01T00:00:00Z",
    }
    wanted = {"filter[type]": "DEVICE_ADDED_TO_ORG", "filter[subjectId]": more[1]}
    got = client.get("auditEvents", **window, **wanted).json()
    assert [event["attributes"]["subjectId"] for event in got["data"]] == [more[1]]


def test_a_dry_run_keeps_nothing(client: Client, world: World) -> None:
    [ours] = serials(1)
    answer = add(client, [{"serialNumber": ours}], dryRun=True)
    assert results(answer) == [("1", ours, "ADDED")]
    assert answer.json()["meta"]["dryRun"] is True
    assert client.get(f"orgDevices/{ours}").status_code == 404
    assert (
        world.store.read_sync(
            lambda tx: tx.value("SELECT count(*) FROM service WHERE kind = 'APPLE_CONFIGURATOR'")
        )
        == 0
    )


def test_a_file_is_reported_line_by_line(client: Client, world: World) -> None:
    one, two = serials(2)
    text = f"sep=;\r\nSerial;Model\r\n{one};iPhone17,1\r\n\r\nx;\r\n{two};iToaster\r\n{one};\r\n"
    headers = {"content-type": "text/csv"}
    dry = send(client, f"{IMPORT}?dryRun=true", content=text.encode("utf-16"), headers=headers)
    assert world.store.read_sync(lambda tx: devices.owned_id(tx, world.id, one)) is None
    answer = send(client, f"{IMPORT}?target=none", content=text.encode("utf-16"), headers=headers)
    assert results(answer) == results(dry) == [
        ("3", one, "ADDED"), ("5", "", "INVALID_SERIAL"), ("6", two, "UNKNOWN_PRODUCT"), ("7", one, "REPEATED"),
    ]  # fmt: skip
    assert answer.json()["meta"] == {"total": 4, "added": 1, "refused": 3, "dryRun": False}
    report = send(client, f"{IMPORT}?target=none&format=csv", content=text.encode(), headers=headers)
    assert report.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(report.text)))
    assert [row[3] for row in rows[1:]] == ["ALREADY_HERE", "INVALID_SERIAL", "UNKNOWN_PRODUCT", "REPEATED"]


def test_ten_thousand_lines_at_once(client: Client, world: World) -> None:
    ours = serials(10_000)
    body = "serial_number\n" + "\n".join(ours)
    answer = send(client, f"{IMPORT}?target=none", content=body)
    assert answer.json()["meta"]["added"] == 10_000
    assert owned(world, ours[-1]).inferred


def test_another_organisations_device_is_not_told_of(client: Client, world: World) -> None:
    other = World(world.store, "Other")
    [theirs] = serials(1)
    other.arrive([theirs])
    imei = owned(other, theirs).imei[0]
    answer = add(client, [{"imei": imei}, {"serialNumber": theirs}])
    assert results(answer) == [
        ("1", "", "OWNED_BY_ANOTHER_ORGANIZATION"),
        ("2", theirs, "OWNED_BY_ANOTHER_ORGANIZATION"),
    ]
    assert theirs not in str(answer.json()["data"][0])


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({"data": {}}, 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", "/data/attributes"),
        ({"data": {"attributes": {"devices": []}}}, 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", "/data/attributes/devices"),
        (
            {"data": {"attributes": {"devices": [{"serial": "x"}]}}},
            409, "ENTITY_ERROR.ATTRIBUTE.UNKNOWN", "/data/attributes/devices/0/serial",
        ),
        (
            {"data": {"attributes": {"devices": [{"serialNumber": "OK12345678"}], "target": "somewhere"}}},
            409, "ENTITY_ERROR.ATTRIBUTE.INVALID", "/data/attributes/target",
        ),
        (
            {"data": {"attributes": {"devices": [{"serialNumber": 7}]}}},
            422, "ENTITY_ERROR.ATTRIBUTE.TYPE", "/data/attributes/devices/0/serialNumber",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at(client: Client, body: Any, status: int, code: str, pointer: str) -> None:
    refused(send(client, ADD, json=body), status, code, pointer=pointer)


def test_a_file_that_is_none_and_parameters_that_are_none(client: Client) -> None:
    refused(send(client, IMPORT, content=b"PK\x03\x04\0"), 422, "ENTITY_ERROR")
    refused(
        send(client, IMPORT, content=b"\n"),
        422,
        "ENTITY_ERROR.ATTRIBUTE.REQUIRED",
        pointer="/data/attributes/devices",
    )
    refused(
        send(client, f"{IMPORT}?dryRun=maybe", content=b"x"),
        400,
        "PARAMETER_ERROR.INVALID",
        parameter="dryRun",
    )
    refused(
        send(client, f"{IMPORT}?format=xls", content=b"x"), 400, "PARAMETER_ERROR.INVALID", parameter="format"
    )
    many = "\n".join(["OK12345678"] * (by_hand.MOST + 1))
    refused(
        send(client, IMPORT, content=many), 413, "ENTITY_ERROR.TOO_LARGE", pointer="/data/attributes/devices"
    )


def test_it_takes_the_permission(world: World, origin: str, connect: Connect) -> None:
    reader = connect(world, origin, permissions=["read", "assign"])
    detail = refused(add(reader, [{"serialNumber": "OK12345678"}]), 403, "FORBIDDEN_ERROR")
    assert "'devices'" in detail
    school = connect(world, origin, kind="SCHOOL")
    refused(add(school, [{"serialNumber": "OK12345678"}]), 404, "PATH_ERROR")


def test_a_strict_catalogue_fails_the_line(
    runtime: Runtime, world: World, serve: Serve, connect: Connect
) -> None:
    strict = Runtime(
        msgspec.structs.replace(Settings(), catalogue="strict"),
        runtime.store,
        runtime.keys,
        runtime.clock,
        runtime.rng,
    )
    client = connect(world, start(strict, serve))
    named, unknown = serials(2)
    answer = add(client, [{"serialNumber": named, "productType": "Mac mini"}, {"serialNumber": unknown}])
    assert [result for *_, result in results(answer)] == ["ADDED", "NOT_IN_CATALOGUE"]


def test_one_that_was_replaced_says_so(client: Client, world: World) -> None:
    old, unit = serials(2)
    world.arrive([old])
    world.store.write_sync(
        lambda tx: replacements.replace(tx, world.id, old, infer(unit), actor=ADMIN, now=world.tick())
    )
    told = client.get(f"orgDevices/{old}").json()["data"]["attributes"]
    assert (told["releaserEntityType"], told["releaserId"]) == ("REPLACEMENT", "")
    assert told["releasedFromOrgDateTime"]
