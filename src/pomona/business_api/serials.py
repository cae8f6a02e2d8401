"""`/pomona/v1/serials/{serial}`: why a device that somebody expects is not in the organisation.

Not among Apple's operations, which answer 404 for every device that is not there, whatever the reason.
"""

from typing import Any
from urllib.parse import quote

from pomona.business_api.call import Answer, Call, encode, single
from pomona.business_api.operations import Endpoint, Read
from pomona.formats import order_codes
from pomona.formats.times import iso_millis
from pomona.registry import missing_serials
from pomona.registry.missing_serials import Reason
from pomona.store import Tx


def one(tx: Tx, call: Call) -> Answer:
    """The reasons, what can be acted upon first. Any text is answered: what is no serial number is told so."""
    call.query.offers()
    found = missing_serials.explain(tx, call.organization_id, call.id)
    resource = {
        "type": "serials",
        "id": found.asked,
        "attributes": {
            "status": found.reasons[0].why,
            "inOrganization": found.here,
            "explanations": [_explanation(reason) for reason in found.reasons],
        },
        "links": {"self": call.extension_url(f"serials/{quote(found.asked, safe='')}")},
    }
    return single(call, encode(resource))


def _explanation(reason: Reason) -> dict[str, Any]:
    kind, number, name = reason.supplier or (None, None, None)
    shown = {
        "reason": reason.why,
        "detail": reason.sentence,
        "dateTime": None if reason.at is None else iso_millis(reason.at),
        "orderNumber": reason.order_number or None,
        "supplierType": kind,
        "supplierNumber": number,
        "supplierName": name,
        "problem": reason.problem,
        "errorCode": None if reason.problem is None else order_codes.CODES[reason.problem],
    }
    return {key: value for key, value in shown.items() if value is not None}


SERIALS = {"serials/*": Endpoint("instance", "serials", {"GET": Read(one)})}
"""Our own paths about serial numbers."""
