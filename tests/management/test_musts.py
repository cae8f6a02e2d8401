"""What a management service must and must never do, each as one short check."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from pomona.catalogue.kinds import Kind
from pomona.formats import challenges
from pomona.registry import enrollments
from pomona.simulator.device_identity import Identity
from tests.management.hands import (
    Hand,
    ask_scep,
    automated,
    by_account,
    machine_info,
    profile_of,
    read,
    rsa_key,
    sign_in,
)
from tests.support.sites import PASSWORD, Site

EMAIL = "pat@example.pomona.test"


def stranger(hand: Hand) -> Identity:
    """A good certificate of the same organisation, bound to another device."""
    return automated(hand.site, key=1).enrol().identity


@pytest.mark.parametrize("status", ["Idle", "Acknowledged"])
def test_1_trouble_with_certificates_is_400_never_401(quick_site: Site, status: str) -> None:
    hand = automated(quick_site).enrol()
    foreign = hand.site.factory.identity(hand.device.serial, hand.device.udid)
    other = stranger(hand)
    body = {**hand.ids, "Status": status}
    answers = [
        hand.put(hand.enrolment.server_url, body, signed=False),
        hand.report(status, identity=other),
        hand.check_in("TokenUpdate", identity=other, Token=b"t", PushMagic="m"),
        hand.check_in("Authenticate", identity=other),
        hand.check_in("CheckOut", identity=other),
    ]
    for header in ("", "%%%", "AAAA", base64.b64encode(foreign.sign(b"else", datetime.now(UTC))).decode()):
        hand.extra["mdm-signature"] = header
        answers.append(hand.put(hand.enrolment.server_url, body, signed=False))
    assert {answer.status_code for answer in answers} == {400}
    assert quick_site.enrollment(hand.device.serial).status == "enrolled"


def test_2_an_empty_answer_is_no_bytes_and_a_command_is_an_xml_plist(quick_site: Site) -> None:
    hand = automated(quick_site).enrol()
    command = hand.report()
    assert command.content.startswith(b"<?xml")
    assert command.headers["content-type"] == "application/xml"
    hand.settle()
    idle = hand.report()
    assert (idle.status_code, idle.content) == (200, b"")
    assert "content-type" not in idle.headers


@pytest.mark.parametrize(
    ("mode", "kind", "said"), [("byod", Kind.IPHONE, "BYOD"), ("adde", Kind.MAC, "ADDE")]
)
def test_3_rights_mode_and_account_fit_together(quick_site: Site, mode: str, kind: Kind, said: str) -> None:
    quick_site.person(EMAIL)
    enrolment = by_account(quick_site, EMAIL, PASSWORD, mode, kind).enrolment
    assert enrolment.enrollment_mode == said
    assert enrolment.assigned_managed_apple_id == EMAIL
    assert enrolment.access_rights == (None if said == "BYOD" else 8191)


def test_4_the_well_known_document_names_one_server(quick_site: Site) -> None:
    answer = quick_site.http.get(
        "/.well-known/com.apple.remotemanagement",
        params={"user-identifier": EMAIL, "model-family": "iPhone"},
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"Servers": [{"Version": "mdm-byod", "BaseURL": f"{quick_site.base}/byod"}]}


def test_5_redirects_carry_both_parameters(quick_site: Site) -> None:
    quick_site.person("pät+x@example.pomona.test")
    asked = {"user-identifier": "pät+x@example.pomona.test", "model-family": "Mac"}
    answer = quick_site.http.get("/mdmBaseURL", params=asked)
    assert answer.status_code == 302
    target = quick_site.http.build_request("GET", answer.headers["location"]).url
    assert str(target).startswith(f"{quick_site.base}/discovery?")
    assert dict(target.params) == asked
    assert quick_site.http.get(target).json()["Servers"][0]["Version"] == "mdm-adde"


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic cGF0OnB3"])
def test_6_without_a_good_token_the_answer_is_a_challenge(quick_site: Site, header: str | None) -> None:
    device = quick_site.device(arrive=False)
    body = machine_info(quick_site, device, account_driven=True)
    headers = {} if header is None else {"authorization": header}
    answer = quick_site.http.post(f"{quick_site.base}/byod", content=body, headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    challenge = challenges.parse(answer.headers["www-authenticate"])
    assert (challenge.method, challenge.url) == ("apple-as-web", f"{quick_site.base}/authenticate")


def test_7_not_now_waits_for_the_next_session(site: Site) -> None:
    hand = automated(site).enrol(AwaitingConfiguration=True)
    first = read(hand.report())
    assert first["Command"]["RequestType"] == "DeviceInformation"
    second = read(hand.report("NotNow", CommandUUID=first["CommandUUID"]))
    assert second["Command"]["RequestType"] == "DeviceConfigured"
    assert hand.report("NotNow", CommandUUID=second["CommandUUID"]).content == b""
    again = read(hand.report())
    assert again["CommandUUID"] == first["CommandUUID"]
    then = read(hand.report("Acknowledged", CommandUUID=again["CommandUUID"]))
    assert then["CommandUUID"] == second["CommandUUID"]
    for _ in range(2):  # a result may come twice
        assert hand.report("Acknowledged", CommandUUID=then["CommandUUID"]).content == b""
    assert hand.report("Acknowledged", CommandUUID="NOBODY").content == b""
    assert not site.enrollment(hand.device.serial).awaiting_configuration


def test_8_a_certificate_speaks_for_one_enrolment(site: Site) -> None:
    hand, other = automated(site).enrol(), automated(site, key=1)
    assert other.check_in("Authenticate", identity=hand.identity).status_code == 400
    assert other.authenticate().status_code == 200
    assert hand.report(identity=other.identity).status_code == 400
    assert other.update_token().status_code == 200
    hand.ids = other.ids
    assert hand.report().status_code == 400


def test_9_what_a_token_update_leaves_out_keeps_its_value(site: Site) -> None:
    hand = automated(site).enrol(AwaitingConfiguration=True, UnlockToken=b"unlock me")
    kept = _secrets(site, hand)
    assert kept[0] is not None
    assert b"unlock me" not in bytes(kept[0])
    assert hand.update_token(Token=b"new").status_code == 200
    assert _secrets(site, hand) == kept
    assert site.enrollment(hand.device.serial).awaiting_configuration
    hand.settle()
    assert not site.enrollment(hand.device.serial).awaiting_configuration


def _secrets(site: Site, hand: Hand) -> tuple[Any, Any]:
    row = site.runtime.store.read_sync(
        lambda tx: tx.row(
            "SELECT unlock_token, bootstrap_token FROM enrollment WHERE enrollment_key = $1", hand.device.udid
        )
    )
    assert row is not None
    return row[0], row[1]


def test_10_a_bootstrap_token_is_kept_sealed_given_back_and_forgotten(site: Site) -> None:
    hand = automated(site, Kind.MAC).enrol()
    none = hand.check_in("GetBootstrapToken")
    assert (none.status_code, none.content) == (200, b"")
    assert hand.check_in("SetBootstrapToken", BootstrapToken=b"boot").content == b""
    assert read(hand.check_in("GetBootstrapToken")) == {"BootstrapToken": b"boot"}
    assert b"boot" not in bytes(_secrets(site, hand)[1])
    assert hand.check_in("SetBootstrapToken", BootstrapToken=b"").status_code == 200
    assert hand.check_in("GetBootstrapToken").content == b""


def test_11_secrets_are_for_one_use_but_a_lost_answer_can_be_asked_for_again(site: Site) -> None:
    hand = automated(site)
    again = ask_scep(hand.client, hand.enrolment, rsa_key(0))
    assert again == hand.identity.certificate
    with pytest.raises(ValueError, match="BAD_REQUEST"):
        ask_scep(hand.client, hand.enrolment, rsa_key(1))
    assert hand.authenticate().status_code == 200
    assert hand.authenticate().status_code == 200
    assert hand.update_token().status_code == 200
    late = site.device()
    response = hand.client.post(f"{site.base}/enrol", content=machine_info(site, late))
    site.runtime.clock.offset += 2 * 3_600_000
    with pytest.raises(ValueError, match="BAD_REQUEST"):
        ask_scep(hand.client, profile_of(response), rsa_key(1))


def test_12_bodies_are_limited_and_read_whatever_they_are_called(quick_site: Site) -> None:
    hand = automated(quick_site).enrol()
    hand.extra["content-type"] = "application/x-www-form-urlencoded"
    assert hand.report().status_code == 200
    large = hand.put(hand.enrolment.server_url, b" " * (quick_site.runtime.settings.body_limit + 1))
    assert large.status_code == 413
    device = quick_site.device()
    response = quick_site.http.post(
        f"{quick_site.base}/enrol",
        content=machine_info(quick_site, device),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 200


def test_users_are_not_managed_apart(quick_site: Site) -> None:
    hand = automated(quick_site, Kind.MAC).enrol()
    assert hand.check_in("UserAuthenticate", UserID="U1").status_code == 410
    user: dict[str, Any] = {"UserID": "U1", "UserShortName": "pat"}
    before = _secrets(quick_site, hand)
    assert hand.check_in("TokenUpdate", Token=b"user", PushMagic="user", **user).content == b""
    assert hand.report(**user).content == b""
    assert _secrets(quick_site, hand) == before


def test_after_check_out_the_device_is_told_to_let_go(site: Site) -> None:
    hand = automated(site).enrol()
    assert hand.check_in("CheckOut").status_code == 200
    left = site.enrollment(hand.device.serial)
    assert (left.status, left.left_at is not None) == ("left", True)
    answer = hand.report()
    assert answer.status_code == 403
    assert answer.json()["code"] == "com.apple.unrecognized.device"
    assert hand.check_in("CheckOut").status_code == 200
    assert hand.authenticate().status_code == 400
    listed = site.runtime.store.read_sync(lambda tx: enrollments.of_organization(tx, site.world.id))
    assert listed == []


def test_a_poll_without_news_writes_at_most_once_a_minute(quick_site: Site) -> None:
    hand = automated(quick_site).enrol()
    hand.settle()
    seen = quick_site.enrollment(hand.device.serial).last_seen
    quick_site.runtime.clock.offset += 59_000
    hand.report()
    assert quick_site.enrollment(hand.device.serial).last_seen == seen
    quick_site.runtime.clock.offset += 2_000
    hand.report()
    assert quick_site.enrollment(hand.device.serial).last_seen > seen + 60_000


def test_sign_in_is_refused_alike_for_unknown_names_and_wrong_passwords(quick_site: Site) -> None:
    quick_site.person(EMAIL)
    wrong = sign_in(quick_site, EMAIL, "wrong")
    unknown = sign_in(quick_site, "nobody@example.pomona.test", "wrong")
    assert (wrong.status_code, unknown.status_code) == (200, 200)
    assert wrong.text == unknown.text.replace("nobody@", "pat@")
