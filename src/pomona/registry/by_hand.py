"""Devices that an organisation adds itself, as Apple Configurator does."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal, NamedTuple

from pomona.catalogue.facts import Facts
from pomona.catalogue.identifiers import classify
from pomona.catalogue.serials import InvalidSerial, canonical
from pomona.keys.randomness import Rng
from pomona.registry import arrivals, audit, device_facts, devices, manufacturing, provisional, services
from pomona.registry.actors import Actor
from pomona.registry.arrivals import Arrival, Origin, Target
from pomona.registry.device_facts import Unmade
from pomona.registry.devices import organization_of
from pomona.registry.errors import Invalid
from pomona.registry.order_problems import Problem
from pomona.registry.services import Service
from pomona.store import Tx

SOURCE_ID = "CONFIGURATOR"
"""What stands in the place of a supplier's number."""

MOST = 20_000
"""Devices that are added at a time."""

MAX_ASSET_TAG = 128

Where = Service | Literal["placeholder", "default", "none"]
"""A service, the placeholder for devices added by hand, what the rules and defaults say, or none."""


_WORDS: tuple[Where, ...] = ("placeholder", "default", "none")


def place(tx: Tx, organization_id: int, text: str) -> Where:
    """What somebody names as the place for devices: one of the words, or the id of a service. Raises `NotFound`."""
    known = next((word for word in _WORDS if word == text), None)
    return known or services.by_uuid(tx, organization_id, text)


class Asked(NamedTuple):
    """A device to add: its serial number, IMEI or MEID as somebody typed it, and what it is called, empty to find out."""

    text: str
    product: str = ""
    asset_tag: str = ""


class Fate(StrEnum):
    """What became of a device that was asked for."""

    ADDED = "ADDED"
    HERE = "ALREADY_HERE"
    TAKEN = "OWNED_BY_ANOTHER_ORGANIZATION"
    REPEATED = "REPEATED"
    INVALID = "INVALID_SERIAL"
    UNRESOLVED = "UNKNOWN_IDENTIFIER"
    PRODUCT_UNKNOWN = "UNKNOWN_PRODUCT"
    NOT_RECORDED = "NOT_IN_CATALOGUE"
    TAG_TOO_LONG = "ASSET_TAG_TOO_LONG"


SAID = {
    Fate.ADDED: "",
    Fate.HERE: "It is here already.",
    Fate.TAKEN: "It belongs to another organisation.",
    Fate.REPEATED: "It was named before in the same list.",
    Fate.UNRESOLVED: "No device with this IMEI or MEID is known; name it by its serial number.",
    Fate.NOT_RECORDED: "Nobody told what this serial number is, and the catalogue is strict.",
    Fate.TAG_TOO_LONG: f"An asset tag has at most {MAX_ASSET_TAG} characters.",
}
"""Why, of the fates that need no more words."""


class Answer(NamedTuple):
    """What became of one device: `serial` is canonical, empty where there is none to tell; `facts` what it is, if it was
    added; `reason` a sentence, empty for one that was added."""

    asked: Asked
    serial: str
    fate: Fate
    reason: str
    facts: Facts | None = None


def add(
    tx: Tx,
    organization_id: int,
    asked: Sequence[Asked],
    *,
    where: Where = "placeholder",
    strict: bool = False,
    dry_run: bool = False,
    actor: Actor,
    now: int,
    rng: Rng,
) -> list[Answer]:
    """Adds devices; gives what became of each, in the order in which they were asked for.

    One that has an owner is left alone, and so is one that cannot be: the others are added all the same. A `dry_run`
    answers what would become of them and changes nothing. With `strict` a serial has to be known. Each new device's thirty
    days begin when it enrols. Raises `Invalid` for none or too many.
    """
    if not 0 < len(asked) <= MOST:
        raise Invalid(f"Give 1 to {MOST:,} devices at a time; these are {len(asked):,}.", field="devices")
    if not dry_run:
        tx.lock(organization_id)
    named, repeated, refused = _serials(tx, asked)
    facts = device_facts.facts_of(
        tx, {serial: asked[n].product for serial, n in named.items()}, strict=strict
    )
    owners = _owners(tx, named)
    answers = dict(refused)
    coming: dict[str, Arrival] = {}
    for serial, n in named.items():
        answer = _answer(asked[n], serial, facts[serial], owners.get(serial), organization_id)
        answers[n] = answer
        if answer.fate is Fate.ADDED and answer.facts is not None:
            coming[serial] = Arrival(answer.facts, asked[n].asset_tag.strip())
    for n, serial in repeated.items():
        first = answers[named[serial]].fate
        answers[n] = _refusal(asked[n], serial, Fate.TAKEN if first is Fate.TAKEN else Fate.REPEATED)
    if coming and not dry_run:
        _arrive(tx, organization_id, list(coming.values()), where, actor, now, rng)
    return [answers[n] for n in range(len(asked))]


