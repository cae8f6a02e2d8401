"""Simulated devices: believable, the same each time, many at once, and plain about what went wrong."""

import base64
import json
from collections.abc import Awaitable, Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pomona.catalogue.kinds import Kind
from pomona.catalogue.products import all_products
from pomona.catalogue.serials import batch
from pomona.simulator import devices
from pomona.simulator.device import Device
from pomona.simulator.device_commands import DeviceState, perform
from pomona.simulator.device_world import DeviceWorld
from pomona.simulator.devices import Outcome, Run
from pomona.simulator.web_sign_in import Person
from tests.support.serving import Serve
from tests.support.sites import Site

Handler = Callable[[Request], Awaitable[Response]]


def answer(body: str | bytes = "", status: int = 200, **headers: str) -> Handler:
    async def handler(_request: Request) -> Response:
        return Response(body, status, {name.replace("_", "-"): value for name, value in headers.items()})

    return handler


def cloud(serve: Serve, **paths: Handler) -> str:
    """A server that answers at `/activation/v1/record` (record) and at `/enrol`, `/page` and others as told."""
    known = {"record": "/activation/v1/record", "wellknown": "/.well-known/com.apple.remotemanagement"}
    routes = [
        Route(known.get(name, f"/{name}"), handler, methods=["GET", "POST"])
        for name, handler in paths.items()
    ]
    return serve(Starlette(routes=routes))


def automated(site: Site, origin: str) -> Outcome:
    async def run(world: DeviceWorld) -> Outcome:
        moved = DeviceWorld(origin, world.network, world.factory, world.keys, world.rng)
        return (await devices.enrol(moved, site.device(arrive=False), devices.automated())).outcome

    return site.play(run)


def test_a_device_is_the_same_each_time_and_of_its_kind() -> None:
    for serial, product in batch(7, 60):
        device, again = Device.of(serial), Device.of(serial, product)
        assert (device.udid, device.machine_info(), device.kind) == (
            again.udid,
            again.machine_info(),
            product.kind,
        )
        information = device.information(own=False, awaiting=True, supervised=True)
        assert information["ProductName"] == product.product_type
        assert information["AvailableDeviceCapacity"] < information["DeviceCapacity"]
        assert ("IMEI" in information) == bool(product.cellular)
        assert ("BatteryLevel" in information) == (product.kind not in (Kind.MAC, Kind.APPLE_TV))
        own = device.information(own=True, awaiting=False, supervised=False)
        told = json.dumps(own) + json.dumps(device.authentication(own=True)) + str(device.account_info())
        assert device.serial not in told
        assert device.udid not in told
    assert len({Device.of(serial).udid for serial, _ in batch(7, 200)}) == 200


def test_every_product_has_a_capacity_that_can_be_told() -> None:
    serial = batch(1, 1)[0][0]
    for product in all_products():
        information = Device.of(serial, product).information(own=False, awaiting=False, supervised=False)
        assert 1 <= information["DeviceCapacity"] <= 16_384


def test_many_enrol_at_once(quick_site: Site) -> None:
    serials = quick_site.world.stock(24)

    async def run(world: DeviceWorld) -> list[Run]:
        wanted = [Device.of(serial) for serial in serials]
        return [run async for run in devices.enrol_all(world, wanted, devices.automated(), at_once=24)]

    outcomes = [run.outcome for run in quick_site.play(run)]
    assert {outcome.serial for outcome in outcomes} == set(serials)
    for outcome in outcomes:
        assert outcome.result == ("left out" if outcome.kind == "Apple Watch" else "enrolled"), outcome.detail
        assert outcome.released == (outcome.result == "enrolled")
    enrolled = [outcome for outcome in outcomes if outcome.result == "enrolled"]
    rows = quick_site.runtime.store.read_sync(
        lambda tx: tx.rows("SELECT status, count(*), count(DISTINCT serial) FROM enrollment GROUP BY status")
    )
    assert rows == [("enrolled", len(enrolled), len(enrolled))]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (answer("no", 500), "activation: HTTP 500 from /activation/v1/record: no"),
        (answer("nonsense"), "the record is not JSON"),
        (answer("[]"), "not a JSON object"),
        (answer("{}"), "has no url"),
        (answer('{"anchor_certs":["%"]}'), "anchor_certs"),
        (answer('{"url":"nonsense"}'), "enrol: nonsense"),
        (answer('{"url":"http://127.0.0.1:1/enrol"}'), "enrol: http://127.0.0.1:1/enrol"),
    ],
)
def test_a_bad_record_is_named(quick_site: Site, serve: Serve, record: Handler, said: str) -> None:
    outcome = automated(quick_site, cloud(serve, record=record))
    assert outcome.result == "failed"
    assert said in outcome.detail


@pytest.mark.parametrize(
    ("enrol", "said"),
    [
        (answer("sorry", 403), "enrol: HTTP 403 from /enrol: sorry"),
        (answer("nonsense"), "profile: not an enrolment profile"),
        (
            answer(b"<plist><dict><key>PayloadContent</key><array/></dict></plist>"),
            "0 payloads of type com.apple.mdm",
        ),
    ],
)
def test_a_bad_profile_is_named(quick_site: Site, serve: Serve, enrol: Handler, said: str) -> None:
    async def record(request: Request) -> Response:
        return Response(json.dumps({"url": f"http://{request.url.netloc}/enrol"}))

    outcome = automated(quick_site, cloud(serve, record=record, enrol=enrol))
    assert outcome.result == "failed"
    assert said in outcome.detail


