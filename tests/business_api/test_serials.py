"""`/pomona/v1/serials`: why a device is not there."""

from typing import Any

from pomona.formats import order_codes
from pomona.registry.order_problems import Problem
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect
from tests.support.supply import Reseller, document, link
from tests.support.worlds import World, serials

A, B = serials(2)


def test_the_reasons_of_one_that_is_not_there(client: Client, world: World) -> None:
    def asked(text: str = A) -> Any:
        answer = client.ours("GET", f"serials/{text}")
        assert answer.status_code == 200, answer.text
        resource = answer.json()["data"]
        assert (resource["type"], resource["id"]) == ("serials", text.upper())
        return resource["attributes"]

    unknown = asked(A.lower())
    assert (unknown["status"], unknown["inOrganization"]) == ("UNKNOWN", False)
    reseller = Reseller(world.store)
    reseller.send(document("X1", world.organization.number, [A, B]))
    (waiting,) = asked()["explanations"]
    assert waiting["reason"] == "NOT_LINKED"
    assert (waiting["orderNumber"], waiting["supplierType"], waiting["supplierNumber"]) == (
        "X1",
        "RESELLER",
        "16FCE4A0",
    )
    assert waiting["dateTime"].endswith("Z")
    link(world, "16FCE4A0")
    assert asked() == {"status": "HERE", "inOrganization": True,
                       "explanations": [{"reason": "HERE", "detail": "The device is in this organisation."}]}  # fmt: skip
    other = Reseller(world.store, "0A0B0C0D")
    link(world, "0A0B0C0D")
    other.send(document("X2", world.organization.number, [A]))
    world.activity("RELEASE_DEVICES", [A])
    refused = [each for each in asked()["explanations"] if each["reason"] == "REFUSED"]
    assert [(each["problem"], each["errorCode"]) for each in refused] == [
        ("ANOTHER_SUPPLIER", "DEP-ERR-DE-4305")
    ]
    assert asked("nope")["status"] == "MALFORMED"
    assert client.ours("POST", "serials/X", json={}).status_code == 403
    assert client.ours("GET", "serials").status_code == 404
    assert client.ours("GET", f"serials/{A}", params={"sort": "id"}).status_code == 400


def test_another_organisations_is_told_to_have_an_owner_and_nothing_else(
    connect: Connect, runtime: Runtime, origin: str
) -> None:
    ours, theirs = World(runtime.store, "Ours"), World(runtime.store, "Secret Buyer")
    reseller = Reseller(runtime.store, "PRIVATE1")
    link(theirs, "PRIVATE1")
    reseller.send(document("THEIRS", theirs.organization.number, [A]))
    answer = connect(ours, origin).ours("GET", f"serials/{A}")
    assert [each["reason"] for each in answer.json()["data"]["attributes"]["explanations"]] == [
        "OWNED_ELSEWHERE"
    ]
    for secret in ("Secret", "PRIVATE1", "THEIRS", theirs.organization.number):
        assert secret not in answer.text


def test_every_problem_has_a_code() -> None:
    assert set(order_codes.CODES) == {str(problem) for problem in Problem}
