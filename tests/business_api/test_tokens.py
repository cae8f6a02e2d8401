"""The token endpoint and access tokens."""

import base64
import json
import time
from collections.abc import Callable
from urllib.parse import urlencode

import httpx
import jwt
import msgspec
import pytest

from pomona.keys.randomness import seeded
from pomona.registry import api_accounts, api_keys
from pomona.registry.api_keys import KEY_FORMS, KeyForm
from pomona.runtime import Runtime
from tests.business_api.support import AUDIENCE, KEYS, Client, Connect, refused, start
from tests.support.serving import Serve
from tests.support.worlds import ADMIN, World

PATHS = ("/auth/oauth2/token", "/auth/oauth2/v2/token")
DAYS_180 = 180 * 86_400


def denied(answer: httpx.Response, error: str, said: str) -> None:
    assert answer.status_code == 400, answer.text
    document = answer.json()
    assert set(document) == {"error", "error_description"}
    assert document["error"] == error
    assert said in document["error_description"]


def granted(answer: httpx.Response, scope: str = "business.api") -> str:
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    token = document.pop("access_token")
    assert document == {"token_type": "Bearer", "expires_in": 3600, "scope": scope}
    assert len(token) < 2_000
    return str(token)


def test_parameters_come_in_the_body_or_the_query_whatever_the_type(client: Client) -> None:
    form = client.form()
    for path in PATHS:
        granted(client.http.post(path, data=form))
        granted(client.http.post(path, params=form))
        octets = {"Content-Type": "application/octet-stream"}
        granted(client.http.post(path, params=form, content=b"", headers=octets))
        granted(client.http.post(path, content=urlencode(form), headers={"Content-Type": "text/plain"}))
        half = {name: form.pop(name) for name in ("scope", "client_id")}
        granted(client.http.post(path, params=half, data=form))
        form |= half
        # pyaxm sends this even when it was sent elsewhere.
        granted(client.http.post(path, data=form, headers={"Host": "account.apple.com"}))


def test_an_assertion_may_be_used_again_and_tokens_live_side_by_side(client: Client) -> None:
    form = client.form()
    tokens = [granted(client.http.post(PATHS[0], data=form)) for _ in range(3)]
    assert len(set(tokens)) == 3
    for token in tokens:
        answer = client.http.get("/v1/orgDevices", headers={"Authorization": f"bearer {token}"})
        assert answer.status_code == 200


@pytest.mark.parametrize("form", KEY_FORMS)
def test_each_spelling_of_the_key_works(world: World, origin: str, connect: Connect, form: KeyForm) -> None:
    pair = api_keys.generate(form, seeded(form))
    client = connect(world, origin, key=pair.public)
    private = pair.private
    if form == "apple":  # PyJWT's library refuses this one; relabelled, it is PKCS#8
        private = private.replace("EC PRIVATE", "PRIVATE")
    granted(client.http.post(PATHS[0], data=client.form(client_assertion=client.assertion(private=private))))


def test_what_an_assertion_may_be(client: Client) -> None:
    now = int(time.time())
    for assertion in (
        client.assertion(headers={"typ": "JWT"}),  # no kid: abctl
        client.assertion(aud=[AUDIENCE]),
        client.assertion(aud=["https://elsewhere.example", AUDIENCE]),
        client.assertion(iat=now, exp=now + DAYS_180),
        client.assertion(iat=now - DAYS_180 + 100, exp=now + 100),
        client.assertion(iat=now + 290, exp=now + 600),
        client.assertion(iat=now - 0.5, exp=now + 60.5),
        client.assertion(iss=None, jti=None),
        client.assertion(nbf=now - 10),
        client.assertion(headers={"kid": client.key_id.upper()}),
        client.assertion(headers={"kid": client.key_id, "b64": True, "x": [1]}),
    ):
        granted(client.http.post(PATHS[1], data=client.form(client_assertion=assertion)))


