"""`configurations`: every rule of what may be sent, and the profile given back byte for byte."""

import base64
import json
import plistlib
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomona.business_api.configurations import CONFIGURATIONS
from pomona.registry import organizations
from pomona.runtime import Runtime
from tests.business_api.support import Client, Connect, refused
from tests.business_api.test_fuzz import JSON, check, paths_of, spoilt
from tests.support.profiles import profile
from tests.support.worlds import ADMIN, World

AT = "/data/attributes"
PROFILE = f"{AT}/customSettingsValues/configurationProfile"


def body(id: str | None = None, values: Any = None, **attributes: Any) -> dict[str, Any]:
    """The body of a write; `values` are the customSettingsValues."""
    data: dict[str, Any] = {"type": "configurations", "attributes": attributes}
    if values is not None:
        attributes["customSettingsValues"] = values
    if id is not None:
        data["id"] = id
    return {"data": data}


def whole(text: str | None = None, name: str = "Guests", **attributes: Any) -> dict[str, Any]:
    """A body that makes a configuration."""
    values = {"configurationProfile": profile() if text is None else text}
    return body(None, values, type="CUSTOM_SETTING", name=name, **attributes)


def made(client: Client, text: str | None = None, name: str = "Guests", **attributes: Any) -> dict[str, Any]:
    answer = client.send("POST", "configurations", json=whole(text, name, **attributes))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def patch(client: Client, id: str, values: Any = None, **attributes: Any) -> httpx.Response:
    return client.send("PATCH", f"configurations/{id}", json=body(id, values, **attributes))


def test_create_and_read_back_byte_for_byte(client: Client) -> None:
    text = profile().replace("\n", "\r\n") + "\n\t <!-- \u2713 -->\n"
    answer = client.send("POST", "configurations", json=whole(text))
    assert answer.status_code == 201
    found = answer.json()["data"]
    url = f"{client.origin}/v1/configurations/{found['id']}"
    assert (found["type"], found["links"], answer.headers["location"]) == (
        "configurations",
        {"self": url},
        url,
    )
    attributes = found["attributes"]
    assert tuple(attributes) == CONFIGURATIONS.attributes
    assert attributes["createdDateTime"] == attributes["updatedDateTime"]
    assert attributes["configuredForPlatforms"] == [
        "PLATFORM_MACOS", "PLATFORM_IOS", "PLATFORM_TVOS", "PLATFORM_VISIONOS",
    ]  # fmt: skip
    assert attributes["customSettingsValues"] == {
        "configurationProfile": text,
        "filename": f"{found['id']}.mobileconfig",
    }
    again = client.get(f"configurations/{found['id']}").json()
    assert again["data"] == found
    assert again["links"]["self"] == url
    [listed] = client.get("configurations").json()["data"]
    assert listed == found | {"attributes": attributes | {"customSettingsValues": None}}


@pytest.mark.parametrize("encoded", [
    base64.b64encode(profile().encode()).decode(),
    base64.encodebytes(profile().encode()).decode(),
    base64.b64encode(plistlib.dumps(plistlib.loads(profile().encode()), fmt=plistlib.FMT_BINARY)).decode(),
])  # fmt: skip
def test_base64_is_taken_too_and_given_back_as_it_came(client: Client, encoded: str) -> None:
    found = made(client, encoded)["attributes"]["customSettingsValues"]
    assert found["configurationProfile"] == encoded


def test_platforms_come_from_the_payloads_unless_they_are_sent(client: Client) -> None:
    for types, expected in (
        (["com.apple.security.firewall"], ["MACOS"]),
        (["com.apple.wifi.managed", "com.apple.dock"], ["MACOS"]),
        (["com.apple.homescreenlayout"], ["IOS"]),
        (["com.apple.webClip.managed"], ["MACOS", "IOS"]),
        (["com.apple.mobiledevice.passwordpolicy"], ["MACOS", "IOS", "VISIONOS"]),
        (["com.apple.conferenceroomdisplay"], ["TVOS"]),
        (["com.apple.dock", "com.apple.app.lock"], ["MACOS", "IOS"]),
        (["com.example.unknown"], ["MACOS", "IOS", "TVOS", "VISIONOS"]),
    ):
        found = made(client, profile(*types))["attributes"]["configuredForPlatforms"]
        assert found == [f"PLATFORM_{name}" for name in expected], types
    sent = ["PLATFORM_TVOS", "PLATFORM_MACOS", "PLATFORM_TVOS"]
    found = made(client, configuredForPlatforms=sent)["attributes"]["configuredForPlatforms"]
    assert found == ["PLATFORM_MACOS", "PLATFORM_TVOS"]


