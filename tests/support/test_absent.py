"""A missing program skips a test with the line that would install it, and fails it in CI."""

import pytest

from tests.support.absent import absent


def test_outside_ci_the_test_is_skipped_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install pomology"):
        absent("Pomology", "apt-get install pomology")


def test_in_ci_the_test_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="nothing may be skipped"):
        absent("Pomology", "apt-get install pomology")
