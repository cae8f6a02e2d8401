"""What every face is given when the program is composed: settings, clock, randomness, keys and the store."""

from pomona.runtime.clock import Clock
from pomona.runtime.origin import Origins
from pomona.runtime.runtime import Runtime
from pomona.runtime.settings import Settings

__all__ = ["Clock", "Origins", "Runtime", "Settings"]
