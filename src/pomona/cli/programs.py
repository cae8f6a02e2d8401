"""Other `pomona` processes as the demonstration uses them: commands that answer, and programs that stay."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

_KEPT_LINES = 40


class ProgramFailed(Exception):
    """A program ended badly or said nothing usable; the message names it and repeats what it complained of."""


class Program:
    """A running process whose lines are read as they come."""

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        self.name = name
        self._process = process
        self._complaints: deque[str] = deque(maxlen=_KEPT_LINES)
        assert process.stderr is not None
        threading.Thread(target=self._listen, args=(process.stderr,), daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def complaints(self) -> str:
        """The last lines it wrote to standard error."""
        return "\n".join(self._complaints)

    def lines(self) -> Iterator[Any]:
        """Each line of its standard output, decoded from JSON; ends with the program. Raises `ProgramFailed`."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                yield json.loads(line)
            except ValueError:
                raise ProgramFailed(f"{self.name} said: {line.strip()}") from None

    def follow(self) -> None:
        """Goes on reading what it prints, so that it is never held up, and keeps nothing of it."""
        assert self._process.stdout is not None
        threading.Thread(target=deque, args=(self._process.stdout, 0), daemon=True).start()

    def wait(self) -> None:
        """Until it ends by itself. Raises `ProgramFailed` for a status other than 0."""
        if self._process.wait() != 0:
            raise ProgramFailed(f"{self.name} ended with {self._process.returncode}:\n{self.complaints()}")

    def stop(self) -> None:
        """Asks it to end, and makes it end after a while."""
        if not self.running:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _listen(self, stream: IO[str]) -> None:
        for line in stream:
            self._complaints.append(line.rstrip())


class Programs:
    """Starts `pomona` with one environment and ends what still runs."""

    def __init__(self, data: Path, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, "POMONA_DATA": str(data), "NO_COLOR": "1", **environment}
        self._running: list[Program] = []

    @property
    def running(self) -> bool:
        """Whether the first that was started has not ended."""
        return bool(self._running) and self._running[0].running

    def complaints(self) -> str:
        """What the first that was started wrote to standard error last."""
        return self._running[0].complaints() if self._running else ""

    def ask(self, *arguments: str, secrets: Mapping[str, str] | None = None) -> Any:
        """Runs a command with `--json` and gives what it printed. Raises `ProgramFailed`.

        `secrets` are environment variables for this one command: arguments can be seen by everyone on the machine.
        """
        done = subprocess.run(
            [sys.executable, "-m", "pomona", *arguments, "--json"],
            env={**self._environment, **(secrets or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ProgramFailed(f"pomona {' '.join(arguments[:2])}: {done.stderr.strip()[-2000:]}")
        return json.loads(done.stdout)

    def tell(self, *arguments: str) -> None:
        """Runs a command that prints nothing of interest. Raises `ProgramFailed`."""
        done = subprocess.run(
            [sys.executable, "-m", "pomona", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ProgramFailed(f"pomona {' '.join(arguments[:2])}: {done.stderr.strip()[-2000:]}")

    def start(
        self, name: str, *arguments: str, secrets: Mapping[str, str] | None = None, input: str | None = None
    ) -> Program:
        """Starts a program that stays, or that is read line by line."""
        process = subprocess.Popen(
            [sys.executable, "-m", "pomona", *arguments],
            env={**self._environment, **(secrets or {})},
            stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: we end the others in order
        )
        program = Program(name, process)
        self._running.append(program)
        if input is not None:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(input)
        return program

    def stop(self) -> None:
        """Ends everything, the last started first."""
        for program in reversed(self._running):
            program.stop()
        self._running.clear()
