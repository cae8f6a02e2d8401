"""What people and programs send, in every shape: addresses, filters, forms and lists. Nothing of it is an error of ours."""

import csv
import io
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.catalogue.kinds import Kind
from pomona.portal.csv_files import csv_line
from pomona.portal.device_filters import NAMES, PERIODS, SOURCES, STATES, asked
from pomona.portal.paging import number_of
from pomona.portal.service_names import ServiceName
from pomona.portal.wording import age, count, sentence
from tests.portal.support import Portal

SERVICES = {7: ServiceName("A" * 32, "Main", "MDM")}
NOW = 1_700_000_000_000
_words = st.one_of(
    st.text(max_size=20),
    st.sampled_from([*STATES, *PERIODS, *SOURCES, *Kind.__members__, "A" * 32, "a" * 32, "7"]),
)


@given(st.dictionaries(st.sampled_from([*NAMES, "after", "other"]), _words))
def test_a_filter_survives_its_own_address(query: dict[str, str]) -> None:
    wish = asked(query, SERVICES, NOW)
    again = asked(dict(parse_qsl(wish.query(), keep_blank_values=True)), SERVICES, NOW)
    assert again == wish
    for name in wish.given:
        assert name not in dict(parse_qsl(wish.without(name)))


@given(st.text(max_size=30))
def test_a_place_in_a_list_is_a_number_or_nothing(text: str) -> None:
    found = number_of({"after": text}, "after")
    assert found is None or 0 <= found <= 1 << 62


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=5))
def test_csv_is_read_back_and_begins_no_formula(cells: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(csv_line(cells), newline=""), strict=True))
    assert len(rows) == 1
    for written, cell in zip(rows[0], cells, strict=True):
        assert written in (cell, "'" + cell)
        assert not written.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (0, "just now"),
        (59_000, "just now"),
        (60_000, "1 minute ago"),
        (7_200_000, "2 hours ago"),
        (40 * 86_400_000, "1 month ago"),
        (800 * 86_400_000, "2 years ago"),
        (-1_000, "in a moment"),
        (-3 * 86_400_000, "in 3 days"),
    ],
)
def test_ages_are_said_in_words(distance: int, said: str) -> None:
    assert age(NOW - distance, NOW) == said


def test_counts_and_constants_are_said_in_words() -> None:
    assert (count(1, "device"), count(2_000, "device"), count(0, "entry", "entries")) == (
        "1 device",
        "2,000 devices",
        "0 entries",
    )
    assert (sentence("API_ACCOUNT_DELETED"), sentence("IT_ADMINISTRATOR")) == (
        "API account deleted",
        "IT administrator",
    )


NONSENSE = ["%00", "%FF", "%F0%9F%8D%8F", "'", "%25", "..%2F..", "%E2%80%AE", "a" * 3_000]


@pytest.mark.parametrize("text", NONSENSE)
def test_no_address_makes_a_page_fail(portal: Portal, text: str) -> None:
    portal.world.stock(3)
    browser = portal.signed_in()
    for path in (
        f"/portal/devices?q={text}",
        f"/portal/devices?order={text}&supplier={text}",
        f"/portal/devices/{text}",
        f"/portal/services/{text}",
        f"/portal/activities/{text}",
        f"/portal/people/{text}",
        f"/portal/api-accounts/{text}",
        f"/portal/enrolled/{text}",
        f"/portal/orders/{text}",
        f"/portal/orders?number={text}",
        f"/portal/audit?before={text}&said={text}",
        f"/portal/sign-in?next={text}",
    ):
        answer = browser.client.get(path)
        assert answer.status_code in (200, 404), (path, answer.status_code)


@pytest.mark.parametrize("text", ["\0", "\x1f\x7f", "🍏", "' OR 1=1 --", "\u202e", "x" * 5_000])
def test_no_form_makes_a_page_fail(portal: Portal, text: str) -> None:
    service = portal.world.service("Main server")
    browser = portal.signed_in()
    file = {"list": ("a\0b.csv" if text == "\0" else "list.csv", text.encode())}
    answers: list[httpx.Response] = [
        browser.post("/portal/devices/assign/preview", {"serials": text, "service": service.uuid}),
        browser.post("/portal/devices/assign/preview", {"service": service.uuid}, files=file),
        browser.post("/portal/devices/add", {"devices": text, "where": text}),
        browser.post("/portal/suppliers", {"kind": "RESELLER", "number": text}),
        browser.post(f"/portal/services/{service.uuid}", {"name": text}),
        browser.post("/portal/services/defaults", {"MAC": text}),
        browser.post("/portal/people/new", {"email": f"{text}@example.com", "role": text}),
        browser.post("/portal/api-accounts/new", {"name": text, "kind": "BUSINESS"}),
        browser.post("/portal/account/password", {"current": text, "fresh": text}),
    ]
    assert {answer.status_code for answer in answers} <= {200, 303, 400, 404, 422}
    stranger = portal.browser()
    stranger.get("/portal/sign-in")
    refused = stranger.post("/portal/sign-in", {"email": text, "password": text})
    assert refused.status_code in (400, 403)


def test_a_fault_of_ours_is_a_page_and_a_line_in_the_log(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = portal.signed_in()
    monkeypatch.setattr("pomona.portal.supplier_list.supplier_links", None)
    answer = browser.get("/portal/suppliers")
    assert (answer.status_code, "This page failed" in answer.text) == (500, True)
    assert "NoneType" not in answer.text
    assert any(record.name == "pomona.portal" and record.exc_info for record in caplog.records)
