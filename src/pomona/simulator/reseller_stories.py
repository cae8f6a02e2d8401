"""What happens to a reseller's orders: most go well, some are delivered in parts, some go wrong and are put right.

Each mistake is corrected the way resellers are told to. A correction comes on the next working day, when somebody has seen the
status; goods come back weeks later, so a return never stands in the way of an override or a void.
"""

from collections.abc import Callable
from datetime import date
from functools import partial

from pomona.simulator.reseller_desk import Desk, Document, Sent, moment

_NOBODY = "1"
"""No organisation has this id."""


def new_order(desk: Desk, today: date) -> list[Sent]:
    """One more order, and whatever becomes of it."""
    stories = [story for story in STORIES if len(desk.customers) > 1 or story is not wrong_customer]
    story = desk.rng.choices(stories, [STORIES[each] for each in stories])[0]
    desk.told[story.__name__] += 1
    return story(desk, today)


def goes_well(desk: Desk, today: date) -> list[Sent]:
    """Ordered and shipped at once."""
    document = _order(desk, today)
    _may_come_back(desk, today, document)
    return [desk.send(document)]


def in_parts(desk: Desk, today: date) -> list[Sent]:
    """Delivered in two or three parts, each submitted when it is shipped."""
    whole = _order(desk, today, least=4)
    devices = whole["deliveries"][0]["devices"]
    parts = desk.rng.randint(2, 3)
    size = -(-len(devices) // parts)

    def part(n: int, at: date) -> Document:
        """The order with its `n`th delivery alone."""
        shipped = moment(desk.rng, at, (17, 20))
        return whole | {
            "deliveries": [
                {
                    "deliveryNumber": f"D{n + 1}",
                    "shipDate": shipped,
                    "devices": devices[n * size : (n + 1) * size],
                }
            ]
        }

    def rest(desk: Desk, at: date, n: int) -> list[Sent]:
        return [desk.send(part(n, at))]

    for n in range(1, parts):
        if n * size < len(devices):
            desk.later(today, 2 * n, partial(rest, n=n))
    _may_come_back(desk, today, whole)
    return [desk.send(part(0, today))]


def forgotten(desk: Desk, today: date) -> list[Sent]:
    """Devices were left out: the same order again with those that are missing."""
    whole = _order(desk, today, least=2)
    devices = whole["deliveries"][0]["devices"]
    missing = desk.rng.randint(1, max(1, len(devices) // 3))

    def rest(desk: Desk, at: date) -> list[Sent]:
        return [desk.send(_with(whole, devices[-missing:]))]

    desk.later(today, 1, rest)
    _may_come_back(desk, today, whole)
    return [desk.send(_with(whole, devices[:-missing]))]


def too_many(desk: Desk, today: date) -> list[Sent]:
    """Devices were listed that were never sold: a return for the surplus, which goes back to the warehouse."""
    document = _order(desk, today, least=3)
    surplus = [each["deviceId"] for each in document["deliveries"][0]["devices"][-desk.rng.randint(1, 2) :]]
    desk.later(today, 1, partial(_take_back, number=document["orderNumber"], serials=surplus))
    return [desk.send(document)]


def wrong_customer(desk: Desk, today: date) -> list[Sent]:
    """Another customer's Organisation ID: an override with the right one."""
    document = _order(desk, today)
    others = [each for each in desk.customers if each != document["customerId"]]
    desk.later(today, 1, lambda desk, _: [desk.send(document | {"orderType": "OV"})])
    _may_come_back(desk, today, document)
    return [desk.send(document | {"customerId": desk.rng.choice(others)})]


def nobodys_customer(desk: Desk, today: date) -> list[Sent]:
    """An Organisation ID that nobody has: refused, and submitted again with the right one."""
    document = _order(desk, today)
    desk.later(today, 1, lambda desk, _: [desk.send(document)])
    _may_come_back(desk, today, document)
    return [desk.send(document | {"customerId": _NOBODY}, order_code="DEP-ERR-OR-4102")]


def wrong_number(desk: Desk, today: date) -> list[Sent]:
    """A mistyped order number: void that one, and order under the right one."""
    document = _order(desk, today)
    wrong = document | {"orderNumber": f"{document['orderNumber']}X"}
    desk.later(today, 1, lambda desk, _: [desk.send(_void(wrong)), desk.send(document)])
    _may_come_back(desk, today, document)
    return [desk.send(wrong)]


def wrong_details(desk: Desk, today: date) -> list[Sent]:
    """Purchase order number, date, delivery or asset tags were wrong: an override with the same devices."""
    document = _order(desk, today)
    (delivery,) = document["deliveries"]
    tagged = [desk.device(each["deviceId"], f"T{n:04}") for n, each in enumerate(delivery["devices"], 1)]
    mistakes: list[Document] = [
        {"poNumber": f"{document['poNumber']}-DRAFT"},
        {"orderDate": f"{today.isoformat()}T00:00:00Z"},
        {"deliveries": [delivery | {"deliveryNumber": "0"}]},
        {"deliveries": [delivery | {"devices": tagged}]},
    ]
    wrong = desk.rng.choice(mistakes)
    desk.later(today, 1, lambda desk, _: [desk.send(document | {"orderType": "OV"})])
    _may_come_back(desk, today, document)
    return [desk.send(document | wrong)]


def mistyped(desk: Desk, today: date) -> list[Sent]:
    """A serial number that is none: the rest is taken, and the right one sent after it."""
    document = _order(desk, today)
    devices = document["deliveries"][0]["devices"]
    right = devices[-1]
    wrong = f"{right['deviceId'][:-1]}?"
    desk.later(today, 1, lambda desk, _: [desk.send(_with(document, [right]))])
    _may_come_back(desk, today, document)
    listed = _with(document, [*devices[:-1], desk.device(wrong)])
    return [desk.send(listed, refused={wrong: "DEP-ERR-DE-4301"})]


def sold_twice(desk: Desk, today: date) -> list[Sent]:
    """A device of an earlier order was scanned again: refused, and the one that was really sold sent after it."""
    document = _order(desk, today)
    earlier = [entry for entry in desk.books.entries.values() if entry.type in ("OR", "OV") and entry.lines]
    if not earlier:
        return [desk.send(document)]
    other = desk.rng.choice(earlier)
    taken = desk.rng.choice(sorted(other.lines))
    code = "DEP-ERR-DE-4303" if other.customer == document["customerId"] else "DEP-ERR-DE-4304"
    devices = document["deliveries"][0]["devices"]
    right = devices[-1]
    desk.later(today, 1, lambda desk, _: [desk.send(_with(document, [right]))])
    return [desk.send(_with(document, [*devices[:-1], desk.device(taken)]), refused={taken: code})]


def cancelled(desk: Desk, today: date) -> list[Sent]:
    """The customer does not want it after all: a void, and the devices stay in the warehouse."""
    document = _order(desk, today)

    def void(desk: Desk, at: date) -> list[Sent]:
        desk.stock += desk.books.live(document["orderNumber"])
        return [desk.send(_void(document))]

    desk.later(today, desk.rng.randint(1, 3), void)
    return [desk.send(document)]


def too_short(desk: Desk, today: date) -> list[Sent]:
    """An override that listed the changed devices alone lost all others: once more with the full list."""
    document = _order(desk, today, least=3)
    devices = document["deliveries"][0]["devices"]
    desk.later(today, 1, lambda desk, _: [desk.send(_with(document, devices[:1]) | {"orderType": "OV"})])
    desk.later(today, 2, lambda desk, _: [desk.send(document | {"orderType": "OV"})])
    _may_come_back(desk, today, document)
    return [desk.send(document)]


STORIES: dict[Callable[[Desk, date], list[Sent]], int] = {
    goes_well: 62,
    in_parts: 14,
    forgotten: 4,
    too_many: 3,
    wrong_customer: 2,
    nobodys_customer: 2,
    wrong_number: 2,
    wrong_details: 4,
    mistyped: 2,
    sold_twice: 2,
    cancelled: 2,
    too_short: 1,
}
"""How often each happens, in a hundred orders."""


def _order(desk: Desk, today: date, *, least: int = 1) -> Document:
    """An order that is shipped in the evening. Most are small."""
    size = least + min(int(desk.rng.expovariate(1 / 6)), 60)
    tags = desk.rng.random() < 0.3
    devices = [
        desk.device(serial, f"A{desk.rng.randrange(10**6):06}" if tags else "") for serial in desk.take(size)
    ]
    return {
        "orderNumber": desk.number(today),
        "orderDate": moment(desk.rng, today),
        "orderType": "OR",
        "customerId": desk.customer(),
        "poNumber": f"PO-{desk.rng.randrange(10**5):05}" if desk.rng.random() < 0.7 else "",
        "deliveries": [
            {"deliveryNumber": "SELF", "shipDate": moment(desk.rng, today, (17, 20)), "devices": devices}
        ],
    }


def _with(document: Document, devices: list[Document]) -> Document:
    (delivery,) = document["deliveries"]
    return document | {"deliveries": [delivery | {"devices": devices}]}


def _void(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "deliveries"} | {"orderType": "VD"}


def _may_come_back(desk: Desk, today: date, document: Document) -> None:
    """One order in six has something that is broken or not wanted."""
    if desk.rng.random() < 1 / 6:
        desk.later(today, desk.rng.randint(8, 30), partial(_comes_back, number=document["orderNumber"]))


def _comes_back(desk: Desk, today: date, number: str) -> list[Sent]:
    live = desk.books.live(number) if number in desk.books.entries else []
    if not live:
        return []
    wanted = desk.rng.sample(live, min(len(live), desk.rng.randint(1, 3)))
    others = [serial for serial in live if serial not in wanted]
    if others and desk.rng.random() < 0.2:
        return _wrong_return(desk, today, number, wanted, desk.rng.choice(others))
    desk.told["return"] += 1
    return _take_back(desk, today, number, wanted)


def _wrong_return(desk: Desk, today: date, number: str, wanted: list[str], wrong: str) -> list[Sent]:
    """A device in a return that never came back: void the return, and return the right ones."""
    desk.told["wrong_return"] += 1
    document = _return(desk, today, number, [*wanted[1:], wrong])

    def correct(desk: Desk, at: date) -> list[Sent]:
        return [desk.send(_void(document)), *_take_back(desk, at, number, wanted)]

    desk.later(today, 1, correct)
    return [desk.send(document)]


def _take_back(desk: Desk, today: date, number: str, serials: list[str]) -> list[Sent]:
    sent = [desk.send(_return(desk, today, number, serials))]
    desk.stock += serials
    return sent


def _return(desk: Desk, today: date, number: str, serials: list[str]) -> Document:
    """A return has a number of its own: the order's with RE behind it, and a count from the second on."""
    own = f"{number}RE"
    n = 2
    while own in desk.books.entries:
        own, n = f"{number}RE{n}", n + 1
    entry = desk.books.entries[number]
    at = moment(desk.rng, today, (8, 12))
    return {
        "orderNumber": own,
        "orderDate": at,
        "orderType": "RE",
        "customerId": entry.customer,
        "poNumber": entry.po,
        "deliveries": [
            {"deliveryNumber": "SELF", "shipDate": at, "devices": [{"deviceId": each} for each in serials]}
        ],
    }
