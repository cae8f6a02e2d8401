"""The service's objects as clients send and receive them."""

from typing import Annotated, TypeVar

import msgspec

from pomona.device_assignment.errors import malformed

T = TypeVar("T")

encode = msgspec.json.Encoder().encode

PAGE = 1000
"""Devices in a page: the default, and the most there are."""


class CursorRequest(msgspec.Struct, frozen=True):
    """`POST /server/devices` and `/devices/sync`."""

    cursor: str | None = None
    limit: int | None = None

    @property
    def size(self) -> int:
        """How many records are wanted, kept between 1 and `PAGE`."""
        return PAGE if self.limit is None else min(max(self.limit, 1), PAGE)


class DeviceList(msgspec.Struct, frozen=True):
    """`POST /devices`, `/devices/disown`, `DELETE /profile/devices`. Go clients send null for an empty list."""

    devices: list[str] | None = None


class ProfileAssignment(msgspec.Struct, frozen=True):
    """`POST` or `PUT /profile/devices`."""

    profile_uuid: str | None = None
    devices: list[str] | None = None


class ActivationLock(msgspec.Struct, frozen=True):
    """`POST /device/activationlock`; clients send "" for what they leave out."""

    device: Annotated[str, msgspec.Meta(min_length=1)]
    escrow_key: Annotated[str, msgspec.Meta(pattern="^([0-9A-Fa-f]{64})?$")] | None = None
    lost_message: Annotated[str, msgspec.Meta(max_length=1000)] | None = None


class DiscoveryUrl(msgspec.Struct, frozen=True):
    """`POST /account-driven-enrollment/profile`."""

    mdm_service_discovery_url: str | None = None


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder to be kept."""
    return msgspec.json.Decoder(kind)


CURSOR_REQUEST = decoder(CursorRequest)
DEVICE_LIST = decoder(DeviceList)
PROFILE_ASSIGNMENT = decoder(ProfileAssignment)
ACTIVATION_LOCK = decoder(ActivationLock)
DISCOVERY_URL = decoder(DiscoveryUrl)
PROFILE: msgspec.json.Decoder[dict[str, object]] = msgspec.json.Decoder(dict[str, object])


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The object of a request's body, whatever its content type says. Refuses MALFORMED_REQUEST_BODY."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise malformed() from None
