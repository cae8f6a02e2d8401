"""What a face keeps, ready encoded, beside a device.

The registry does not know anybody's JSON. A face registers an encoder when the program is composed; the registry calls
it whenever the rows change, in the same transaction, and stores the text. Each text is a run of JSON members beginning
with a comma (`,"color":"SILVER"`), so that a page is put together by concatenation alone.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol


class ProductRow(NamedTuple):
    """One configuration of a product, as the registry keeps it. `kind` is a catalogue kind's number."""

    kind: int
    product_type: str
    model: str
    description: str
    color: str
    capacity: str
    part_number: str


class DeviceRow(NamedTuple):
    """What never changes about a device during one tenure. Times are milliseconds; source is a `Source` name."""

    serial: str
    imei: tuple[str, ...]
    meid: tuple[str, ...]
    eid: str
    wifi_mac: str
    bluetooth_mac: str
    ethernet_mac: tuple[str, ...]
    asset_tag: str
    source: str
    source_id: str
    order_number: str
    ordered_at: int
    added_at: int
    replacement: bool = False


class AssignmentDocs(Protocol):
    """The assignment service's runs."""

    def product(self, product: ProductRow) -> tuple[str, str]:
        """Runs for protocol 1, and for 7 and later (in between, an iPad's `os` is another)."""

    def device(self, device: DeviceRow) -> tuple[str, str]:
        """The asset tag's run, and the hardware's for protocol 10 and later."""

    def state(
        self,
        assigned_by: str,
        assigned_at: int,
        *,
        status: str = "empty",
        profile: str | None = None,
        profile_assigned_at: int | None = None,
        pushed_at: int | None = None,
        deadline: int | None = None,
    ) -> str:
        """All that changes about a device on a service, and the end of its record.

        `status` is empty, assigned, pushed or removed, `profile` its public id, `deadline` that of a migration. Kept
        in `device_state.da`; with a deadline, the same without it in `da_v1`, for protocols before 8.
        """


class BusinessDocs(Protocol):
    """The Business API's runs, inside `attributes`."""

    def product(self, product: ProductRow) -> str: ...

    def device(self, device: DeviceRow) -> str: ...

    def state(self, updated_at: int, assigned: bool) -> str:
        """`updatedDateTime` and `status`."""

    def migration(
        self, capable: bool, status: str | None, deadline: int | None, release_at: int | None = None
    ) -> str:
        """The three migration attributes, and for a device whose release is put off when it becomes final."""


@dataclass(frozen=True, slots=True)
class Projections:
    """The encoders of all faces, handed to the store when the program is composed."""

    assignment: AssignmentDocs
    business: BusinessDocs
