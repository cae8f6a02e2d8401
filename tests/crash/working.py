"""Something that works beside the test, in a thread of its own, until it is asked to end."""

import random
import threading
from abc import ABC, abstractmethod

_PATIENCE = 90.0  # seconds


class Working(ABC):
    """`acknowledged` counts the changes that the server said it had made."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.rng = random.Random(f"{name} {seed}")
        self.acknowledged = 0
        self._stop = threading.Event()
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def work(self) -> None:
        """Works until `stopping`."""

    def start(self) -> None:
        """Begins to work."""
        self._thread.start()

    def finish(self) -> None:
        """Lets it end what it began. Raises what went wrong, at any time."""
        self._stop.set()
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive(), f"{self.name} hangs"
        self.check()

    def check(self) -> None:
        """Raises what went wrong, if anything did."""
        if self._problem is not None:
            raise self._problem

    @property
    def stopping(self) -> bool:
        """Whether it was asked to end."""
        return self._stop.is_set()

    def _run(self) -> None:
        try:
            self.work()
        except BaseException as problem:  # noqa: BLE001 raised again by `finish`
            self._problem = problem
