"""The activation record: who gets one, what is in it, and that nobody learns why there is none."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pomona.activation import factory as factory_room
from pomona.catalogue.kinds import Kind
from pomona.formats import cms
from pomona.formats.device_certificates import authority_certificate, term
from pomona.registry import devices, operations
from pomona.registry.devices import Device as OwnedDevice
from pomona.simulator.device import Device
from pomona.simulator.factory import Factory, FactoryProblem
from pomona.simulator.randomness import seeded
from tests.support.sites import Site
from tests.support.worlds import World

PATH = "/activation/v1/record"


def ask(site: Site, device: Device, **said: str) -> httpx.Response:
    asked = {"action": "RequestProfileConfiguration", "sn": device.serial, "udid": device.udid, **said}
    return send(site, device, json.dumps(asked).encode())


def send(site: Site, device: Device, content: bytes) -> httpx.Response:
    body = site.factory.identity(device.serial, device.udid).sign(content, datetime.now(UTC))
    return site.http.post(PATH, content=body)


def owned(site: Site, device: Device) -> OwnedDevice:
    return site.runtime.store.read_sync(lambda tx: devices.get(tx, site.world.id, device.serial))


def test_a_record_has_the_profile_and_the_organisation(site: Site) -> None:
    device = site.device()
    assert owned(site, device).profile_status == "assigned"
    answer = ask(site, device)
    assert answer.status_code == 200
    record = answer.json()
    assert record["url"] == f"{site.base}/enrol"
    assert record["await_device_configured"] is True
    assert record["is_mdm_removable"] is True
    assert len(record["profile_uuid"]) == 32
    assert (record["organization_name"], record["organization_email"]) == ("Example", "it@example.com")
    assert record["mdm_protocol_version"] == 1
    assert "anchor_certs" not in record
    assert "mdm_migration_deadline" not in record


def test_the_first_fetch_is_the_push(site: Site) -> None:
    device = site.device()
    ask(site, device)
    pushed = owned(site, device)
    assert pushed.profile_status == "pushed"
    ask(site, device)
    assert owned(site, device).profile_pushed_at == pushed.profile_pushed_at
    rows = site.runtime.store.read_sync(
        lambda tx: tx.rows("SELECT op FROM operation WHERE device_id = $1 ORDER BY seq", pushed.id)
    )
    assert [op for (op,) in rows] == [operations.Op.ADDED, operations.Op.MODIFIED]


def test_over_tls_the_record_says_whom_to_trust(secure_site: Site) -> None:
    device = secure_site.device()
    record = ask(secure_site, device).json()
    assert record["url"].startswith("https://")
    anchors = [base64.b64decode(text) for text in record["anchor_certs"]]
    assert anchors
    listed = secure_site.http.get(f"{secure_site.base}/anchors").json()
    assert [base64.b64decode(text) for text in listed] == anchors


def test_nobody_learns_why_there_is_no_record(site: Site) -> None:
    other = World(site.runtime.store, "Other")
    site.world.default("MAC", None)
    site.world.default("IPAD", site.world.service("External"))
    thief, victim = site.device(), site.device()
    answers = [
        ask(site, site.device(arrive=False)),
        ask(site, site.device(Kind.MAC)),
        ask(site, site.device(Kind.IPAD)),
        ask(site, site.device(world=other)),
        ask(site, thief, sn=victim.serial),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"")}
    assert owned(site, victim).profile_status == "assigned"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"action":"Paint","sn":"F2LXO0ABCDEF","udid":"x"}',
        b'{"action":"RequestProfileConfiguration","sn":"..","udid":"x"}',
        b'{"action":"RequestProfileConfiguration","sn":5,"udid":"x"}',
        b"\xff",
    ],
)
def test_nonsense_is_400(quick_site: Site, content: bytes) -> None:
    answer = send(quick_site, quick_site.device(), content)
    assert answer.status_code == 400
    assert answer.text.strip()


def test_a_signature_is_needed_and_must_be_of_this_factory(quick_site: Site, tmp_path: Path) -> None:
    device = quick_site.device()
    for body in (b"", b"{}", b"\x30\x80\x00\x00"):
        assert quick_site.http.post(PATH, content=body).status_code == 400
    factory_room.export(quick_site.runtime, tmp_path / "mine")
    good = Factory.load(tmp_path / "mine", seeded("x")).identity(device.serial, device.udid)
    content = json.dumps(
        {"action": "RequestProfileConfiguration", "sn": device.serial, "udid": device.udid}
    ).encode()
    signed = good.sign(content, datetime.now(UTC))
    broken = signed.replace(device.serial.encode(), device.serial[::-1].encode(), 1)
    assert quick_site.http.post(PATH, content=broken).status_code == 400
    forged = cms.sign(content, *_self_made(device))
    assert quick_site.http.post(PATH, content=forged).status_code == 403
    assert quick_site.http.post(PATH, content=signed).status_code == 200


def _self_made(device: Device) -> tuple[bytes, cms.SigningKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = (("CN", device.udid), ("2.5.4.5", device.serial))
    when = term(datetime.now(UTC), timedelta(days=30))
    return authority_certificate(key, subject, when, b"\1" * 16), key


def test_too_much_and_the_wrong_way(quick_site: Site) -> None:
    limit = quick_site.runtime.settings.body_limit
    assert quick_site.http.post(PATH, content=b"x" * (limit + 1)).status_code == 413
    answer = quick_site.http.get(PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert quick_site.http.post("/activation/v2/record").status_code == 404


def test_the_factory_is_handed_out_once_and_for_its_owner_only(quick_site: Site, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        factory_room.export(quick_site.runtime, tmp_path / folder)
    assert (tmp_path / "one" / "factory.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "one" / "factory.key").read_bytes() == (tmp_path / "two" / "factory.key").read_bytes()
    (tmp_path / "two" / "factory.key").write_text("nonsense")
    with pytest.raises(FactoryProblem, match="no certificate and key"):
        Factory.load(tmp_path / "two", seeded("x"))
    with pytest.raises(FactoryProblem, match="No such file"):
        Factory.load(tmp_path / "three", seeded("x"))
