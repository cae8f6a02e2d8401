"""What a test does without a program it needs: says so and is skipped, except in CI, where nothing may be skipped."""

import os
from typing import NoReturn

import pytest


def absent(what: str, remedy: str) -> NoReturn:
    """Skip the calling test or fixture because `what` is not installed; fail it when the environment has CI=true.

    `remedy` is the line that would install it. With pytest's short summary each reason is printed once, with a count.
    """
    message = f"{what} is not installed. To install: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{message} (CI=true: nothing may be skipped)", pytrace=False)
    pytest.skip(message)
