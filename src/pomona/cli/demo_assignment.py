"""Step 4: default services for new devices, then assignment by a program through the Apple Business API."""

import time
from typing import Any

import httpx

from pomona.cli import demo_supply
from pomona.cli.demo_console import Stage
from pomona.cli.demo_world import SERVICES, World
from pomona.cli.programs import ProgramFailed

_ALPHA, _BETA = SERVICES
_PATIENCE = 30.0
_REASSIGNED, _UNASSIGNED = 6, 4


def by_default(world: World, stage: Stage) -> None:
    """Says which service takes new devices of each kind, and lets an order of the maker's own come in."""
    ask = world.programs.ask
    defaults = {_ALPHA: ("iPhone", "iPad"), _BETA: ("Mac", "AppleTV"), world.built_in: ("Watch", "Vision")}
    with stage.bar("setting defaults"):
        for name, families in defaults.items():
            ask("service", "default", name, *(part for family in families for part in ("--family", family)))
    stage.evidence("; ".join(f"{' and '.join(families)} go to {name}" for name, families in defaults.items()))
    demo_supply.maker_order(world, stage)
    counts = {each["serverName"]: len(each["serials"]) for each in services(world)}
    stage.evidence("they went " + ", ".join(f"{counts[name]} to {name}" for name in defaults))


def by_program(world: World, stage: Stage) -> None:
    """Assigns what has waited since the first order, moves some, takes some off."""
    waiting: dict[str, list[str]] = {_ALPHA: [], _BETA: [], world.built_in: []}
    unassigned = [each for each in _api(world, "devices") if each["status"] == "UNASSIGNED"]
    for n, each in enumerate(unassigned):
        waiting[_wanted(world, each["productFamily"], n)].append(each["serial"])
    for name, serials in waiting.items():
        _change(world, stage, "assign", serials, name)
    moved = waiting[_ALPHA][:_REASSIGNED]
    _change(world, stage, "assign", moved, _BETA, f"reassigned from {_ALPHA}")
    _change(world, stage, "unassign", moved[:_UNASSIGNED], _BETA)


def compare(world: World, stage: Stage) -> None:
    """Each external service's own view against the API's."""
    listed = {each["serverName"]: set(each["serials"]) for each in services(world)}
    for name in SERVICES:
        with stage.bar(f"{name} looks for its changes"):
            state = _until_same(world, name, listed[name])
        given = sum(each["profile_status"] == "assigned" for each in state["devices"].values())
        stage.evidence(
            f"{name} sees exactly its own {len(listed[name])} devices by /server/devices and /devices/sync,"
            f" and gave its profile to {given}"
        )


def services(world: World) -> list[dict[str, Any]]:
    """The services and their devices, as the API lists them."""
    found: list[dict[str, Any]] = _api(world, "services")
    return found


def _api(world: World, what: str) -> Any:
    return world.programs.ask("simulate", "api", *world.api(), what)


def _wanted(world: World, family: str, n: int) -> str:
    if family in {"iPhone", "iPad"}:
        return _ALPHA if n % 3 else world.built_in
    return _BETA if family in {"Mac", "AppleTV"} else world.built_in


def _change(world: World, stage: Stage, verb: str, serials: list[str], service: str, how: str = "") -> None:
    if not serials:
        return
    with stage.bar(f"{verb}ing {len(serials)} devices"):
        done = world.programs.ask("simulate", "api", *world.api(), verb, *serials, "--service", service)
    where = how or ("assigned" if verb == "assign" else "taken off")
    stage.evidence(
        f"{done['succeeded']} devices {where}: {service}; activity {done['id'][:8]} {done['subStatus']},"
        f" its log has {done['succeeded'] + done['failed']} lines"
    )


def _until_same(world: World, name: str, serials: set[str]) -> dict[str, Any]:
    end = time.monotonic() + _PATIENCE
    while True:
        state: dict[str, Any] = httpx.get(f"{world.service_urls[name]}/state", trust_env=False).json()
        devices = state["devices"]
        if set(devices) == serials and all(each["profile_status"] != "empty" for each in devices.values()):
            return state
        if time.monotonic() > end:
            raise ProgramFailed(
                f"{name} has {len(devices)} devices after {_PATIENCE:g} s, {len(serials)} are its own"
            )
        time.sleep(0.2)
