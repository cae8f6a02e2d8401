"""What a configuration's profile has to be, and which platforms it is for.

A profile is kept as the text that was sent: XML, or base64 of a property list. It is given back byte for byte, because
clients compare it with what they have.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Any, NamedTuple

from pomona.formats.plists import MalformedPlist, loads
from pomona.registry.errors import Invalid

LONGEST = 1_000_000
"""Bytes that a profile has fewer of."""

MACOS, IOS, TVOS, VISIONOS = "PLATFORM_MACOS", "PLATFORM_IOS", "PLATFORM_TVOS", "PLATFORM_VISIONOS"
PLATFORMS = (MACOS, IOS, TVOS, VISIONOS)

PROFILE = "configurationProfile"
"""The field that refusals name."""

BAD_VALUE = "PROFILE_VALUE"
"""Code of a refusal that is about the value of one key."""

_ONLY = {
    (MACOS,): (
        "com.apple.ADCertificate.managed", "com.apple.DirectoryService.managed", "com.apple.DiscRecording",
        "com.apple.MCX", "com.apple.MCX.FileVault2", "com.apple.MCX.TimeMachine", "com.apple.ManagedClient.preferences",
        "com.apple.NSExtension", "com.apple.Safari", "com.apple.SoftwareUpdate",
        "com.apple.TCC.configuration-profile-policy", "com.apple.applicationaccess.new", "com.apple.associated-domains",
        "com.apple.dashboard", "com.apple.desktop", "com.apple.dock", "com.apple.finder", "com.apple.gamed",
        "com.apple.loginitems.managed", "com.apple.loginwindow", "com.apple.mcxMenuExtras", "com.apple.mcxloginscripts",
        "com.apple.mcxprinting", "com.apple.preference.security", "com.apple.preferences.sharing",
        "com.apple.screensaver", "com.apple.screensaver.user", "com.apple.security.FDERecoveryKeyEscrow",
        "com.apple.security.firewall", "com.apple.security.smartcard", "com.apple.servicemanagement", "com.apple.syspolicy.kernel-extension-policy",
        "com.apple.system-extension-policy", "com.apple.systempolicy.control", "com.apple.systempolicy.managed",
        "com.apple.systempolicy.rule", "com.apple.systempreferences", "com.apple.systemuiserver",
        "com.apple.universalaccess", "com.apple.AssetCache.managed", "com.apple.firstethernet.managed",
        "com.apple.globalethernet.managed",
    ),
    (IOS,): (
        "com.apple.apn.managed", "com.apple.app.lock", "com.apple.cellular", "com.apple.cellularprivatenetwork.managed",
        "com.apple.homescreenlayout", "com.apple.shareddeviceconfiguration", "com.apple.networkusagerules",
        "com.apple.education", "com.apple.subscribedcalendar.account", "com.apple.osxserver.account",
    ),
    (TVOS,): ("com.apple.conferenceroomdisplay", "com.apple.airplay.security"),
    (IOS, TVOS): ("com.apple.tvremote",),
    (MACOS, IOS): (
        "com.apple.airplay", "com.apple.airprint", "com.apple.caldav.account", "com.apple.carddav.account",
        "com.apple.eas.account", "com.apple.ews.account", "com.apple.font", "com.apple.google-oauth",
        "com.apple.ldap.account", "com.apple.mail.managed", "com.apple.notificationsettings",
        "com.apple.webClip.managed", "com.apple.webcontent-filter",
    ),
    (MACOS, IOS, VISIONOS): ("com.apple.mobiledevice.passwordpolicy", "com.apple.extensiblesso", "com.apple.sso"),
}  # fmt: skip
_FOR = {type: frozenset(platforms) for platforms, types in _ONLY.items() for type in types}
"""Platforms of payload types that not all of them understand."""


class Profile(NamedTuple):
    """A profile that may be kept: its text as it was sent, what is in the file, and the platforms it is for."""

    text: str
    content: bytes
    platforms: list[str]


def read(text: str) -> Profile:
    """A profile from what was sent. Raises `Invalid`, with the code `BAD_VALUE` when one key's value is at fault."""
    content = content_of(text)
    if len(content) >= LONGEST:
        raise Invalid(
            f"The profile has {len(content)} bytes; expected fewer than {LONGEST:,}. Split it in several.",
            field=PROFILE,
        )
    try:
        found = loads(content)
    except MalformedPlist as problem:
        raise Invalid(
            f"The profile is no property list: {problem}. Expected the text of an unsigned profile, or base64 of it.",
            field=PROFILE,
        ) from None
    return Profile(text, content, _platforms(_payload_types(found)))


def content_of(text: str) -> bytes:
    """The bytes of the profile's file: those of the text itself, or what they are base64 of. Raises `Invalid`."""
    try:
        written = text.encode()
    except UnicodeEncodeError:
        raise Invalid("The profile holds half a character.", field=PROFILE) from None
    if b"<" in written[:1_000] or len(written) >= 2 * LONGEST:
        return written
    try:
        return base64.b64decode(b"".join(written.split()), validate=True)
    except binascii.Error:
        return written


def text_of(content: bytes) -> str:
    """How the bytes of a file are kept: XML in UTF-8 as it is, anything else as base64."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if text and content_of(text) == content:
        return text
    return base64.b64encode(content).decode()


def checked_platforms(platforms: Iterable[str]) -> list[str]:
    """Platforms, each once, in their usual order. Raises `Invalid` for an unknown one or none."""
    wanted = list(platforms)
    for platform in wanted:
        if platform not in PLATFORMS:
            raise Invalid(
                f"'{platform[:60]}' is no platform; expected some of {', '.join(PLATFORMS)}.",
                field="configuredForPlatforms",
            )
    if not wanted:
        raise Invalid(
            "A configuration is for at least one platform; leave them out to have them found from the payloads.",
            field="configuredForPlatforms",
        )
    return [platform for platform in PLATFORMS if platform in wanted]


def _payload_types(profile: dict[str, Any]) -> list[str]:
    version = profile.get("PayloadVersion")
    if type(version) is not int or version != 1:
        said = "missing" if version is None else f"{str(version)[:40]}"
        raise Invalid(f"PayloadVersion is {said}; expected the number 1.", code=BAD_VALUE, field=PROFILE)
    kind = profile.get("PayloadType", "Configuration")
    if kind != "Configuration":
        raise Invalid(
            f"PayloadType is '{str(kind)[:60]}'; expected 'Configuration'.", code=BAD_VALUE, field=PROFILE
        )
    payloads = profile.get("PayloadContent")
    if not isinstance(payloads, list) or not payloads:
        raise Invalid("PayloadContent has to be an array with at least one payload.", field=PROFILE)
    types = []
    for n, payload in enumerate(payloads):
        name = payload.get("PayloadType") if isinstance(payload, dict) else None
        if not isinstance(name, str) or not name:
            raise Invalid(f"Payload {n} of PayloadContent has no PayloadType.", field=PROFILE)
        types.append(name)
    return types


def _platforms(types: list[str]) -> list[str]:
    """Those on which every payload works; where there is none, those on which any does."""
    each = [_FOR.get(type, frozenset(PLATFORMS)) for type in types]
    common = frozenset.intersection(*each) or frozenset.union(*each)
    return [platform for platform in PLATFORMS if platform in common]
