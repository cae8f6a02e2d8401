"""A device's timeline over HTTP, on both engines."""

from tests.business_api.support import Client, Connect, refused
from tests.support.worlds import ADMIN, World, serials


def test_a_timeline_and_its_pages(client: Client, world: World) -> None:
    a = world.service("A")
    ours = list(world.arrive(serials(2)))
    world.now += 5_000
    id = client.done(client.activity("ASSIGN_DEVICES", ours, a.uuid))["id"]
    url = f"{client.origin}/pomona/v1/devices/{ours[0].lower()}/timeline"
    [whole] = client.pages(url)
    assigned, added = [each["attributes"] for each in whole["data"]]
    assert (added["event"], added["detail"]) == ("ADDED", "RESELLER 16FCE4A0")
    assert (assigned["event"], assigned["serviceName"], assigned["activityId"]) == ("ASSIGNED", "A", id)
    assert assigned["actor"] == {
        "type": "API_USER",
        "id": client.account.client_id,
        "name": client.account.actor.name,
        "address": "127.0.0.1",
    }
    pages = client.pages(f"{url}?limit=1")
    assert [each for page in pages for each in page["data"]] == whole["data"]
    cursor = pages[0]["meta"]["paging"]["nextCursor"]
    another = client.ours("GET", f"devices/{ours[1]}/timeline?cursor={cursor}")
    refused(another, 400, "PARAMETER_ERROR.INVALID", parameter="cursor")
    refused(client.ours("GET", f"devices/{ours[0]}/timeline?filter[x]=1"), 400, "PARAMETER_ERROR.INVALID",
            parameter="filter[x]")  # fmt: skip
    refused(client.ours("POST", f"devices/{ours[0]}/timeline"), 403, "FORBIDDEN_ERROR")


def test_each_owner_sees_its_own_time(world: World, origin: str, connect: Connect) -> None:
    other = World(world.store, "Other")
    other.now = world.now
    one, two = connect(world, origin), connect(other, origin)
    ours = list(world.arrive(serials(1)))
    for id in (ours[0], "OUNKNOWN9999", "x", "%00"):
        refused(two.ours("GET", f"devices/{id}/timeline"), 404, "NOT_FOUND")
    world.activity("RELEASE_DEVICES", ours)
    other.arrive(ours)
    events = {
        client: [
            each["attributes"] for each in client.ours("GET", f"devices/{ours[0]}/timeline").json()["data"]
        ]
        for client in (one, two)
    }
    assert [each["event"] for each in events[one]] == ["RELEASED", "ADDED"]
    assert events[one][0]["actor"]["id"] == ADMIN.id
    assert [each["event"] for each in events[two]] == ["ADDED"]
