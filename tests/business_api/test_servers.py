"""`mdmServers`: rows 6 to 11 of the table of operations."""

import base64
import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pomona.catalogue.kinds import Kind
from pomona.registry import services
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, refused
from tests.support.worlds import World, serials


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "service")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )


RSA_KEY = rsa.generate_private_key(65537, 2048)
RSA = certificate(RSA_KEY)
DER = base64.b64encode(RSA.public_bytes(Encoding.DER)).decode()
PEM = RSA.public_bytes(Encoding.PEM)


def body(id: str | None = None, **attributes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"type": "mdmServers", "attributes": attributes}
    return {"data": data if id is None else data | {"id": id}}


def new(client: Client, name: str = "Marketing", **attributes: Any) -> dict[str, Any]:
    sent = {"serverName": name, "serverCertificate": {"name": "m.cer", "data": DER}} | attributes
    answer = client.send("POST", "mdmServers", json=body(**sent))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def patch(client: Client, id: str, **attributes: Any) -> Any:
    return client.send("PATCH", f"mdmServers/{id}", json=body(id, **attributes))


def families(client: Client, id: str) -> list[str]:
    found: list[str] = client.get(f"mdmServers/{id}").json()["data"]["attributes"]["defaultProductFamilies"]
    return found


def test_a_service_as_it_is_listed(client: Client, world: World) -> None:
    service = world.service("A")
    world.store.write_sync(
        lambda tx: tx.execute(
            "UPDATE service SET connected_at = $1, connected_from = '10.0.0.9' WHERE id = $2",
            *(world.now, service.id),
        )
    )
    document = client.get("mdmServers").json()
    built_in, listed = document["data"]
    assert built_in["attributes"]["serverType"] == "APPLE_MDM"
    assert document["meta"] == {"paging": {"limit": 100}}
    url = f"{client.origin}/v1/mdmServers/{service.uuid}"
    assert (listed["type"], listed["id"], listed["links"]) == ("mdmServers", service.uuid, {"self": url})
    assert listed["relationships"] == {"devices": {"links": {"self": f"{url}/relationships/devices"}}}
    assert client.get(f"mdmServers/{service.uuid.lower()}").json()["data"] == listed
    assert client.get("mdmServers", **{"fields[mdmServers]": "status,devices"}).json()["data"][1] == {
        "type": "mdmServers",
        "id": service.uuid,
        "attributes": {"status": "ACTIVE"},
        "relationships": listed["relationships"],
        "links": listed["links"],
    }
    attributes = listed["attributes"]
    assert attributes.pop("createdDateTime") == attributes.pop("updatedDateTime")
    assert attributes.pop("lastConnectedDateTime").endswith("Z")
    assert attributes == {
        "serverName": "A",
        "serverType": "MDM",
        "status": "ACTIVE",
        "deviceCount": 0,
        "enableMdmDisownFlag": False,
        "defaultProductFamilies": [],
        "lastConnectedIp": "10.0.0.9",
    }


def test_services_by_pages(client: Client, world: World) -> None:
    made = [world.service(f"S{n}").uuid for n in range(6)]
    pages = client.pages("mdmServers?limit=3")
    assert [len(page["data"]) for page in pages] == [3, 3, 1]
    assert [each["id"] for page in pages for each in page["data"]][1:] == made
    # The default holds all that one client ever reads: it never asks for a second page.
    assert len(client.get("mdmServers").json()["data"]) == 7


def test_create_takes_a_certificate_in_every_spelling(client: Client, world: World) -> None:
    spellings = (DER, base64.b64encode(PEM).decode(), PEM.decode())
    for n, data in enumerate(spellings):
        answer = client.send(
            "POST",
            "mdmServers",
            json=body(
                serverName=f"S{n}",
                serverCertificate={"name": "s.pem", "data": data},
                enableMdmDisownFlag=True,
            ),
        )
        assert answer.status_code == 201
        made = answer.json()["data"]
        assert answer.headers["location"] == made["links"]["self"]
        assert made["attributes"]["enableMdmDisownFlag"] is True
        assert (made["attributes"]["status"], made["attributes"]["deviceCount"]) == ("ACTIVE", 0)
        assert "serverCertificate" not in made["attributes"]
        kept = world.store.read_sync(lambda tx: services.by_uuid(tx, world.id, made["id"]))  # noqa: B023
        assert (kept.certificate, kept.certificate_name) == (RSA.public_bytes(Encoding.DER), "s.pem")