def account_driven(site: Site, origin: str) -> Outcome:
    async def run(world: DeviceWorld) -> Outcome:
        moved = DeviceWorld(origin, world.network, world.factory, world.keys, world.rng, origin)
        way = devices.account_driven(Person("pat@corp.example", "secret"))
        return (await devices.enrol(moved, site.device(arrive=False), way, by_account=True)).outcome

    return site.play(run)


def _found(request: Request, version: str = "mdm-byod") -> Response:
    base = f"http://{request.url.netloc}/base"
    return Response(
        json.dumps({"Servers": [{"Version": version, "BaseURL": base}]}), media_type="application/json"
    )


async def _well_known(request: Request) -> Response:
    assert request.query_params["user-identifier"] == "pat@corp.example"
    assert request.query_params["model-family"] == "iPhone"
    return _found(request)


def _base(url: str) -> Handler:
    async def base(request: Request) -> Response:
        if "authorization" in request.headers:
            return PlainTextResponse(request.headers["authorization"], 418)
        said = f'Bearer method="apple-as-web" url="http://{request.url.netloc}{url}"'
        return Response("", 401, {"www-authenticate": said})

    return base


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (answer("<p>no form</p>", content_type="text/html"), "the page has no form"),
        (answer("down", 503), "sign-in: HTTP 503"),
    ],
)
def test_a_bad_sign_in_page_is_named(quick_site: Site, serve: Serve, page: Handler, said: str) -> None:
    outcome = account_driven(quick_site, cloud(serve, wellknown=_well_known, base=_base("/page"), page=page))
    assert said in outcome.detail


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("apple-remotemanagement-user-login://authentication-results?access-token=T", "Bearer T"),
        ("/next", "Bearer HOP"),
        ("apple-remotemanagement-user-login://elsewhere?access-token=T", "the callback must be"),
        ("apple-remotemanagement-user-login://authentication-results?token=T", "the callback must be"),
        ("", "asks again"),
    ],
)
def test_the_browser_follows_to_the_token(quick_site: Site, serve: Serve, location: str, said: str) -> None:
    """A sign-in page with other fields and a hop in between, as an identity provider's might be."""

    async def page(request: Request) -> Response:
        if request.method == "GET":
            assert request.query_params["user-identifier"] == "pat@corp.example"
            html = '<form action="/page?x=1"><input name=login type=text><input type="password" name=pw>'
            return Response(f'{html}<input type=hidden name=csrf value="c"></form>', media_type="text/html")
        form = await request.form()
        assert (form["login"], form["pw"], form["csrf"]) == ("pat@corp.example", "secret", "c")
        return Response("", 308 if location else 200, {"location": location} if location else {})

    async def hop(_request: Request) -> Response:
        return RedirectResponse(
            "apple-remotemanagement-user-login://authentication-results?access-token=HOP", 302
        )

    handlers = {"wellknown": _well_known, "base": _base("/page?tenant=1"), "page": page, "next": hop}
    assert said in account_driven(quick_site, cloud(serve, **handlers)).detail


@pytest.mark.parametrize(
    ("handlers", "said"),
    [
        ({}, "neither the domain (HTTP 404"),
        ({"wellknown": answer("{}", content_type="application/json")}, "neither the domain (expected a JSON"),
        ({"wellknown": _well_known, "base": answer()}, "enrol: HTTP 200"),
        ({"wellknown": _well_known, "base": answer(status=401)}, "expected a Bearer challenge"),
        (
            {
                "wellknown": _well_known,
                "base": answer(
                    status=401,
                    www_authenticate='Bearer method="apple-oauth2", authorization-url="https://a", token-url="https://b",'
                    ' redirect-url="c:/d", client-id="e", scope="f"',
                ),
            },
            "apple-oauth2 is not one",
        ),
    ],
)
def test_bad_discovery_and_challenges_are_named(
    quick_site: Site, serve: Serve, handlers: dict[str, Handler], said: str
) -> None:
    outcome = account_driven(quick_site, cloud(serve, **handlers))
    assert outcome.result == "failed"
    assert said in outcome.detail


def test_unknown_commands_are_errors_as_devices_report_them() -> None:
    state = DeviceState(Device.of(batch(1, 1)[0][0]), "profile")
    for command in ({"RequestType": "PaintDevice"}, {}, {"RequestType": "DeviceConfigured"}):
        result = perform(state, command)
        assert result["Status"] == "Error"
        assert result["ErrorChain"][0]["ErrorCode"] == 12021
    own = DeviceState(state.device, "profile", own=True)
    assert perform(own, {"RequestType": "EraseDevice"})["Status"] == "Error"
    assert not own.erased
    no_name = b"<plist><dict><key>PayloadIdentifier</key><integer>1</integer></dict></plist>"
    for payload in (None, b"", no_name, base64.b64decode("MIAAAA==")):
        result = perform(state, {"RequestType": "InstallProfile", "Payload": payload})
        assert result["ErrorChain"][0]["ErrorDomain"] == "MCInstallationErrorDomain"
