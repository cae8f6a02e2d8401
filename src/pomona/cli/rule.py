"""`pomona rule`: where arriving devices go, beyond the one default for each kind."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.context import Organization_, installation, organization
from pomona.cli.device_activities import do, show_preview
from pomona.cli.output import Json, refuse, say, show_list, show_record

if TYPE_CHECKING:
    from pomona.registry.arrival_conditions import Conditions
    from pomona.registry.arrival_rules import Rule, Target
    from pomona.runtime import Runtime
    from pomona.store import Tx

app = typer.Typer(
    no_args_is_help=True,
    help="Rules for arriving devices: the first that matches says where a device goes, else the default does.",
)

Name = Annotated[str, typer.Argument(help="Name or id of the rule.")]
_RECENT = 30 * 86_400_000


@app.command("add")
def add(  # noqa: PLR0913, PLR0917 - the options of a command
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is called.")],
    to: Annotated[
        str | None, typer.Option("--to", help="Name or id of the service that devices go to.")
    ] = None,
    unassigned: Annotated[bool, typer.Option("--unassigned", help="They go to no service.")] = False,
    source: Annotated[str, typer.Option(help="apple, reseller or manually_added.")] = "",
    supplier: Annotated[str, typer.Option(help="Apple Customer Number or Reseller Number.")] = "",
    order: Annotated[str, typer.Option(help="Beginning of the order number.")] = "",
    product: Annotated[str, typer.Option(help="Beginning of the product type, like iPhone17.")] = "",
    kind: Annotated[str, typer.Option(help="iPhone, iPad, Mac, AppleTV, Watch or Vision.")] = "",
    unit: Annotated[str, typer.Option(help="Name or id of the unit that the supplier delivers to.")] = "",
    place: Annotated[int | None, typer.Option(min=1, help="Place among the rules; default the last.")] = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Not to be followed yet.")] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Add a rule. A device must be all that is given. Devices that are here already stay where they are."""
    from pomona.registry import arrival_rules
    from pomona.registry.actors import OPERATOR

    if (to is None) is not unassigned:
        refuse("say where the devices go: --to SERVICE or --unassigned")
    with installation(ctx) as runtime:
        owner = organization(runtime, org)

        def make(tx: "Tx") -> "Rule":
            asked = _conditions(tx, owner.id, source, supplier, order, product, kind, unit)
            return arrival_rules.create(
                tx, owner.id, name, asked, _target(tx, owner.id, to), place=place, enabled=not disabled,
                actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng,
            )  # fmt: skip

        rule = runtime.store.write_sync(make)
        record = _record(runtime, owner.id, rule)
    show_record(rule.name, record, as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List the rules in their order."""
    from pomona.registry import arrival_rules

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        rules = runtime.store.read_sync(lambda tx: arrival_rules.of_organization(tx, owner.id))
        rows = [_record(runtime, owner.id, rule) for rule in rules]
    show_list("Rules", rows, as_json, columns=("place", "name", "enabled", "conditions", "to"))


@app.command("show")
def show(ctx: typer.Context, name: Name, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one rule."""
    from pomona.registry import arrival_rules

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        rule = runtime.store.read_sync(lambda tx: arrival_rules.get(tx, owner.id, name))
        record = _record(runtime, owner.id, rule)
    show_record(rule.name, record, as_json)


@app.command("move")
def move(
    ctx: typer.Context,
    name: Name,
    place: Annotated[int, typer.Argument(min=1, help="Its new place, counted from 1.")],
    org: Organization_ = None,
) -> None:
    """Put a rule at another place: the first that matches decides."""
    from pomona.registry import arrival_rules
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        moved = runtime.store.write_sync(
            lambda tx: arrival_rules.move(
                tx, arrival_rules.get(tx, owner.id, name), place, actor=OPERATOR, now=runtime.clock.now()
            )
        )
    typer.echo(f"{moved.name}: place {moved.place}")


@app.command("enable")
def enable(ctx: typer.Context, name: Name, org: Organization_ = None) -> None:
    """Let a rule be followed."""
    _switch(ctx, name, org, enabled=True)


@app.command("disable")
def disable(ctx: typer.Context, name: Name, org: Organization_ = None) -> None:
    """Let a rule not be followed for now."""
    _switch(ctx, name, org, enabled=False)


@app.command("remove")
def remove(ctx: typer.Context, name: Name, org: Organization_ = None) -> None:
    """Forget a rule. Devices stay where it sent them."""
    from pomona.registry import arrival_rules
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        runtime.store.write_sync(
            lambda tx: arrival_rules.remove(
                tx, arrival_rules.get(tx, owner.id, name), actor=OPERATOR, now=runtime.clock.now()
            )
        )
    typer.echo(f"{name}: removed")


@app.command("preview")
def preview(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """Show what each rule, and none of them, would have caught of the devices that are here."""
    from pomona.registry import arrival_matching, arrival_rules

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        since = runtime.clock.now() - _RECENT
        found = runtime.store.scan_sync(
            lambda tx: arrival_matching.caught(
                tx, owner.id, arrival_rules.of_organization(tx, owner.id), since
            )
        )
        rows = [
            {
                "place": None if each.rule is None else each.rule.place,
                "rule": "no rule" if each.rule is None else each.rule.name,
                "to": "the default of its kind" if each.rule is None else _to(runtime, owner.id, each.rule),
                "devices": each.here,
                "there": None if each.rule is None else each.there,
                "last_30_days": each.recent,
            }
            for each in found
        ]
    show_list("What the rules would have caught", rows, as_json)


@app.command("apply")
def apply(
    ctx: typer.Context,
    name: Name,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only devices that are on no service, or in the placeholder.")
    ] = False,
    preview_: Annotated[
        bool, typer.Option("--preview", help="Say what would happen, and do nothing.")
    ] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Send the devices that are here, and that a rule would have caught, where it says: an activity with a log."""
    from pomona.registry import arrival_matching, arrival_rules

    with installation(ctx) as runtime:
        owner = organization(runtime, org)

        def look(tx: "Tx") -> "tuple[Rule, list[str]]":
            rule = arrival_rules.get(tx, owner.id, name)
            rules = arrival_rules.of_organization(tx, owner.id)
            ahead = [each for each in rules if each.works or each.id == rule.id]
            return rule, arrival_matching.serials(tx, owner.id, ahead, rule, only_waiting=waiting)

        rule, caught = runtime.store.scan_sync(look)
        if not rule.unassigned and rule.service_id is None:
            refuse(f"the service of '{rule.name}' is gone; remove the rule and add another")
        if not caught:
            say("no device that is here would have been caught")
            return
        type = "UNASSIGN_DEVICES" if rule.unassigned else "ASSIGN_DEVICES"
        if preview_:
            show_preview(runtime, owner, type, caught, as_json, service=rule.service_id)
        else:
            do(runtime, owner, type, caught, as_json, service=rule.service_id)


def _switch(ctx: typer.Context, name: str, org: str | None, *, enabled: bool) -> None:
    from pomona.registry import arrival_rules
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        rule = runtime.store.write_sync(
            lambda tx: arrival_rules.update(
                tx,
                arrival_rules.get(tx, owner.id, name),
                enabled=enabled,
                actor=OPERATOR,
                now=runtime.clock.now(),
            )
        )
    typer.echo(f"{rule.name}: {'enabled' if rule.enabled else 'disabled'}")


def _conditions(
    tx: "Tx", owner: int, source: str, supplier: str, order: str, product: str, kind: str, unit: str
) -> "Conditions":
    from pomona.catalogue.kinds import Kind
    from pomona.registry import organizational_units
    from pomona.registry.arrival_conditions import Conditions

    try:
        number = int(Kind.from_text(kind)) if kind else 0
    except ValueError as problem:
        refuse(problem)
    return Conditions(
        source=source.upper().replace("-", "_"),
        supplier=supplier,
        order=order,
        product_type=product,
        kind=number,
        unit=organizational_units.find(tx, owner, unit).uuid if unit else "",
    )


def _target(tx: "Tx", owner: int, to: str | None) -> "Target":
    from pomona.registry import services

    return "unassigned" if to is None else services.find(tx, owner, to)


def _to(runtime: "Runtime", owner: int, rule: "Rule") -> str:
    from pomona.registry import services

    if rule.unassigned:
        return "unassigned"
    id = rule.service_id
    if id is None:
        return "a service that is gone"
    return runtime.store.read_sync(lambda tx: services.get(tx, owner, id)).name


def _record(runtime: "Runtime", owner: int, rule: "Rule") -> dict[str, Any]:
    from pomona.registry import arrival_words

    said = runtime.store.read_sync(lambda tx: arrival_words.conditions(tx, owner, rule.conditions))
    return {
        "place": rule.place,
        "name": rule.name,
        "id": rule.uuid,
        "enabled": rule.enabled,
        "conditions": ", ".join(said) or "every device",
        "to": _to(runtime, owner, rule),
    }
