"""Configuration profiles to send: as people write them, with what matters for a test chosen."""

import plistlib
from typing import Any


def profile(*types: str, **changed: Any) -> str:
    """The XML of a profile with payloads of these types; top-level keys given as None are left out."""
    payloads = [
        {
            "PayloadType": type,
            "PayloadVersion": 1,
            "PayloadIdentifier": f"com.example.{n}",
            "PayloadUUID": f"00000000-0000-4000-8000-00000000000{n}",
        }
        for n, type in enumerate(types or ("com.apple.wifi.managed",))
    ]
    whole: dict[str, Any] = {
        "PayloadContent": payloads,
        "PayloadDisplayName": "Gäste-WLAN",
        "PayloadIdentifier": "com.example",
        "PayloadType": "Configuration",
        "PayloadUUID": "00000000-0000-4000-8000-000000000009",
        "PayloadVersion": 1,
    } | changed
    return plistlib.dumps({key: value for key, value in whole.items() if value is not None}).decode()