def test_each_failing_check_is_named(client: Client) -> None:
    now = int(time.time())
    stranger = api_keys.generate("sec1", seeded("stranger")).private
    good = client.assertion()
    head, claims, signature = good.split(".")
    hmac = jwt.encode({"sub": client.account.client_id}, "x" * 40, algorithm="HS256")
    unsigned = jwt.encode(
        {"sub": client.account.client_id, "aud": AUDIENCE, "iat": now, "exp": now + 9}, "", algorithm="none"
    )
    cases: tuple[tuple[str, str], ...] = (
        (client.assertion(private=stranger), "signature"),
        (f"{head}.{claims}.{signature[:-4]}", "signature"),
        (f"{head}.{claims}.", "signature"),
        (f"{head}.{claims}.{signature}AAAA", "signature"),
        (client.assertion(headers={"kid": "00000000-0000-4000-8000-000000000000"}), "kid"),
        (client.assertion(aud="https://account.apple.com/auth/oauth2/token"), "aud"),
        (client.assertion(aud=[]), "aud"),
        (client.assertion(sub="BUSINESSAPI.00000000-0000-4000-8000-000000000000"), "sub"),
        (client.assertion(iss="somebody"), "iss"),
        (client.assertion(exp=now - 1, iat=now - 60), "exp"),
        (client.assertion(exp=now + DAYS_180 + 1, iat=now), "180 days"),
        (client.assertion(iat=now + 400, exp=now + 500), "clock"),
        (client.assertion(nbf=now + 400), "nbf"),
        (client.assertion(iat=None), "iat"),
        (client.assertion(exp=None), "exp"),
        (client.assertion(sub=None), "sub"),
        (client.assertion(aud=None), "aud"),
        (client.assertion(exp="soon"), "exp"),
        (client.assertion(exp=10**30), "exp"),
        (hmac, "claims"),
        (unsigned, "alg"),
        ("nonsense", "three parts"),
        ("a.b.c", "header"),
        (f"{head}.{base64.urlsafe_b64encode(b'[' * 90_000).decode()[:20_000]}.{signature}", "claims"),
        (f"{head}.é.{signature}", "claims"),
        (
            f"{base64.urlsafe_b64encode(json.dumps({'alg': 5}).encode()).decode()}.{claims}.{signature}",
            "header",
        ),
    )
    for assertion, said in cases:
        denied(
            client.http.post(PATHS[0], data=client.form(client_assertion=assertion)), "invalid_client", said
        )


def test_what_else_a_token_request_may_lack(client: Client) -> None:
    form = client.form()
    for name in form:
        rest = {key: value for key, value in form.items() if key != name}
        denied(client.http.post(PATHS[0], data=rest), "invalid_request", name)
        denied(client.http.post(PATHS[0], data=rest | {name: ""}), "invalid_request", name)
    post: Callable[..., httpx.Response] = lambda **changed: client.http.post(PATHS[0], data=form | changed)  # noqa: E731
    denied(post(grant_type="password"), "unsupported_grant_type", "client_credentials")
    denied(post(client_assertion_type="x"), "invalid_request", "client_assertion_type")
    denied(post(scope="school.api"), "invalid_scope", "business.api")
    for id in (
        "BUSINESSAPI.00000000-0000-4000-8000-000000000000",
        "nobody",
        "\x00",
        client.account.client_id.upper(),
    ):
        denied(post(client_id=id), "invalid_client", "client_id")
    denied(client.http.post(PATHS[0], content=b"a=b&" * 60), "invalid_request", "too many")
    denied(client.http.post(PATHS[0], content=b"\xff\x00"), "invalid_request", "missing")
    answer = client.http.post(PATHS[0], content=b"x" * 64_001)
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")
    answer = client.http.get(PATHS[0], params=form)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_school_account_has_its_own_scope(world: World, origin: str, connect: Connect) -> None:
    client = connect(world, origin, kind="SCHOOL")
    granted(client.http.post(PATHS[0], data=client.form()), "school.api")
    denied(client.http.post(PATHS[0], data=client.form(scope="business.api")), "invalid_scope", "school.api")


