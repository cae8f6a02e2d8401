"""The five steps of the workflow, each played by programs of its own, with a line of evidence for each."""

from pomona.cli import demo_assignment, demo_enrolment, demo_supply
from pomona.cli.demo_console import Stage
from pomona.cli.demo_world import ADMINISTRATOR, DOMAIN, EMPLOYEE, ORGANIZATION, SERVICES, World


def play(world: World, stage: Stage) -> None:
    """All of it. Raises `ProgramFailed` where a program does not do its part."""
    (world.data / "demo").mkdir(mode=0o700, exist_ok=True)
    _organisation(world, stage)
    stage.step("1  Suppliers: orders make devices appear")
    demo_supply.link_suppliers(world, stage)
    demo_supply.order(world, stage)
    stage.step("2  Device management services are linked")
    _link_services(world, stage)
    stage.step("3  Devices are added by hand")
    _add_by_hand(world, stage)
    stage.step("4  Devices are assigned")
    demo_assignment.by_default(world, stage)
    demo_assignment.by_program(world, stage)
    demo_assignment.compare(world, stage)
    stage.step("5  Devices enrol")
    demo_enrolment.automatically(world, stage)
    demo_enrolment.by_hand(world, stage)
    demo_enrolment.by_account(world, stage)
    demo_enrolment.show(world, stage)


def _organisation(world: World, stage: Stage) -> None:
    ask = world.programs.ask
    with stage.bar("making an organisation"):
        made = ask("org", "create", ORGANIZATION, "--email", f"it@{DOMAIN}", "--phone", "+49 30 1234567",
                   "--address", "Obstweg 1, 14542 Werder")  # fmt: skip
        world.number, world.slug = made["number"], made["slug"]
        ask("domain", "add", DOMAIN)
        ask("domain", "verify", DOMAIN, "--i-vouch")
        for email, role, secret in (
            (ADMINISTRATOR, "ADMINISTRATOR", world.admin_password),
            (EMPLOYEE, "STAFF", world.employee_password),
        ):
            ask("person", "add", email, "--role", role, secrets={"POMONA_PERSON_PASSWORD": secret})
        account = ask("api-account", "create", "Demonstration", "--key", str(world.key_file))
        world.client_id, world.key_id = account["client_id"], account["key_id"]
    stage.evidence(f"{ORGANIZATION}, Organisation ID {world.number}, with the verified domain {DOMAIN}")


def _link_services(world: World, stage: Stage) -> None:
    for name in SERVICES:
        with stage.bar(f"linking {name}"):
            linked = _link(world, name)
        stage.evidence(
            f"{name}: key uploaded, token decrypted, session opened; /account says it is '{linked['server']}'"
            f" of '{linked['organisation']}'"
        )
    built_in = [each["name"] for each in world.programs.ask("service", "list") if each["kind"] == "APPLE_MDM"]
    world.built_in = built_in[0]
    stage.evidence(f"{world.built_in} is there as a third, built in")


def _link(world: World, name: str) -> dict[str, str]:
    """Starts a service's process, uploads its key, gives it the token, and waits for what it reads."""
    folder = world.service_folder(name)
    program = world.programs.start(
        name,
        *("simulate", "service", str(folder), "--origin", world.https, "--ca-file", str(world.ca)),
        *("--name", name, "--every", "0.5", "--json"),
    )
    events = program.lines()
    ready = next(event for event in events if event["step"] == "ready")
    world.programs.ask("service", "add", name, "--certificate", ready["certificate"])
    world.programs.ask("service", "token", name, "--output", str(folder / "token.p7m"))
    linked = next(event for event in events if event["step"] == "linked")
    world.service_urls[name] = ready["url"]
    program.follow()
    return {"server": linked["server_name"], "organisation": linked["org_name"]}


def _add_by_hand(world: World, stage: Stage) -> None:
    wanted = demo_supply.invented(world.seed + 1, 3, ("iPhone", "iPad", "Mac"))
    with stage.bar("adding devices as Apple Configurator does"):
        added = world.programs.ask("device", "add", *(f"{serial}={product}" for serial, product in wanted))
    world.by_hand = [each["serial"] for each in added if each["result"] == "added"]
    stage.evidence(
        f"{len(world.by_hand)} devices ({', '.join(world.by_hand)}) wait in 'Devices Added by Apple Configurator';"
        " thirty provisional days begin when they enrol"
    )
