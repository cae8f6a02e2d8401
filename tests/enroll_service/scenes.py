"""What requests are tried on: two resellers, two organisations and their orders."""

from typing import Any

from tests.enroll_service.service import Account, Service, order
from tests.support.worlds import World, serials

OURS, THEIRS, LOOSE = serials(4), serials(2, seed=2), serials(3, seed=3)
ENROLL, STATUS, DETAILS = "bulk-enroll-devices", "check-transaction-status", "show-order-details"


class Scene:
    """Two resellers and two organisations: ours holds A1 (two devices), the buyer C1 and, of the other reseller, B1."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.account = service.account()
        self.other = service.account("0A0B0C0D")
        self.world: World = service.organization("Example", self.account.number)
        self.buyer: World = service.organization("Buyer", self.account.number, self.other.number)
        self.account.send(order("A1", self.customer, OURS[:2]))
        self.account.send(order("C1", self.buyer.organization.number, OURS[2:3]))
        self.other.send(order("B1", self.buyer.organization.number, THEIRS))

    @property
    def customer(self) -> str:
        """The Organisation ID of ours."""
        return self.world.organization.number

    def request(self, *orders: Any, **more: Any) -> dict[str, Any]:
        """A submission."""
        return self.account.request(*orders, **more)

    def counts(self) -> list[int]:
        """How many rows of each kind there are: what a refused request must not change."""
        tables = (
            "submission",
            "submission_order",
            "purchase_order",
            "claim",
            "device",
            "operation",
            "audit_event",
        )
        return self.service.runtime.store.read_sync(
            lambda tx: [int(tx.value(f"SELECT count(*) FROM {table}")) for table in tables]
        )


def post(account: Account, path: str, body: Any) -> Any:
    if isinstance(body, bytes):
        return account.http.post(path, content=body, headers={"Content-Type": "application/json"})
    return account.http.post(path, json=body)


def messages(answer: dict[str, Any]) -> list[str]:
    """The sentences of a refusal."""
    if "errorMessage" in answer:
        return [answer["errorMessage"]]
    (errors,) = [value for key, value in answer.items() if key.endswith("ErrorResponse")]
    return [error["errorMessage"] for error in (errors if isinstance(errors, list) else [errors])]
