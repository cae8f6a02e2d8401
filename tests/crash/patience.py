"""HTTP for programs that do not give up: what gets no answer is sent again until it gets one, whatever happens meanwhile.

So a call that returns was acknowledged, and what was sent before without an answer was the very same request.
"""

import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

_PATIENCE = 90.0  # seconds
_PAUSE = 0.05


@dataclass
class Traffic:
    """What one program saw: requests answered, requests without an answer, and how long each 503 took (seconds)."""

    answered: int = 0
    unanswered: int = 0
    unavailable: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.answered + other.answered,
            self.unanswered + other.unanswered,
            self.unavailable + other.unavailable,
            self.statuses + other.statuses,
        )


class PatientTransport(httpx.BaseTransport):
    """Sends a request until the server answers with anything but 503."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._inner = httpx.HTTPTransport(retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        end = time.monotonic() + _PATIENCE
        while True:
            began = time.monotonic()
            try:
                response = self._inner.handle_request(request)
                response.read()
            except httpx.TransportError:
                self._traffic.unanswered += 1
            else:
                self._traffic.statuses[response.status_code] += 1
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    self._traffic.answered += 1
                    return response
                self._traffic.unavailable.append(time.monotonic() - began)
            if time.monotonic() > end:
                raise TimeoutError(f"{request.method} {request.url.path}: no answer in {_PATIENCE:g} s")
            time.sleep(_PAUSE)

    def close(self) -> None:
        self._inner.close()


def patient_http(origin: str, traffic: Traffic) -> httpx.Client:
    """A client of one origin that never gives up."""
    return httpx.Client(
        base_url=origin,
        transport=PatientTransport(traffic),
        timeout=httpx.Timeout(30, connect=5),
        headers={"User-Agent": "tests/1"},
        trust_env=False,
    )
