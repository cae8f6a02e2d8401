"""Log lines: readable on a terminal, one JSON object a line elsewhere. Values travel in `extra`; secrets never do."""

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def values_of(record: logging.LogRecord) -> dict[str, object]:
    """What the caller gave in `extra`."""
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


class JsonFormatter(logging.Formatter):
    """`{"time": …, "level": …, "logger": …, "event": …, …}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **values_of(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class ConsoleFormatter(logging.Formatter):
    """`12:00:00 warning pomona.work: what happened  key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        values = "".join(f"  {key}={value}" for key, value in values_of(record).items())
        line = (
            f"{_time(record)[11:19]} {record.levelname.lower()} {record.name}: {record.getMessage()}{values}"
        )
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(level: str, form: str, stream: TextIO = sys.stderr) -> None:
    """Sends every log line to `stream`; `form` is auto, console or json."""
    handler = logging.StreamHandler(stream)
    console = form == "console" or (form == "auto" and stream.isatty())
    handler.setFormatter(ConsoleFormatter() if console else JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "asyncio", "psycopg.pool"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def _time(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