def test_our_own_address_is_an_audience_too(
    world: World, runtime: Runtime, serve: Serve, connect: Connect
) -> None:
    settings = msgspec.structs.replace(runtime.settings, public_origin="https://pomona.example/")
    public = Runtime(settings, runtime.store, runtime.keys, runtime.clock, runtime.rng, runtime.origins)
    client = connect(world, start(public, serve, working=False))
    for path in PATHS:
        assertion = client.assertion(aud=f"https://pomona.example{path}")
        granted(client.http.post(path, data=client.form(client_assertion=assertion)))
    assertion = client.assertion(aud="https://other.example/auth/oauth2/token")
    denied(client.http.post(PATHS[0], data=client.form(client_assertion=assertion)), "invalid_client", "aud")


def test_a_request_needs_a_good_token(client: Client, runtime: Runtime) -> None:
    good = client.token
    for value in (
        None,
        "",
        "Bearer",
        f"Basic {good}",
        "Bearer nonsense",
        f"Bearer {good[:-2]}",
        "Bearer é",
    ):
        headers = {} if value is None else {"Authorization": value.encode()}
        for method, path in (
            ("GET", "orgDevices"),
            ("POST", "mdmServers"),
            ("GET", "nowhere"),
            ("PUT", "orgDevices"),
        ):
            answer = client.http.request(method, f"/v1/{path}", headers=headers)  # type: ignore[arg-type]
            refused(answer, 401, "NOT_AUTHORIZED")
            assert answer.headers["www-authenticate"].startswith("Bearer")
    runtime.clock.offset += 3_590_000
    assert client.get("orgDevices").status_code == 200
    runtime.clock.offset += 20_000
    assert "expired" in refused(client.get("orgDevices"), 401, "NOT_AUTHORIZED")


def test_revocation_and_new_permissions_hold_at_once(client: Client, world: World) -> None:
    service = world.service("A")
    assert client.get("orgDevices").status_code == 200
    world.store.write_sync(
        lambda tx: api_accounts.change(tx, client.account, permissions=["assign"], actor=ADMIN, now=world.now)
    )
    refused(client.send("DELETE", f"mdmServers/{service.uuid}"), 403, "FORBIDDEN_ERROR")
    second = world.store.write_sync(
        lambda tx: api_accounts.add_key(
            tx, client.account, KEYS.public, actor=ADMIN, now=world.now, rng=world.rng
        )
    )
    world.store.write_sync(
        lambda tx: api_accounts.revoke_key(tx, client.account, client.key_id, actor=ADMIN, now=world.now)
    )
    refused(client.get("orgDevices"), 401, "NOT_AUTHORIZED")
    refused(client.activity("UNASSIGN_DEVICES", ["OABCDEFGH"]), 401, "NOT_AUTHORIZED")
    denied(client.http.post(PATHS[0], data=client.form()), "invalid_client", "kid")
    client.key_id, client._token = second.key_id, None
    assert client.get("orgDevices").status_code == 200
    world.store.write_sync(lambda tx: api_accounts.delete(tx, client.account, actor=ADMIN, now=world.now))
    refused(client.get("orgDevices"), 401, "NOT_AUTHORIZED")
    denied(client.http.post(PATHS[0], data=client.form()), "invalid_client", "client_id")


def test_an_account_without_a_key(client: Client, world: World) -> None:
    world.store.write_sync(
        lambda tx: api_accounts.revoke_key(tx, client.account, client.key_id, actor=ADMIN, now=world.now)
    )
    form = client.form(client_assertion=client.assertion(headers={"typ": "JWT"}))
    denied(client.http.post(PATHS[0], data=form), "invalid_client", "no active key")


def test_when_a_key_was_used_is_noted(client: Client, world: World) -> None:
    assert client.token
    [key] = world.store.read_sync(lambda tx: api_accounts.keys(tx, client.account.id))
    assert key.used_at is not None
