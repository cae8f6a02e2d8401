"""Logs of activities: signed URLs, CSV as the clients read it."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx

from pomona.business_api import activity_logs
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect
from tests.support.worlds import World, serials


def finished(client: Client, world: World) -> tuple[list[str], dict[str, str]]:
    service = world.service("A")
    ours, unknown = list(world.arrive(serials(2))), serials(1, seed=3)
    client.done(client.activity("ASSIGN_DEVICES", ours[:1], service.uuid))
    done = client.done(client.activity("ASSIGN_DEVICES", [*ours, *unknown], service.uuid))
    return [*ours, *unknown], {"id": done["id"], **done["attributes"]}


def problem(answer: httpx.Response, status: int) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    document = answer.json()
    assert document["status"] == status
    return str(document["detail"])


def test_the_log_is_csv_that_needs_no_token(client: Client, world: World) -> None:
    asked, done = finished(client, world)
    answer = httpx.get(done["downloadUrl"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, _, table = answer.text.partition("\n\n")
    assert [line.split(",") for line in head.split("\n")] == [
        ["OPERATION", "ASSIGN_DEVICES"],
        ["ACTIVITY_ID", done["id"]],
        ["STARTED AT", head.split("\n")[2].split(",")[1]],
        ["ENDED AT", done["completedDateTime"]],
        ["STATUS", "COMPLETED"],
        ["SUB_STATUS", "COMPLETED_WITH_ERROR"],
    ]
    assert table.split("\n") == [
        "serial_number,operation_status,operation_substatus",
        f"{asked[0]},SUCCESS,ALREADY_ASSIGNED",
        f"{asked[1]},SUCCESS,",
        f"{asked[2]},FAILED,DEVICE_NOT_FOUND",
        "",
    ]


def test_the_file_name_is_in_the_query_and_in_the_header(
    client: Client, world: World, origin: str, connect: Connect
) -> None:
    _, done = finished(client, world)
    query = urlsplit(done["downloadUrl"]).query
    assert "response-content-disposition=attachment%3Bfilename%3D%22ABM-ActivityLog_" in query
    disposition = parse_qs(query)["response-content-disposition"][0]
    name = re.search(r'filename="([^"]+)"', disposition)
    assert name
    assert re.fullmatch(r"ABM-ActivityLog_[A-Z][a-z]{2}-\d{1,2}-\d{4}_\d\d-\d\d-\d\d\.csv", name[1])
    assert httpx.get(done["downloadUrl"]).headers["content-disposition"] == disposition
    school = connect(world, origin, kind="SCHOOL")
    url = school.get(f"orgDeviceActivities/{done['id']}").json()["data"]["attributes"]["downloadUrl"]
    assert "filename%3D%22ASM-ActivityLog_" in url


def test_a_url_that_was_changed_or_has_aged_opens_nothing(
    client: Client, world: World, runtime: Runtime
) -> None:
    _, done = finished(client, world)
    other = client.done(client.activity("RELEASE_DEVICES", serials(1, seed=3)))
    url = done["downloadUrl"]
    for changed in (
        url.replace("ABM-", "XXX-"),
        url.replace("expires=1", "expires=2"),
        url.replace(done["id"], other["id"]),
        url.partition("?")[0],
        re.sub(r"signature=[^&]*", "signature=%00", url),
        re.sub(r"signature=.", "signature=", url),
    ):
        assert "changed" in problem(httpx.get(changed), 403)
    assert problem(httpx.delete(url), 405)
    assert httpx.head(url).status_code == 200
    runtime.clock.offset += 3_590_000
    assert httpx.get(url).status_code == 200
    runtime.clock.offset += 60_000
    assert "an hour" in problem(httpx.get(url), 403)
    client._token = None
    again = client.get(f"orgDeviceActivities/{done['id']}").json()["data"]["attributes"]["downloadUrl"]
    assert again != url
    assert httpx.get(again).status_code == 200


def test_a_log_of_an_activity_that_is_not_kept(client: Client, world: World, runtime: Runtime) -> None:
    _, done = finished(client, world)
    runtime.store.write_sync(lambda tx: tx.execute("DELETE FROM activity WHERE uuid = $1", done["id"]))
    assert "no longer kept" in problem(httpx.get(done["downloadUrl"]), 404)


def test_a_long_log_is_read_in_parts(client: Client, world: World) -> None:
    count = activity_logs.ROWS * 2 + 3
    unknown = serials(count, seed=11)
    done = client.done(client.activity("RELEASE_DEVICES", unknown))
    lines = httpx.get(done["attributes"]["downloadUrl"]).text.splitlines()
    assert lines[8:] == [f"{serial},FAILED,DEVICE_NOT_FOUND" for serial in sorted(unknown)]
