"""The panes of Setup Assistant that a profile may skip, by system and version; from the vendor's published schema of 2026.

A pane that is not listed here is no error: new ones appear with each release, and clients send them early.
"""

from collections.abc import Sequence
from typing import NamedTuple

SYSTEMS = ("iOS", "macOS", "tvOS", "visionOS")
"""The systems of the table's columns; iOS stands for iPadOS too. watchOS shows no pane that can be skipped."""

_TABLE = """
Accessibility                       -            11.0*          -      -
AccessibilityAppearance             17.0         -              -      -
ActionButton                        17.0         -              -      -
Android                             9.0          -              -      -
Appearance                          13.0         10.14          -      -
AppleID                             7.0          10.9           10.2   26.0
AppStore                            14.3         11.1           -      -
Biometric                           8.1          10.12.4        -      26.0
CameraButton                        18.0         -              -      -
DeviceToDeviceMigration             12.4         -              -      -
Diagnostics                         7.0          10.9           10.2   26.0
DisplayTone                         9.3.2..15.0  10.13.6..12.0  -      -
EnableLockdownMode                  17.1         14.0           -      -
FileVault                           -            10.10          -      -
HomeButtonSensitivity               10.0..15.0   -              -      -
iCloudDiagnostics                   -            10.12.4        -      -
iCloudStorage                       -            10.13.4        -      -
iMessageAndFaceTime                 12.0         -              -      -
Intelligence                        18.0         15.0           -      26.0
Keyboard                            13.0*        -              -      -
LiquidGlass                         27.0         27.0           -      -
Location                            7.0          10.11          10.2   26.0
MessagingActivationUsingPhoneNumber 10.0         -              -      -
Multitasking                        26.0         -              -      -
OnBoarding                          11.0..14.0   -              -      -
OSShowcase                          26.0         26.1           -      -
Passcode                            7.0          10.9           -      26.0
Payment                             8.1          10.12.4        -      26.0
Privacy                             11.3         10.13.4        11.3   26.0
Restore                             7.0          10.9           -      -
RestoreCompleted                    14.0         -              -      -
ScreenSaver                         -            -              10.2   -
Safety                              16.0         -              -      -
SafetyAndHandling                   18.4*        -              -      -
ScreenTime                          12.0         10.15          -      26.0
SIMSetup                            12.0         -              -      -
Siri                                7.0          10.12          10.2   26.0
SoftwareUpdate                      12.0         15.4           -      26.0
SpokenLanguage                      13.0*        -              -      -
TapToSetup                          -            -              10.2*  -
TermsOfAddress                      16.0*        13.0*          -      -
Tips                                -            -              -      26.0
TOS                                 7.0          10.9           10.2   26.0
TVHomeScreenSync                    -            -              11.0   -
TVProviderSignIn                    -            -              11.0   -
TVRoom                              -            -              11.4   -
UnlockWithWatch                     -            15.0           -      -
UpdateCompleted                     14.0         26.1           -      -
Wallpaper                           -            14.1..26.0     -      -
WatchMigration                      11.0         -              -      -
WebContentFiltering                 18.2..26.1   -              -      -
Welcome                             13.0         15.0           -      26.0
Zoom                                8.3..17.0    -              -      26.0
"""
# `9.3.2..15.0`: skippable from 9.3.2, and gone or without effect from 15.0. `*`: may show before the profile is there.

_FORMER = frozenset({"Registration"})
"""Panes of systems that nobody has any more; profiles still name them."""


class Skippable(NamedTuple):
    """On one system: the first version, the first without it again (empty for none), and whether it is skipped surely."""

    since: str
    until: str
    always: bool


def _parse(cell: str) -> Skippable:
    since, _, until = cell.rstrip("*").partition("..")
    return Skippable(since, until, not cell.endswith("*"))


def _parse_table() -> dict[str, dict[str, Skippable]]:
    panes = {}
    for line in _TABLE.strip().splitlines():
        name, *cells = line.split()
        panes[name] = {
            system: _parse(cell) for system, cell in zip(SYSTEMS, cells, strict=True) if cell != "-"
        }
    return panes


PANES = _parse_table()
"""Every known pane: by system, since when it can be skipped."""


def warnings(items: Sequence[str]) -> list[str]:
    """Sentences for the administrator about a profile's `skip_setup_items`: names that are not, or no longer, known."""
    by_fold = {name.lower(): name for name in PANES}
    found = []
    for item in dict.fromkeys(items):
        if item in PANES or item in _FORMER:
            continue
        meant = by_fold.get(item.lower())
        hint = f"; did you mean '{meant}'?" if meant else ", and is passed on as it is."
        found.append(f"'{item}' is no pane of Setup Assistant that is known here{hint}")
    return found
