"""The six kinds of device that an organisation can own."""

import enum

from pomona.catalogue.spelling import folded


class Kind(enum.IntEnum):
    """A kind of device. The numbers are stored, so they never change."""

    IPHONE = 1
    IPAD = 2
    MAC = 3
    APPLE_TV = 4
    WATCH = 5
    VISION = 6

    @property
    def label(self) -> str:
        """The name a person reads: `iPhone`, `Apple TV`."""
        return _LABELS[self]

    @classmethod
    def from_text(cls, text: str) -> "Kind":
        """The kind that `text` names, whatever its capitals, spaces, dashes or underscores.

        Understood are the names of this class, the labels, the families of the Apple Business API and of the device
        assignment service (`AppleTV`, `Watch`, `Vision`) and the discovery family `RealityDevice`. Raises ValueError.
        """
        kind = _SPELLINGS.get("".join(letter for letter in folded(text) if letter.isalnum()))
        if kind is None:
            expected = ", ".join(kind.name.lower() for kind in cls)
            raise ValueError(f"{text[:40]!r} is not a kind of device; expected one of {expected}")
        return kind


_LABELS = {
    Kind.IPHONE: "iPhone",
    Kind.IPAD: "iPad",
    Kind.MAC: "Mac",
    Kind.APPLE_TV: "Apple TV",
    Kind.WATCH: "Apple Watch",
    Kind.VISION: "Apple Vision Pro",
}

_SPELLINGS = {
    "iphone": Kind.IPHONE,
    "iphones": Kind.IPHONE,
    "ipad": Kind.IPAD,
    "ipads": Kind.IPAD,
    "mac": Kind.MAC,
    "macs": Kind.MAC,
    "appletv": Kind.APPLE_TV,
    "appletvs": Kind.APPLE_TV,
    "tv": Kind.APPLE_TV,
    "watch": Kind.WATCH,
    "watches": Kind.WATCH,
    "applewatch": Kind.WATCH,
    "applewatches": Kind.WATCH,
    "vision": Kind.VISION,
    "visionpro": Kind.VISION,
    "applevision": Kind.VISION,
    "applevisionpro": Kind.VISION,
    "realitydevice": Kind.VISION,
}
