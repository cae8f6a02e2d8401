"""Whatever is sent to the addresses that devices use: an answer of the protocol, never a 5xx, and nothing changes."""

import base64
import plistlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.formats import plists
from tests.management.hands import Hand, automated, machine_info
from tests.support.sites import Site

MANY = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
PATHS = (
    "enrol",
    "byod",
    "adde",
    "scep",
    "checkin",
    "connect",
    "manual",
    "authenticate",
    "discovery",
    "anchors",
    "else",
)
TABLES = ("enrollment", "command", "device_certificate", "account_token")

leaves = (
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text() | st.binary()
    | st.floats() | st.datetimes()
)  # fmt: skip
values = st.recursive(
    leaves.filter(lambda value: value is not None),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "MessageType", "Status", "UDID", "EnrollmentID", "Topic", "Token", "PushMagic", "UnlockToken", "CommandUUID",
    "AwaitingConfiguration", "BootstrapToken", "SerialNumber", "QueryResponses", "DeviceName", "UserID",
)  # fmt: skip
WORDS = (
    "Authenticate", "TokenUpdate", "CheckOut", "SetBootstrapToken", "GetBootstrapToken", "UserAuthenticate",
    "Idle", "Acknowledged", "NotNow", "Error",
)  # fmt: skip
messages = st.dictionaries(
    st.sampled_from(KEYS) | st.text(max_size=8), values | st.sampled_from(WORDS), max_size=8
)


def counted(site: Site) -> list[int]:
    return site.runtime.store.read_sync(
        lambda tx: [int(tx.value(f"SELECT count(*) FROM {table}")) for table in TABLES]
    )


@pytest.fixture
def hand(site: Site) -> Hand:
    enrolled = automated(site).enrol()
    enrolled.settle()
    return enrolled


def xml(message: dict[str, Any]) -> bytes | None:
    try:
        return plists.dumps(message)
    except (ValueError, TypeError):
        return None


def binary(message: dict[str, Any]) -> bytes | None:
    try:
        return plistlib.dumps(message, fmt=plistlib.FMT_BINARY)
    except (ValueError, TypeError, OverflowError):
        return None


@MANY
@given(
    body=st.binary(max_size=400), path=st.sampled_from(PATHS), method=st.sampled_from(["GET", "POST", "PUT"])
)
def test_any_bytes_anywhere(hand: Hand, body: bytes, path: str, method: str) -> None:
    site = hand.site
    before = counted(site)
    answer = site.http.request(method, f"{site.base}/{path}", content=body)
    assert answer.status_code < 500
    assert counted(site) == before


@MANY
@given(message=messages, as_binary=st.booleans())
def test_any_message_signed_by_an_enrolled_device(
    hand: Hand, message: dict[str, Any], as_binary: bool
) -> None:
    body = binary(message) if as_binary else xml(message)
    if body is None:
        return
    for path in ("checkin", "connect"):
        answer = hand.put(f"{hand.site.base}/{path}", body)
        assert answer.status_code in (200, 400, 410), answer.text


@MANY
@given(message=messages)
def test_any_message_that_names_the_device(hand: Hand, message: dict[str, Any]) -> None:
    """Nearer the mark: the ids are right, everything else is not. The device is never told to let go."""
    message = {**message, **hand.ids}
    if message.get("MessageType") == "CheckOut":
        return
    body = binary(message)
    if body is not None:
        answer = hand.put(f"{hand.site.base}/checkin", body)
        assert answer.status_code in (200, 400, 410), answer.text


@MANY
@given(damage=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(1, 255)), min_size=1, max_size=4))
def test_a_damaged_signature_or_machine_info(hand: Hand, damage: list[tuple[int, int]]) -> None:
    site = hand.site
    good = bytearray(machine_info(site, hand.device))
    for place, change in damage:
        good[place % len(good)] ^= change
    answers = [
        site.http.post(f"{site.base}/{path}", content=bytes(good)) for path in ("enrol", "byod", "scep")
    ]
    assert all(answer.status_code < 500 for answer in answers)
    body = plists.dumps({**hand.ids, "Status": "Idle"})
    hand.extra["mdm-signature"] = base64.b64encode(bytes(good)).decode()
    assert hand.put(f"{site.base}/connect", body, signed=False).status_code == 400
    hand.extra.clear()


@MANY
@given(
    query=st.dictionaries(
        st.sampled_from(["operation", "message", "user-identifier", "model-family", "x"]),
        st.text(max_size=30)
        | st.sampled_from(["PKIOperation", "iPhone", "Mac", "a@example.pomona.test", "a\0@b.c"]),
    )
)
def test_any_query(hand: Hand, query: dict[str, str]) -> None:
    site = hand.site
    targets = [f"{site.base}/{path}" for path in ("scep", "authenticate", "discovery")]
    targets += [f"{site.origin}/mdmBaseURL", f"{site.origin}/.well-known/com.apple.remotemanagement"]
    for target in targets:
        params = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
        assert site.http.get(target, params=params).status_code < 500


@MANY
@given(form=st.dictionaries(st.sampled_from(["email", "password", "x"]), st.text(max_size=40)))
def test_any_form(hand: Hand, form: dict[str, str]) -> None:
    site = hand.site
    body = "&".join(f"{name}={value}" for name, value in form.items()).encode("utf-8", "surrogatepass")
    for path in ("manual", "authenticate"):
        assert site.http.post(f"{site.base}/{path}", content=body).status_code in (200, 400)


@pytest.mark.parametrize("slug", ["%00", "a%00b", "..", "EXAMPLE", "x" * 300, "%F0%9F%8D%8E"])
def test_any_organisation(quick_site: Site, slug: str) -> None:
    for path in PATHS:
        assert quick_site.http.get(f"/manage/{slug}/{path}").status_code in (404, 405)
