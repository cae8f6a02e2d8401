"""Looking many devices up in the portal: pasted or uploaded, shown, and taken along as a file."""

import csv
import html
import io
import re

import pytest

from tests.portal.support import Portal
from tests.support.worlds import World, serials


def test_a_list_is_looked_up_and_taken_along(portal: Portal) -> None:
    service = portal.world.service("Main server")
    here = portal.world.stock(2)
    portal.world.activity("ASSIGN_DEVICES", here[:1], service)
    theirs = World(portal.runtime.store, "Other").stock(1, seed=5)
    browser = portal.signed_in("CONTENT_MANAGER")
    assert "Look up" in browser.get("/portal/devices").text
    assert browser.get("/portal/devices/lookup").status_code == 200
    page = browser.post(
        "/portal/devices/lookup", {"devices": f"{here[0]}\n{theirs[0]}\nx\n{here[1].lower()}"}
    ).text
    for said in ("4 devices", "2 Here", "1 Not of this organisation", "1 No serial number", "Main server"):
        assert said in page
    assert f'href="/portal/devices/{theirs[0]}"' not in page
    [carried] = re.findall(r'<textarea name="devices" hidden[^>]*>(.*?)</textarea>', page, re.DOTALL)
    file = browser.post("/portal/devices/lookup.csv", {"devices": html.unescape(carried)[1:]})
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [(row["line"], row["answer"]) for row in rows] == [
        ("1", "FOUND"), ("2", "NOT_OURS"), ("3", "MALFORMED"), ("4", "FOUND"),
    ]  # fmt: skip
    assert rows[0]["service"] == "Main server"


def test_words_in_one_line_and_files_will_do(portal: Portal) -> None:
    here = portal.world.stock(3)
    browser = portal.signed_in()
    assert "3 Here" in browser.post("/portal/devices/lookup", {"devices": ", ".join(here)}).text
    file = {
        "list": ("list.csv", ("Note;Serial Number\r\n" + "".join(f"a;{each}\r\n" for each in here)).encode())
    }
    assert "3 Here" in browser.post("/portal/devices/lookup", {"devices": ""}, files=file).text
    both = browser.post("/portal/devices/lookup", {"devices": serials(1)[0]}, files=file)
    assert (both.status_code, "not both" in both.text) == (422, True)


@pytest.mark.parametrize("text", ["", " \n ", "Model,Colour\nx,y\n"])
def test_nothing_named_is_said(portal: Portal, text: str) -> None:
    answer = portal.signed_in().post("/portal/devices/lookup", {"devices": text})
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