def test_what_create_refuses(client: Client, world: World) -> None:
    world.service("Taken")
    good = {"name": "m.cer", "data": DER}
    elliptic = certificate(ec.generate_private_key(ec.SECP256R1())).public_bytes(Encoding.PEM).decode()
    at = "/data/attributes"
    cases: tuple[tuple[Any, int, str, str], ...] = (
        (body(serverCertificate=good), 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", f"{at}/serverName"),
        (body(serverName="X"), 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", f"{at}/serverCertificate"),
        (body(serverName=3, serverCertificate=good), 422, "ENTITY_ERROR.ATTRIBUTE.TYPE", f"{at}/serverName"),
        (body(serverName=" ", serverCertificate=good), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{at}/serverName"),
        (body(serverName="a\x00", serverCertificate=good), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{at}/serverName"),
        (body(serverName="Unassigned", serverCertificate=good), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{at}/serverName"),
        (
            body(serverName="Taken", serverCertificate=good),
            409, "ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE", f"{at}/serverName",
        ),
        (
            body(serverName="X", serverCertificate=good, serverNmae="Y"),
            409, "ENTITY_ERROR.ATTRIBUTE.UNKNOWN", f"{at}/serverNmae",
        ),
        (
            body(serverName="X", serverCertificate={"name": "x", "data": elliptic}),
            400, "PARAMETER_ERROR.INVALID", f"{at}/serverCertificate/data",
        ),
        (
            body(serverName="X", serverCertificate={"name": "x", "data": "????"}),
            400, "PARAMETER_ERROR.INVALID", f"{at}/serverCertificate/data",
        ),
        ({"data": {"type": "orgDevices"}}, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", "/data/type"),
        ([], 422, "ENTITY_ERROR.ATTRIBUTE.TYPE", ""),
    )  # fmt: skip
    for sent, status, code, pointer in cases:
        refused(client.send("POST", "mdmServers", json=sent), status, code, pointer=pointer)
    for raw in (
        b"",
        b"{",
        b"\xff",
        b'{"x":' + b"[" * 200_000,
        b'{"data":{"type":"mdmServers","attributes":{"serverName":"\xff"',
    ):
        refused(client.send("POST", "mdmServers", content=raw), 400, "ENTITY_ERROR")
    refused(client.send("POST", "mdmServers", content=b" " * 1_000_001), 413, "ENTITY_ERROR.TOO_LARGE")
    listed = client.get("mdmServers").json()["data"]
    assert [each["attributes"]["serverName"] for each in listed[1:]] == ["Taken"]


def test_update_changes_what_is_sent(client: Client, world: World, runtime: Runtime) -> None:
    made = new(client)
    runtime.clock.offset += 60_000
    answer = patch(client, made["id"], serverName="Sales")
    assert answer.status_code == 200
    changed = answer.json()["data"]["attributes"]
    assert changed["serverName"] == "Sales"
    assert changed["enableMdmDisownFlag"] is False
    assert changed["createdDateTime"] == made["attributes"]["createdDateTime"]
    assert changed["updatedDateTime"] > made["attributes"]["updatedDateTime"]
    assert patch(client, made["id"], enableMdmDisownFlag=True).json()["data"]["attributes"][
        "enableMdmDisownFlag"
    ]
    again = certificate(rsa.generate_private_key(65537, 2048))
    data = base64.b64encode(again.public_bytes(Encoding.DER)).decode()
    assert patch(client, made["id"], serverCertificate={"name": "n.der", "data": data}).status_code == 200
    kept = world.store.read_sync(lambda tx: services.by_uuid(tx, world.id, made["id"]))
    assert (kept.certificate, kept.name, kept.may_release) == (
        again.public_bytes(Encoding.DER),
        "Sales",
        True,
    )
    assert patch(client, made["id"]).json()["data"]["attributes"]["serverName"] == "Sales"


def test_default_families_are_given_and_taken(client: Client, world: World) -> None:
    first, second = new(client, "First")["id"], new(client, "Second")["id"]
    pointer = "/data/attributes/defaultProductFamilies"
    nothings: tuple[list[str] | None, ...] = ([], None)
    for nothing in nothings:
        answer = patch(client, first, defaultProductFamilies=nothing)
        refused(answer, 400, "PARAMETER_ERROR.INVALID", pointer=pointer)
    assert patch(client, first, defaultProductFamilies=["IPHONE", "MAC", "IPOD"]).status_code == 200
    answer = patch(client, second, defaultProductFamilies=["WATCH", "MAC"], serverName="Renamed")
    detail = refused(answer, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE", pointer=pointer)
    assert "MAC" in detail
    assert families(client, second) == []
    assert client.get(f"mdmServers/{second}").json()["data"]["attributes"]["serverName"] == "Second"
    assert patch(client, first, defaultProductFamilies=["IPHONE"]).status_code == 200
    assert patch(client, second, defaultProductFamilies=["MAC"]).status_code == 200
    assert (families(client, first), families(client, second)) == (["IPHONE"], ["MAC"])
    [mac] = world.arrive(serials(1), Kind.MAC)
    assert client.get(f"orgDevices/{mac}/assignedServer").json()["data"]["id"] == second
    assert (
        patch(client, first, defaultProductFamilies=None).json()["data"]["attributes"][
            "defaultProductFamilies"
        ]
        == []
    )
    answer = patch(client, first, defaultProductFamilies=["VISION", "TOASTER"])
    refused(answer, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer=f"{pointer}/1")


def test_the_built_in_service_may_be_a_default_but_not_be_changed(client: Client) -> None:
    [built_in] = client.get("mdmServers").json()["data"]
    assert patch(client, built_in["id"], defaultProductFamilies=["IPAD"]).status_code == 200
    assert families(client, built_in["id"]) == ["IPAD"]
    refused(patch(client, built_in["id"], serverName="Mine"), 403, "FORBIDDEN_ERROR")
    refused(client.send("DELETE", f"mdmServers/{built_in['id']}"), 403, "FORBIDDEN_ERROR")


def test_what_update_refuses(client: Client) -> None:
    id, other = new(client)["id"], new(client, "Other")["id"]
    refused(
        client.send("PATCH", f"mdmServers/{id}", json=body(other, serverName="X")),
        *(409, "ENTITY_ERROR.ATTRIBUTE.INVALID"),
        pointer="/data/id",
    )
    refused(
        client.send("PATCH", f"mdmServers/{id}", json=body(serverName="X")),
        *(422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED"),
        pointer="/data/id",
    )
    refused(
        patch(client, id, serverName="Other"),
        *(409, "ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE"),
        pointer="/data/attributes/serverName",
    )
    refused(
        patch(client, id, deviceCount=3),
        *(409, "ENTITY_ERROR.ATTRIBUTE.UNKNOWN"),
        pointer="/data/attributes/deviceCount",
    )
    missing = "0" * 32
    refused(patch(client, missing, serverName="X"), 404, "NOT_FOUND")
    assert client.get(f"mdmServers/{id}").json()["data"]["attributes"]["serverName"] == "Marketing"


def test_delete_needs_an_empty_service(client: Client, world: World) -> None:
    made = new(client)["id"]
    patch(client, made, defaultProductFamilies=["IPHONE"])
    ours = list(world.arrive(serials(2)))
    detail = refused(client.send("DELETE", f"mdmServers/{made}"), 409, "ENTITY_ERROR.STATE")
    assert "2 devices" in detail
    client.done(client.activity("UNASSIGN_DEVICES", ours, made))
    answer = client.send("DELETE", f"mdmServers/{made}")
    assert (answer.status_code, answer.content) == (204, b"")
    refused(client.get(f"mdmServers/{made}"), 404, "NOT_FOUND")
    refused(client.send("DELETE", f"mdmServers/{made}"), 404, "NOT_FOUND")
    [late] = world.arrive(serials(1, seed=5))
    refused(client.get(f"orgDevices/{late}/assignedServer"), 404, "NOT_FOUND")


def test_the_linkage_agrees_with_the_list(client: Client, world: World) -> None:
    a, b = world.service("A"), world.service("B")
    stock = world.stock(9)
    client.done(client.activity("ASSIGN_DEVICES", stock[:5], a.uuid))
    client.done(client.activity("ASSIGN_DEVICES", stock[3:7], b.uuid))
    client.done(client.activity("RELEASE_DEVICES", stock[6:7]))
    linked: dict[str, list[str]] = {}
    for service in (a, b):
        pages = client.pages(f"mdmServers/{service.uuid}/relationships/devices?limit=2")
        linked[service.name] = [each["id"] for page in pages for each in page["data"]]
        assert all(each["type"] == "orgDevices" for page in pages for each in page["data"])
        url = f"{client.origin}/v1/mdmServers/{service.uuid}"
        assert all(page["links"]["related"] == f"{url}/devices" for page in pages)
        assert all(page["meta"]["paging"]["limit"] == 2 for page in pages)
        count = client.get(f"mdmServers/{service.uuid}").json()["data"]["attributes"]["deviceCount"]
        assert count == len(linked[service.name])
    assert linked == {"A": stock[:3], "B": stock[3:6]}
    status = {each["id"]: each["attributes"]["status"] for each in client.get("orgDevices").json()["data"]}
    assert {id for id, word in status.items() if word == "ASSIGNED"} == {*linked["A"], *linked["B"]}
    assert set(status) == set(stock) - {stock[6]}


def test_a_service_that_is_not_here(client: Client) -> None:
    for id in ("0" * 32, "nonsense", "%00", "0" * 31):
        for path in ("", "/relationships/devices"):
            refused(client.get(f"mdmServers/{id}{path}"), 404, "NOT_FOUND")
        refused(client.send("DELETE", f"mdmServers/{id}"), 404, "NOT_FOUND")


@pytest.mark.parametrize("permissions", [["read"], ["assign", "release"]])
def test_services_need_their_permission(
    world: World, origin: str, connect: Connect, permissions: list[str]
) -> None:
    client = connect(world, origin, permissions=permissions)
    service = world.service("A")
    sent = body(serverName="X", serverCertificate={"name": "m.cer", "data": DER})
    for answer in (
        client.send("POST", "mdmServers", json=sent),
        patch(client, service.uuid, serverName="X"),
        client.send("DELETE", f"mdmServers/{service.uuid}"),
    ):
        assert "services" in refused(answer, 403, "FORBIDDEN_ERROR")
    assert [each["attributes"]["serverName"] for each in client.get("mdmServers").json()["data"][1:]] == ["A"]
