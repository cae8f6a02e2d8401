"""This face's error codes, our sentence for each, and the three shapes in which the suppliers' programs expect them.

Of an account or of the system: flat. Of a call: under a member named for the call. What is refused of a single order,
delivery or device stands in the status of the submission, under the codes of the table at the end.
"""

from typing import Any, NamedTuple

from pomona.formats import order_codes
from pomona.registry.order_problems import Problem

ENROLL = "enrollDeviceErrorResponse"
STATUS = "checkTransactionErrorResponse"
DETAILS = "showOrderErrorResponse"


class Error(NamedTuple):
    """A code with its sentence."""

    code: str
    message: str

    def object(self) -> dict[str, str]:
        """As it stands in an answer."""
        return {"errorCode": self.code, "errorMessage": self.message}


class Refused(Exception):
    """The request is answered with errors, and nothing was changed.

    `flat` for an account's or the system's single error; `extra` are members beside the call's errors.
    """

    def __init__(
        self, *errors: Error, flat: bool = False, status: int = 200, extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(", ".join(error.code for error in errors))
        self.errors = errors
        self.flat = flat
        self.status = status
        self.extra = extra or {}


def account(code: str) -> Refused:
    """A refusal of the account or the system, by code."""
    return Refused(_error(code), flat=True)


def credential(said: str = "") -> Refused:
    """The refusal of a caller who is nobody; `said` tells what is wrong with the certificate that was shown."""
    return Refused(saying("GRX-50038", said) if said else _error("GRX-50038"), flat=True)


def call(*codes: str) -> Refused:
    """A refusal of the call, by its codes."""
    return Refused(*(_error(code) for code in codes))


def saying(code: str, detail: str) -> Error:
    """An error whose sentence says more than the table's."""
    return Error(code, f"{detail.rstrip('. ')}. {SENTENCES[code]}")


def document(refused: Refused, member: str, transaction_id: str) -> dict[str, Any]:
    """The answer's object. `member` names the call; `transaction_id` is ours, for looking the answer up in logs."""
    first = refused.errors[0].object()
    if refused.flat:
        return {**first, "transactionId": transaction_id}
    # Clients of bulk-enroll-devices tell one error from several by its being no list; those of the others expect one.
    alone = member == ENROLL and len(refused.errors) == 1
    return {**refused.extra, member: first if alone else [error.object() for error in refused.errors]}


def of_problem(problem: Problem, detail: str = "") -> Error:
    """The code of something that was refused inside a submission."""
    message = problem.sentence if not detail else f"{problem.sentence} ({detail})"
    return Error(PROBLEMS[problem], message)


def _error(code: str) -> Error:
    return Error(code, SENTENCES[code])


_AGAIN = "Correct it and submit the request again."
_LATER = "The system is in trouble. Nothing was changed. Try again in a few minutes."

SENTENCES = {
    "GRX-1000": f"The request is no JSON document. Expected is one object in UTF-8. {_AGAIN}",
    "GRX-1056": f"The reseller id is missing. Expected is depResellerId, the number that organisations link. {_AGAIN}",
    "GRX-5004": f"A value has the wrong type. Expected are texts, and lists where the call has lists. {_AGAIN}",
    "GRX-16001": f"The request cannot be processed. Expected is POST with one JSON object as body. {_AGAIN}",
    "GRX-16002": f"The content type is wrong. Expected is application/json. {_AGAIN}",
    "GRX-50001": "The supplier's account may not act. Expected is an active account. Ask the operator of this service.",
    "GRX-50020": f"The ship-to number is missing. Expected is requestContext.shipTo, ten digits. {_AGAIN}",
    "GRX-50022": "The time zone is missing or not known. Expected is requestContext.timeZone, minutes west of UTC such as"
    f" 420 or a zone such as America/New_York. {_AGAIN}",
    "GRX-50025": f"The ship-to number is not known. Expected is one of your account's, ten digits. {_AGAIN}",
    "GRX-50026": "The ship-to number is no longer active. Expected is an active one. Ask the operator of this service.",
    "GRX-50028": f"The language is not known. Expected is requestContext.langCode, two letters such as en. {_AGAIN}",
    "GRX-50031": f"The language is missing. Expected is requestContext.langCode, two letters such as en. {_AGAIN}",
    "GRX-50038": "The credential is missing or not valid. Expected is a client certificate of your account, or a token of it"
    " as Bearer or as the password of Basic. Ask the operator of this service for one.",
    "GRX-50072": _LATER,
    "GRX-90004": "This account may not act for the reseller id. Expected is a depResellerId of your account. Check it, or"
    " ask the operator of this service.",
    "GRX-90041": "The ship-to number may not do this. Expected is one with the right for this call. Ask the operator of"
    " this service.",
    "DEP-ERR-3001": f"The transaction id is missing. Expected is your own unique transactionId. {_AGAIN}",
    "DEP-ERR-3002": f"The transaction id is too long. It has at most 64 characters. {_AGAIN}",
    "DEP-ERR-3003": f"There are no orders. Expected is at least one in orders. {_AGAIN}",
    "DEP-ERR-3004": f"An order number is missing. Every order has one. {_AGAIN}",
    "DEP-ERR-3005": "There are too many devices in one transaction. Split it and submit the parts one after the other.",
    "DEP-ERR-3006": f"An order number is too long. It has at most 32 characters. {_AGAIN}",
    "DEP-ERR-3007": "There are too many orders in one transaction. Split it and submit the parts one after the other.",
    "DEP-ERR-4001": "The enrolment transaction id is missing. Expected is deviceEnrollmentTransactionId, as"
    f" bulk-enroll-devices answered it. {_AGAIN}",
    "DEP-ERR-4002": f"The enrolment transaction id is too long. It has at most 100 characters. {_AGAIN}",
    "DEP-ERR-4003": "The transaction is still being processed. Expected is a little patience. Ask again later.",
    "DEP-ERR-4004": "The enrolment transaction id is not known. Expected is one that bulk-enroll-devices answered to you."
    " Check it and ask again.",
    "DEP-ERR-4005": "The transaction cannot be processed or looked up now. What was done of it stays. Ask again later, or"
    " the operator of this service.",
    "DEP-ERR-5001": f"No order number is given. Expected is at least one in orderNumbers. {_AGAIN}",
    "DEP-ERR-5002": "The order cannot be found. Expected is the number of an order that you submitted. Check it and ask"
    " again.",
    "DEP-ERR-5003": "The orders cannot be looked up now. Nothing is wrong with the request. Ask again later.",
    "DEP-ERR-5004": "The answer would take too long. Expected are fewer or smaller orders in one call. Ask for some of"
    " them.",
}
"""What is wrong. What is expected. What to do."""

PROBLEMS = {problem: order_codes.CODES[problem] for problem in Problem}
"""The registry's words for what is refused inside a submission, in this protocol's codes."""

NOT_GIVEN = {
    "DEP-ERR-5005": "A sold-to account is on board as soon as it has a credential here; without one the answer is GRX-50038.",
}
"""Codes of the protocol that this service has no occasion for, and why."""