def test_what_create_refuses(client: Client, world: World) -> None:
    good = {"configurationProfile": profile()}
    cases: tuple[tuple[Any, int, str, str], ...] = (
        (body(None, good, name="X"), 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", f"{AT}/type"),
        (body(None, good, type="CUSTOM_SETTING"), 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", f"{AT}/name"),
        (body(type="CUSTOM_SETTING", name="X"), 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", PROFILE),
        (body(None, {}, type="CUSTOM_SETTING", name="X"), 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", PROFILE),
        (body(type="WIFI", name="X"), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{AT}/type"),
        (whole(name=" "), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{AT}/name"),
        (whole(name="a\x00"), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{AT}/name"),
        (whole(configuredForPlatforms=[]), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{AT}/configuredForPlatforms"),
        (
            whole(configuredForPlatforms=["PLATFORM_WATCHOS"]),
            409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{AT}/configuredForPlatforms",
        ),
        (whole(configuredForPlatforms="x"), 422, "ENTITY_ERROR.ATTRIBUTE.TYPE", f"{AT}/configuredForPlatforms"),
        (whole(colour="red"), 409, "ENTITY_ERROR.ATTRIBUTE.UNKNOWN", f"{AT}/colour"),
        ({"data": {"type": "blueprints"}}, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", "/data/type"),
        *(
            (
                body(None, good | {"filename": name}, type="CUSTOM_SETTING", name="X"),
                409, "ENTITY_ERROR.ATTRIBUTE.INVALID", f"{AT}/customSettingsValues/filename",
            )
            for name in ("x.xml", ".mobileconfig", "a/b.mobileconfig", "a\n.mobileconfig", "x" * 250 + ".mobileconfig")
        ),
        *(
            (whole(text), 400, "ENTITY_ERROR.ATTRIBUTE.INVALID", PROFILE)
            for text in (
                "", "nonsense", "<plist", "<plist><array/></plist>", "\x00", base64.b64encode(b"nonsense").decode(),
                profile(PayloadContent=[]), profile(PayloadContent=None), profile(PayloadContent={"a": 1}),
                profile(PayloadContent=["x"]), profile(PayloadContent=[{"PayloadVersion": 1}]),
                profile().replace("<plist", "<!DOCTYPE x [<!ENTITY e 'x'>]><plist"),
            )
        ),
        *(
            (whole(text), 400, "PARAMETER_ERROR.INVALID", PROFILE)
            for text in (
                profile(PayloadVersion=2), profile(PayloadVersion=True), profile(PayloadVersion="1"),
                profile(PayloadVersion=None), profile(PayloadType="com.apple.mdm"),
            )
        ),
    )  # fmt: skip
    for sent, status, code, pointer in cases:
        refused(client.send("POST", "configurations", json=sent), status, code, pointer=pointer)
    assert (
        "PayloadVersion" in client.send("POST", "configurations", json=whole(profile(PayloadVersion=2))).text
    )
    for raw in (b"", b"{", b'{"data":{"type":"configurations","attributes":{"name":"\\ud800"}}}'):
        assert client.send("POST", "configurations", content=raw).status_code in (400, 409, 422)
    assert client.get("configurations").json()["data"] == []


def test_how_large_a_profile_may_be(client: Client) -> None:
    base = profile()
    largest = base + " " * (999_999 - len(base.encode()))
    assert made(client, largest)["attributes"]["customSettingsValues"]["configurationProfile"] == largest
    for text in (largest + " ", base64.b64encode(largest.encode() + b" ").decode(), largest * 3):
        answer = client.send("POST", "configurations", json=whole(text))
        refused(answer, 400, "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer=PROFILE)
    escaped = profile(PayloadDescription="€" * 300_000)
    assert made(client, escaped)["attributes"]["customSettingsValues"]["configurationProfile"] == escaped
    refused(client.send("POST", "configurations", content=b" " * 8_000_001), 413, "ENTITY_ERROR.TOO_LARGE")


def test_update_changes_what_is_sent(client: Client, runtime: Runtime) -> None:
    first = made(client, configuredForPlatforms=["PLATFORM_IOS"])
    id, text = first["id"], profile("com.apple.dock")
    steps: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
        ({"name": "Office"}, {"name": "Office"}),
        ({"values": {"configurationProfile": text}}, {"configurationProfile": text}),
        ({"values": {"filename": "office.mobileconfig"}}, {"filename": "office.mobileconfig"}),
        ({"configuredForPlatforms": ["PLATFORM_MACOS"]}, {"configuredForPlatforms": ["PLATFORM_MACOS"]}),
        ({"type": "CUSTOM_SETTING", "name": "Office 2"}, {"name": "Office 2"}),
    )
    before = first["attributes"]
    for sent, expected in steps:
        runtime.clock.offset += 60_000
        answer = patch(client, id, **sent)
        assert answer.status_code == 200, answer.text
        after = answer.json()["data"]["attributes"]
        assert after["updatedDateTime"] > before["updatedDateTime"]
        assert flat(after) == flat(before) | expected | {"updatedDateTime": after["updatedDateTime"]}
        assert client.get(f"configurations/{id}").json()["data"] == answer.json()["data"]
        before = after


def flat(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes and values beside each other."""
    values: dict[str, Any] = attributes["customSettingsValues"]
    return {key: value for key, value in attributes.items() if key != "customSettingsValues"} | values


def test_what_update_refuses(client: Client) -> None:
    first = made(client)
    id = first["id"]
    for sent in (body(id), body(id, {}), body(id, type="CUSTOM_SETTING"), body(id, name=None)):
        answer = client.send("PATCH", f"configurations/{id}", json=sent)
        refused(answer, 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", pointer=AT)
    answer = client.send("PATCH", f"configurations/{id}", json=body(name="X"))
    refused(answer, 422, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", pointer="/data/id")
    answer = client.send("PATCH", f"configurations/{id}", json=body("other", name="X"))
    refused(answer, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer="/data/id")
    refused(patch(client, id, type="VPN"), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer=f"{AT}/type")
    refused(patch(client, id, {"filename": "x"}), 409, "ENTITY_ERROR.ATTRIBUTE.INVALID",
            pointer=f"{AT}/customSettingsValues/filename")  # fmt: skip
    bad = {"configurationProfile": profile(PayloadVersion=2)}
    refused(patch(client, id, bad, name="X"), 400, "PARAMETER_ERROR.INVALID", pointer=PROFILE)
    missing = "b1481656-b267-480d-b284-a809eed8b041"
    refused(patch(client, missing, name="X"), 404, "NOT_FOUND")
    assert client.get(f"configurations/{id}").json()["data"] == first


def test_delete_and_what_is_not_there(client: Client) -> None:
    id = made(client)["id"]
    answer = client.send("DELETE", f"configurations/{id}")
    assert (answer.status_code, answer.content) == (204, b"")
    refused(client.get(f"configurations/{id}"), 404, "NOT_FOUND")
    refused(client.send("DELETE", f"configurations/{id}"), 404, "NOT_FOUND")
    refused(client.get("configurations/%00"), 404, "NOT_FOUND")
    refused(client.get("configurations/%C3%A4"), 404, "NOT_FOUND")


def test_pages_and_fields(client: Client) -> None:
    ids = [made(client, name=f"C{n}")["id"] for n in range(5)]
    pages = client.pages("configurations?limit=2&fields[configurations]=name")
    assert [len(page["data"]) for page in pages] == [2, 2, 1]
    assert [each["id"] for page in pages for each in page["data"]] == ids
    assert {tuple(each["attributes"]) for page in pages for each in page["data"]} == {("name",)}
    found = client.get(f"configurations/{ids[0]}", **{"fields[configurations]": "customSettingsValues"})
    assert list(found.json()["data"]["attributes"]) == ["customSettingsValues"]
    for name, value in (("fields[configurations]", "x"), ("include", "x"), ("cursor", "x"), ("limit", "0")):
        refused(client.get("configurations", **{name: value}), 400, "PARAMETER_ERROR.INVALID", parameter=name)


def test_the_log_tells_of_each_change(client: Client, world: World) -> None:
    id = made(client)["id"]
    patch(client, id, name="Office")
    client.send("DELETE", f"configurations/{id}")
    events = client.get("auditEvents", **{
        "filter[startTimestamp]": "2020-01-01T00:00:00Z", "filter[endTimestamp]": "2100-01-01T00:00:00Z",
        "filter[subjectId]": id,
    }).json()["data"]  # fmt: skip
    told = [each["attributes"] for each in reversed(events)]
    assert [each["type"] for each in told] == [
        "CONFIG_SETTINGS_CREATED", "CONFIG_SETTINGS_UPDATED", "CONFIG_SETTINGS_DELETED",
    ]  # fmt: skip
    assert [each[each["eventDataPropertyKey"]] for each in told] == [
        {"configType": "CUSTOM_SETTING", "configId": id, "configVersion": version}
        for version in ("1", "2", "2")
    ]
    assert {(each["category"], each["subjectType"], each["actorType"]) for each in told} == {
        ("DEVICE_MANAGEMENT", "DEVICE_MANAGEMENT_SETTING", "API_USER")
    }


def test_the_permission_the_switch_and_school(world: World, origin: str, connect: Connect) -> None:
    client = connect(world, origin)
    id = made(client)["id"]
    reader = connect(world, origin, permissions=["read", "assign", "services"])
    assert reader.get(f"configurations/{id}").status_code == 200
    calls: tuple[tuple[str, str, Any], ...] = (
        ("POST", "configurations", whole()),
        ("PATCH", f"configurations/{id}", body(id, name="X")),
        ("DELETE", f"configurations/{id}", None),
    )
    for method, path, sent in calls:
        assert "blueprints" in refused(reader.send(method, path, json=sent), 403, "FORBIDDEN_ERROR")
    school = connect(world, origin, kind="SCHOOL")
    for method, path, sent in (*calls, ("GET", "configurations", None)):
        refused(school.send(method, path, json=sent), 404, "PATH_ERROR")
    switch(world, False)
    for method, path, sent in (
        *calls,
        ("GET", "configurations", None),
        ("GET", f"configurations/{id}", None),
    ):
        answer = client.send(method, path, json=sent)
        refused(answer, 403, "FORBIDDEN_ERROR.INCLUDED_MDM_NOT_ENABLED")
    switch(world, True)
    assert client.get(f"configurations/{id}").json()["data"]["attributes"]["name"] == "Guests"


def switch(world: World, on: bool) -> None:
    """Switches built-in device management."""
    world.store.write_sync(
        lambda tx: organizations.set_management(tx, world.id, on, actor=ADMIN, now=world.now)
    )


SENT = body(
    "b1481656-b267-480d-b284-a809eed8b041",
    {"configurationProfile": profile(), "filename": "x.mobileconfig"},
    type="CUSTOM_SETTING", name="X", configuredForPlatforms=["PLATFORM_IOS"],
)  # fmt: skip
QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=60).map(lambda data: base64.b64encode(data).decode()),
    st.builds(
        lambda at, cut, more: profile()[:at] + more + profile()[at + cut :],
        st.integers(0, len(profile())), st.integers(0, 60), st.text(max_size=10),
    ),
)  # fmt: skip


@QUICK
@given(path=st.sampled_from(paths_of(SENT)), value=JSON, method=st.sampled_from(("POST", "PATCH")))
def test_any_body_is_answered(client: Client, path: list[Any], value: Any, method: str) -> None:
    where = "configurations" if method == "POST" else f"configurations/{SENT['data']['id']}"
    check(client.send(method, where, content=json.dumps(spoilt(SENT, path, value))))


@QUICK
@given(text=TEXTS)
def test_any_profile_is_answered_and_kept_as_it_is(client: Client, text: str) -> None:
    answer = client.send("POST", "configurations", json=whole(text))
    check(answer)
    if answer.status_code == 201:
        values = answer.json()["data"]["attributes"]["customSettingsValues"]
        assert values["configurationProfile"] == text
