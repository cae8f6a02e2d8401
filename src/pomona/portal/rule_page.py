"""One rule for arriving devices: made, changed, switched, removed, and applied to the devices that are here."""

from dataclasses import replace

from pomona.catalogue.kinds import Kind
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.device_changes import ASSIGN, UNASSIGN
from pomona.portal.forms import Form
from pomona.portal.rule_list import target
from pomona.portal.service_names import service_names
from pomona.portal.visit import Visit
from pomona.registry import (
    arrival_matching,
    arrival_rules,
    organizational_units,
    services,
    supplier_links,
)
from pomona.registry.arrival_conditions import SOURCES, Conditions
from pomona.registry.arrival_rules import Rule, Target
from pomona.registry.errors import Invalid
from pomona.store import Tx

_SOURCES = {"APPLE": "Apple", "RESELLER": "A reseller", "MANUALLY_ADDED": "Added by hand"}
_UNASSIGNED = "unassigned"


def form(tx: Tx, visit: Visit) -> Answer:
    """The form for a new rule, or the one that was refused."""
    return _page(tx, visit, None, visit.form.typed())


def add(tx: Tx, visit: Visit) -> Answer:
    """Makes a rule at the end."""
    arrival_rules.create(
        tx,
        visit.organization_id,
        visit.form.text("name"),
        _conditions(visit),
        _target(tx, visit),
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    return Moved("/portal/rules", "rule-added")


def show(tx: Tx, visit: Visit) -> Answer:
    """A rule and what can be done with it."""
    rule = _rule(tx, visit)
    typed = visit.form.typed() if "name" in visit.form.fields else _values(tx, visit, rule)
    return _page(tx, visit, rule, typed)


def change(tx: Tx, visit: Visit) -> Answer:
    """Changes a rule. Devices that are here already stay where they are."""
    arrival_rules.update(
        tx,
        _rule(tx, visit),
        name=visit.form.text("name"),
        conditions=_conditions(visit),
        target=_target(tx, visit),
        actor=visit.actor,
        now=visit.now,
    )
    return Moved("/portal/rules", "rule-saved")


def switch(tx: Tx, visit: Visit) -> Answer:
    """Enables or disables a rule."""
    enabled = visit.form.text("enabled") == "yes"
    arrival_rules.update(tx, _rule(tx, visit), enabled=enabled, actor=visit.actor, now=visit.now)
    return Moved("/portal/rules", "rule-enabled" if enabled else "rule-disabled")


def remove(tx: Tx, visit: Visit) -> Answer:
    """Forgets a rule."""
    arrival_rules.remove(tx, _rule(tx, visit), actor=visit.actor, now=visit.now)
    return Moved("/portal/rules", "rule-removed")


def apply(tx: Tx, visit: Visit) -> Answer:
    """What would happen if the devices that are here went where the rule says; confirming it is an ordinary activity."""
    rule = _rule(tx, visit)
    rules = arrival_rules.of_organization(tx, visit.organization_id)
    ahead = [each for each in rules if each.works or each.id == rule.id]
    only_waiting = visit.form.ticked("waiting")
    caught = arrival_matching.serials(tx, visit.organization_id, ahead, rule, only_waiting=only_waiting)
    if not caught:
        raise Invalid("No device that is here would have been caught.", field="waiting")
    fields = {"serials": ["\n".join(caught)]}
    if rule.unassigned:
        return UNASSIGN.preview(tx, replace(visit, form=Form(fields)))
    if rule.service_id is None:
        raise Invalid("The service of this rule is gone; choose another first.", field="target")
    fields["service"] = [services.get(tx, visit.organization_id, rule.service_id).uuid]
    return ASSIGN.preview(tx, replace(visit, form=Form(fields)))


def _page(tx: Tx, visit: Visit, rule: Rule | None, typed: dict[str, str]) -> Answer:
    names = service_names(tx, visit.organization_id)
    units = organizational_units.of_organization(tx, visit.organization_id)
    context = {
        "rule": rule,
        "works": rule is not None and rule.works,
        "gone": rule is not None and not target(rule, names),
        "typed": typed,
        "sources": [(source, _SOURCES[source]) for source in SOURCES],
        "suppliers": [link.number for link in supplier_links.of_organization(tx, visit.organization_id)],
        "kinds": [(kind.name, kind.label) for kind in Kind],
        "units": [(unit.uuid, unit.name) for unit in units if not unit.root],
        "targets": [(name.uuid, name.name) for name in names.values() if name.kind != "APPLE_CONFIGURATOR"],
    }
    return Shown("rule_page.html", context)


def _rule(tx: Tx, visit: Visit) -> Rule:
    return arrival_rules.get(tx, visit.organization_id, visit.path["uuid"])


def _values(tx: Tx, visit: Visit, rule: Rule) -> dict[str, str]:
    asked = rule.conditions
    to = _UNASSIGNED if rule.unassigned else ""
    if rule.service_id is not None:
        to = services.get(tx, visit.organization_id, rule.service_id).uuid
    return {
        "name": rule.name,
        "source": asked.source,
        "supplier": asked.supplier,
        "order": asked.order,
        "product": asked.product_type,
        "kind": Kind(asked.kind).name if asked.kind else "",
        "unit": asked.unit,
        "target": to,
    }


def _conditions(visit: Visit) -> Conditions:
    kind = visit.form.text("kind")
    if kind and kind not in Kind.__members__:
        raise Invalid("Choose a kind of device of the list.", field="kind")
    return Conditions(
        source=visit.form.text("source"),
        supplier=visit.form.text("supplier"),
        order=visit.form.text("order"),
        product_type=visit.form.text("product"),
        kind=int(Kind[kind]) if kind else 0,
        unit=visit.form.text("unit"),
    )


def _target(tx: Tx, visit: Visit) -> Target:
    said = visit.form.text("target")
    if not said:
        raise Invalid("Choose where the devices go.", field="target")
    return "unassigned" if said == _UNASSIGNED else services.by_uuid(tx, visit.organization_id, said)
