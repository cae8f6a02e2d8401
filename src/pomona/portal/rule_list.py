"""Rules for arriving devices: their order, where they send devices, and what each would have caught."""

from typing import Any

from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.service_names import ServiceName, service_names
from pomona.portal.visit import Visit
from pomona.registry import arrival_matching, arrival_rules, arrival_words
from pomona.registry.arrival_matching import Caught
from pomona.registry.arrival_rules import Rule
from pomona.store import Tx

RECENT = 30 * 86_400_000
"""Milliseconds within which a device came recently."""


def show(tx: Tx, visit: Visit) -> Answer:
    """The rules in their order."""
    return _page(tx, visit, arrival_rules.of_organization(tx, visit.organization_id), None)


def preview(tx: Tx, visit: Visit) -> Answer:
    """The same, with what each rule would have caught of the devices that are here."""
    rules = arrival_rules.of_organization(tx, visit.organization_id)
    return _page(
        tx, visit, rules, arrival_matching.caught(tx, visit.organization_id, rules, visit.now - RECENT)
    )


def move(tx: Tx, visit: Visit) -> Answer:
    """Puts a rule one place up or down."""
    rule = arrival_rules.get(tx, visit.organization_id, visit.path["uuid"])
    place = rule.place + (1 if visit.form.text("to") == "down" else -1)
    arrival_rules.move(tx, rule, max(1, place), actor=visit.actor, now=visit.now)
    return Moved("/portal/rules", "rule-moved")


def target(rule: Rule, names: dict[int, ServiceName]) -> str:
    """Where a rule sends devices, in words; empty when its service is gone."""
    if rule.unassigned:
        return "Left unassigned"
    service = names.get(rule.service_id or 0)
    return service.name if service else ""


def _page(tx: Tx, visit: Visit, rules: list[Rule], caught: list[Caught] | None) -> Answer:
    names = service_names(tx, visit.organization_id)
    counts = {} if caught is None else {each.rule.id: each for each in caught if each.rule is not None}
    context = {
        "rules": [_line(tx, visit, rule, names, counts.get(rule.id)) for rule in rules],
        "counted": caught is not None,
        "rest": None if caught is None else {"here": caught[-1].here, "recent": caught[-1].recent},
    }
    return Shown("rule_list.html", context)


def _line(
    tx: Tx, visit: Visit, rule: Rule, names: dict[int, ServiceName], caught: Caught | None
) -> dict[str, Any]:
    return {
        "uuid": rule.uuid,
        "place": rule.place,
        "name": rule.name,
        "conditions": arrival_words.conditions(tx, visit.organization_id, rule.conditions),
        "to": target(rule, names),
        "works": rule.works,
        "here": caught.here if caught else 0,
        "recent": caught.recent if caught else 0,
        "there": caught.there if caught else 0,
    }
