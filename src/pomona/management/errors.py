"""Refusals and what goes wrong, as the statuses that devices act on.

A device removes its management when it reads 401 without a challenge, so nothing here answers 401 but the wish that an
account-driven user signs in again, which carries one. Trouble with certificates is 400.
"""

import json
import logging

from pomona.catalogue.serials import InvalidSerial
from pomona.formats import challenges
from pomona.formats.cms import BadSignature, MalformedCms
from pomona.formats.machine_info import MalformedMachineInfo
from pomona.formats.plists import MalformedPlist
from pomona.management import refusals
from pomona.registry.errors import Forbidden, Invalid, NotFound, RegistryError
from pomona.runtime.asgi import JSON, Answer, BodyTooLarge, sentence
from pomona.runtime.device_signatures import UntrustedDevice
from pomona.store import StoreUnavailable

_log = logging.getLogger("pomona.management")

UNRECOGNIZED = "com.apple.unrecognized.device"

STATUSES: dict[type[Exception], int] = {
    refusals.BadRequest: 400,
    refusals.NotHere: 404,
    refusals.NotAllowed: 403,
    refusals.NotEnrolled: 403,
    refusals.SignInNeeded: 401,
    refusals.WrongMethod: 405,
    MalformedCms: 400,
    BadSignature: 400,
    MalformedPlist: 400,
    MalformedMachineInfo: 400,
    UntrustedDevice: 403,
    InvalidSerial: 400,
    BodyTooLarge: 413,
    NotFound: 404,
    Invalid: 400,
    Forbidden: 403,
    StoreUnavailable: 503,
}


def answer(problem: Exception, sign_in_url: str) -> Answer | None:
    """What to tell the device, or None for what this face does not expect. `sign_in_url` goes into a 401's challenge."""
    status = next((STATUSES[kind] for kind in type(problem).__mro__ if kind in STATUSES), None)
    if status is None and isinstance(problem, RegistryError):
        status = 400
    if status is None:
        return None
    _log.info("refused", extra={"status": status, "problem": str(problem)})
    if isinstance(problem, refusals.SignInNeeded):
        return Answer(401, headers=[("www-authenticate", challenges.build(sign_in_url))])
    if isinstance(problem, refusals.WrongMethod):
        return Answer(405, headers=[("allow", str(problem))])
    if status == 403:
        return _forbidden(problem)
    if status == 503:
        return Answer(503, headers=[("retry-after", "5")])
    return sentence(status, str(problem))


def _forbidden(problem: Exception) -> Answer:
    document = {"code": UNRECOGNIZED, "description": str(problem), "message": str(problem)}
    return Answer(403, json.dumps(document).encode(), JSON)
