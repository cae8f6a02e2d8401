"""Warns of server tokens and domains' proofs that will expire, once an hour."""

import logging
from functools import partial

from pomona.formats.times import iso_seconds
from pomona.registry import domain_warnings, token_warnings
from pomona.runtime import Runtime
from pomona.work.hourly import Hourly

_log = logging.getLogger("pomona.work")


class TokenWarner:
    """Looks by the laboratory's clock, so that a year can be rehearsed in a minute."""

    topic = "token-warnings"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._hourly = Hourly()

    async def look(self) -> bool:
        """Records the warnings that are due. There is never more to do at once."""
        now = self._runtime.clock.now()
        if not self._hourly.due(now):
            return False
        for warning in await self._runtime.store.write(partial(token_warnings.warn, now=now)):
            _log.warning(
                "server token expires",
                extra={
                    "service": warning.service_name,
                    "days": warning.days,
                    "expires": iso_seconds(warning.expires_at),
                },
            )
        for due in await self._runtime.store.write(partial(domain_warnings.warn, now=now)):
            extra = {"domain": due.name, "days": due.days, "expires": iso_seconds(due.expires_at)}
            _log.warning("domain proof expires", extra=extra)
        return False
