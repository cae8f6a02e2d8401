"""Step 5: simulated devices enrol, each a client that knows only what the wire gave it."""

from collections import Counter
from typing import Any

import httpx

from pomona.cli import demo_supply
from pomona.cli.demo_assignment import services
from pomona.cli.demo_console import Stage
from pomona.cli.demo_world import EMPLOYEE, SERVICES, World


def automatically(world: World, stage: Stage) -> None:
    """Every assigned device asks for its activation record and follows it."""
    wanted = [serial for each in services(world) for serial in each["serials"] if serial in world.products]
    outcomes = _simulate(world, stage, wanted)
    results = Counter(each["result"] for each in outcomes)
    released = sum(each["released"] for each in outcomes)
    stage.evidence(
        f"{results['enrolled']} devices enrolled by themselves and {released} were released by DeviceConfigured;"
        f" {results['left out']} watches wait for their iPhones"
    )


def by_hand(world: World, stage: Stage) -> None:
    """A Mac that is nobody's enrols from a profile that its user downloads."""
    ((serial, product),) = demo_supply.invented(world.seed + 2, 1, ("Mac",))
    page = f"{world.https}/manage/{world.slug}/manual"
    (outcome,) = _simulate(world, stage, [serial], {serial: product}, "--manual", page, "--account", EMPLOYEE)
    stage.evidence(
        f"Mac {serial} enrolled by hand with the profile that {EMPLOYEE} downloaded: {_said(outcome)}"
    )


def by_account(world: World, stage: Stage) -> None:
    """An iPhone of a person's own enrols by signing in with a Managed Apple Account."""
    ((serial, product),) = demo_supply.invented(world.seed + 3, 1, ("iPhone",))
    options = ("--account", EMPLOYEE, "--well-known-origin", world.https)
    (outcome,) = _simulate(world, stage, [serial], {serial: product}, *options)
    stage.evidence(
        f"an iPhone of {EMPLOYEE} enrolled by account: {_said(outcome)}; the service sees no serial, only"
        f" {outcome['enrollment']}"
    )


def show(world: World, stage: Stage) -> None:
    """What the built-in service learnt, and what Pomona can know of the external ones."""
    enrolled = world.programs.ask("enrollment", "list")
    kinds = Counter(each["kind"] for each in enrolled)
    sample = next(each for each in enrolled if each["serial"] and each["os"])
    stage.evidence(
        f"{world.built_in} lists {len(enrolled)} devices ({', '.join(f'{n} {kind}' for kind, n in kinds.items())});"
        f" {sample['name']} reports {sample['product']} with version {sample['os']}"
    )
    for name in SERVICES:
        state: dict[str, Any] = httpx.get(f"{world.service_urls[name]}/state", trust_env=False).json()
        known = world.programs.ask("service", "show", name)
        serial = state["enrolled"][0]["serial"]
        device = world.programs.ask("device", "show", serial)
        stage.evidence(
            f"{name} says that {len(state['enrolled'])} enrolled; Pomona knows its last contact"
            f" ({known['last_contact']} UTC) and of {serial} that its profile was {device['profile']}"
        )


def _simulate(
    world: World,
    stage: Stage,
    serials: list[str],
    products: dict[str, str] | None = None,
    *options: str,
) -> list[dict[str, Any]]:
    known = world.products if products is None else products
    lines = "".join(f"{serial},{known[serial]}\n" for serial in serials)
    program = world.programs.start(
        "simulated devices",
        *(
            "simulate",
            "devices",
            "--from",
            "-",
            "--json",
            "--origin",
            world.https,
            "--ca-file",
            str(world.ca),
        ),
        *options,
        secrets={"POMONA_SIMULATED_PASSWORD": world.employee_password},
        input=lines,
    )
    outcomes = []
    with stage.bar("devices enrol", len(serials) if len(serials) > 1 else None) as advance:
        for outcome in program.lines():
            outcomes.append(outcome)
            advance()
    program.wait()
    return outcomes


def _said(outcome: dict[str, Any]) -> str:
    return f"{outcome['result']}, answered {', '.join(type for type, _ in outcome['commands'])}"