def _serials(tx: Tx, asked: Sequence[Asked]) -> tuple[dict[str, int], dict[int, str], dict[int, Answer]]:
    """The place of each serial in the list, the places where one comes again, and what can be none."""
    texts = ["".join(one.text.split()).upper() if one.text.isascii() else one.text.strip() for one in asked]
    resolved = _resolved(tx, sorted({text for text in texts if classify(text) != "serial"}))
    named: dict[str, int] = {}
    repeated: dict[int, str] = {}
    refused: dict[int, Answer] = {}
    for n, (one, text) in enumerate(zip(asked, texts, strict=True)):
        try:
            serial = resolved.get(text, "") if classify(text) != "serial" else canonical(text)
        except InvalidSerial as problem:
            refused[n] = Answer(one, "", Fate.INVALID, _sentence(str(problem)))
            continue
        if not serial:
            refused[n] = _refusal(one, "", Fate.UNRESOLVED)
        elif serial in named:
            repeated[n] = serial
        else:
            named[serial] = n
    return named, repeated, refused


def _resolved(tx: Tx, identifiers: Sequence[str]) -> dict[str, str]:
    if not identifiers:
        return {}
    return manufacturing.resolve(tx, identifiers) | devices.resolve(tx, list(identifiers))


def _owners(tx: Tx, serials: Mapping[str, int]) -> dict[str, int]:
    rows = tx.rows(
        f"SELECT o.serial, o.device_id FROM {tx.each('$1')} e JOIN serial_owner o ON o.serial = e.v",
        tx.pack(list(serials)),
    )
    return {serial: organization_of(id) for serial, id in rows}


def _answer(
    one: Asked, serial: str, facts: Facts | Unmade, owner: int | None, organization_id: int
) -> Answer:
    if owner == organization_id:
        return _refusal(one, serial, Fate.HERE)
    if owner is not None:
        return _refusal(one, serial, Fate.TAKEN)
    if isinstance(facts, Unmade):
        if facts.problem is Problem.PRODUCT_UNKNOWN:
            return Answer(one, serial, Fate.PRODUCT_UNKNOWN, _sentence(facts.detail))
        return _refusal(one, serial, Fate.NOT_RECORDED)
    if len(one.asset_tag.strip()) > MAX_ASSET_TAG:
        return _refusal(one, serial, Fate.TAG_TOO_LONG)
    return Answer(one, serial, Fate.ADDED, "", facts)


def _refusal(one: Asked, serial: str, fate: Fate) -> Answer:
    # Whoever only knows the IMEI does not learn the serial number of somebody else's device.
    hidden = fate is Fate.TAKEN and classify("".join(one.text.split()).upper()) != "serial"
    return Answer(one, "" if hidden else serial, fate, SAID[fate])


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _arrive(
    tx: Tx, organization_id: int, coming: Sequence[Arrival], where: Where, actor: Actor, now: int, rng: Rng
) -> None:
    outcomes = arrivals.arrive(
        tx,
        Origin(organization_id, "MANUALLY_ADDED", SOURCE_ID),
        coming,
        now=now,
        target=_target(tx, organization_id, where, now, rng),
        assigned_by=actor.name,
    )
    ids = [outcomes[arrival.facts.serial].device_id for arrival in coming]
    provisional.begin_enrolled(tx, organization_id, ids, now)
    serials = [arrival.facts.serial for arrival in coming]
    if len(serials) == 1:
        subject = audit.Subject("DEVICE", serials[0], serials[0])
    else:
        subject = audit.Subject("BATCH", SOURCE_ID, f"{len(serials)} devices added by hand")
    audit.record(
        tx,
        organization_id,
        "DEVICE_ADDED_TO_ORG",
        actor,
        subject,
        now=now,
        after={"source": "MANUALLY_ADDED", "devices": len(serials)},
        devices=ids,
    )


def _target(tx: Tx, organization_id: int, where: Where, now: int, rng: Rng) -> Target | int:
    if isinstance(where, Service):
        return where.id
    if where == "placeholder":
        return services.configurator(tx, organization_id, now=now, rng=rng).id
    return Target.DEFAULT if where == "default" else Target.NONE
