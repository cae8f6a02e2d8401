"""The panes that a profile may skip."""

from pomona.registry import built_in_profile
from pomona.registry.setup_panes import PANES, SYSTEMS, Skippable, warnings


def test_panes_are_known_by_system_and_version() -> None:
    assert len(PANES) == 53
    assert PANES["Siri"] == {
        "iOS": Skippable("7.0", "", True),
        "macOS": Skippable("10.12", "", True),
        "tvOS": Skippable("10.2", "", True),
        "visionOS": Skippable("26.0", "", True),
    }
    assert PANES["Wallpaper"] == {"macOS": Skippable("14.1", "26.0", True)}
    assert PANES["Keyboard"]["iOS"] == Skippable("13.0", "", False)
    assert {system for pane in PANES.values() for system in pane} == set(SYSTEMS)
    assert all(PANES.values())


def test_unknown_panes_are_named_and_typing_errors_guessed() -> None:
    assert warnings(["Siri", "Registration", "TOS"]) == []
    assert warnings(["siri", "Teleport", "Teleport"]) == [
        "'siri' is no pane of Setup Assistant that is known here; did you mean 'Siri'?",
        "'Teleport' is no pane of Setup Assistant that is known here, and is passed on as it is.",
    ]


def test_the_built_in_service_skips_only_known_panes() -> None:
    assert warnings(built_in_profile.SKIPPED_PANES) == []
