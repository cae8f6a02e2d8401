"""Server tokens by API: their state, renewal with an overlap, the file, and their end."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pomona.business_api.server_tokens import MAX_OVERLAP
from pomona.formats import server_token
from pomona.formats.times import parse_iso
from pomona.registry import services
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, refused
from tests.business_api.test_servers import RSA, RSA_KEY, new
from tests.support.worlds import World

DAY = 86_400_000
OWN = "/pomona/v1/mdmServers"


def ask(client: Client, method: str, id: str, **more: Any) -> Any:
    return client.send(method, f"{client.origin}{OWN}/{id}/token", **more)


def wish(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "serverTokens", "attributes": attributes}}


@pytest.fixture
def id(client: Client) -> str:
    """A service that was linked with a real certificate."""
    return str(new(client, "Main")["id"])


def opened(text: str | bytes) -> server_token.ServerToken:
    data = text if isinstance(text, bytes) else text.encode()
    return server_token.read(data, RSA.public_bytes(Encoding.DER), RSA_KEY)


def test_a_service_without_a_token_says_so(client: Client, id: str) -> None:
    document = ask(client, "GET", id).json()
    assert document["data"]["attributes"] == {
        "state": "NONE", "daysLeft": None, "issuedDateTime": None, "issuedBy": None, "expirationDateTime": None,
        "replacedDateTime": None, "revokedDateTime": None, "earlier": [],
    }  # fmt: skip
    assert (
        document["links"]["self"] == document["data"]["links"]["self"] == f"{client.origin}{OWN}/{id}/token"
    )


def test_a_token_is_issued_and_renewed_with_an_overlap(client: Client, id: str, runtime: Runtime) -> None:
    answer = ask(client, "POST", id)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    first = answer.json()["data"]["attributes"]
    assert first["fileName"].startswith("Main_Token_")
    assert (first["state"], first["daysLeft"], first["issuedBy"]) == ("LIVE", 365, "Inventory")
    old = opened(first["content"])
    assert parse_iso(old.access_token_expiry) == parse_iso(first["expirationDateTime"]) // 1000 * 1000
    runtime.clock.offset += DAY
    client._token = None
    second = ask(client, "POST", id, json=wish(overlapHours=12)).json()["data"]["attributes"]
    new = opened(second["content"])
    assert new.consumer_key == old.consumer_key
    assert new.access_token != old.access_token
    [earlier] = second["earlier"]
    assert earlier["state"] == "LIVE"
    assert parse_iso(earlier["replacedDateTime"]) == parse_iso(second["issuedDateTime"]) + DAY // 2
    shown = ask(client, "GET", id).json()["data"]["attributes"]
    assert {**second, **shown, "daysLeft": 365} == second
    assert not {"fileName", "content"} & set(shown)
    runtime.clock.offset += DAY
    client._token = None
    [earlier] = ask(client, "GET", id).json()["data"]["attributes"]["earlier"]
    assert earlier["state"] == "REPLACED"


def test_the_file_itself(client: Client, id: str) -> None:
    answer = ask(client, "POST", id, params={"format": "p7m"})
    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith("application/pkcs7-mime")
    assert answer.headers["content-disposition"].startswith('attachment; filename="Main_Token_')
    assert opened(answer.content).consumer_key.startswith("CK_")
    detail = refused(
        ask(client, "POST", id, params={"format": "pem"}), 400, "PARAMETER_ERROR.INVALID", parameter="format"
    )
    assert "p7m" in detail


def test_tokens_end_at_once(client: Client, id: str, world: World) -> None:
    ask(client, "POST", id)
    answer = ask(client, "DELETE", id)
    assert (answer.status_code, answer.content) == (204, b"")
    shown = ask(client, "GET", id).json()["data"]["attributes"]
    assert (shown["state"], shown["revokedDateTime"] is None) == ("REVOKED", False)
    assert ask(client, "DELETE", id).status_code == 204


def test_what_is_refused_issues_nothing(
    client: Client, world: World, origin: str, connect: Connect, runtime: Runtime, id: str
) -> None:
    for sent, status, code, pointer in (
        (wish(overlapHours=MAX_OVERLAP + 1), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", "overlapHours"),
        (wish(overlapHours=-1), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", "overlapHours"),
        (wish(overlapHours="1"), 422, "ENTITY_ERROR.ATTRIBUTE.TYPE", "overlapHours"),
        (wish(days=3), 409, "ENTITY_ERROR.ATTRIBUTE.UNKNOWN", "days"),
    ):
        refused(ask(client, "POST", id, json=sent), status, code, pointer=f"/data/attributes/{pointer}")
    other = {"data": {"type": "tokens"}}
    refused(ask(client, "POST", id, json=other), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer="/data/type")
    refused(ask(client, "POST", id, content=b"{"), 400, "ENTITY_ERROR")
    for missing in ("0" * 32, "x"):
        for method in ("GET", "POST", "DELETE"):
            refused(ask(client, method, missing), 404, "NOT_FOUND")
    limited = connect(world, origin, permissions={"read", "assign"})
    for method in ("POST", "DELETE"):
        assert "services" in refused(ask(limited, method, id), 403, "FORBIDDEN_ERROR")
    assert ask(limited, "GET", id).status_code == 200
    school = connect(world, origin, kind="SCHOOL")
    refused(ask(school, "GET", id), 404, "PATH_ERROR")
    assert "CREATE" in refused(ask(client, "PATCH", id), 403, "FORBIDDEN_ERROR")
    built_in = runtime.store.read_sync(lambda tx: services.of_organization(tx, world.id))[0]
    assert built_in.certificate is None
    assert "built in" in refused(ask(client, "POST", built_in.uuid), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID")
    assert ask(client, "GET", id).json()["data"]["attributes"]["state"] == "NONE"
