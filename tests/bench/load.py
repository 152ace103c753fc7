"""The load generator: so many clients on kept connections for so many seconds, in a process of its own.

A benchmark names a *maker*, `"module:function"`, that makes one client's requests:
`maker(argument, client_number) -> Iterator[Request]`; a client stops where it ends. Then

    figures = load(port, clients=8, seconds=5, maker="tests.bench.reference:scans")

and, for a comparison that a noisy machine cannot turn round,

    found = interleaved({"reference": lambda: load(…), "mortise": lambda: load(…)})
    ratio(found, "mortise", "reference")
"""

from __future__ import annotations

import http.client
import importlib
import json
import math
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

ROUNDS = 5
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and a piece of the answer without which it counts as failed."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    expected: bytes = b""

    @classmethod
    def of_json(
        cls, path: str, document: Any, expected: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Request:
        """Make a POST of a JSON document."""
        kind = {"Content-Type": "application/json"}
        return cls("POST", path, json.dumps(document).encode(), {**kind, **(headers or {})}, expected)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a load measured. Times are of answered requests, as the client saw them."""

    client_count: int
    done_count: int
    failed_count: int
    rate_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    worst_ms: float
    failure: str  # the first one: status and the start of the answer

    def __str__(self) -> str:
        times = f"p50 {self.p50_ms:6.1f}  p95 {self.p95_ms:6.1f}  p99 {self.p99_ms:6.1f} ms"
        failed = f"; {self.failed_count} FAILED: {self.failure}" if self.failed_count else ""
        return f"{self.rate_per_s:7.0f}/s  {times}{failed}"


def load(port: int, clients: int, seconds: float, maker: str, argument: Any = None) -> Figures:
    """Load the server at this port of this machine and return what was measured."""
    order = {"port": port, "clients": clients, "seconds": seconds, "maker": maker, "argument": argument}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(order),
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Figures(**json.loads(done.stdout))


def interleaved(
    measures: Mapping[str, Callable[[], Figures]], rounds: int = ROUNDS
) -> dict[str, list[Figures]]:
    """Measure each in turn, so many rounds: what disturbs the machine disturbs them all."""
    found: dict[str, list[Figures]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def median(runs: Sequence[Figures]) -> Figures:
    """Return the run with the median rate."""
    rate = statistics.median_low(run.rate_per_s for run in runs)
    return next(run for run in runs if run.rate_per_s == rate)


def ratio(found: Mapping[str, Sequence[Figures]], ours: str, reference: str) -> float:
    """Return our median rate as a share of the reference's."""
    return median(found[ours]).rate_per_s / median(found[reference]).rate_per_s


# --- inside the load generator's own process -----------------------------------------------------


class _Client(threading.Thread):
    """One client on one kept connection."""

    def __init__(
        self, port: int, requests: Iterator[Request], start: threading.Barrier, seconds: float
    ) -> None:
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self.requests, self.barrier, self.seconds = requests, start, seconds
        self.times_s: list[float] = []
        self.failures: list[str] = []
        self.ended = 0.0

    def run(self) -> None:
        """Send one request after the other until the time is over or there are no more."""
        self.connection.connect()
        self.barrier.wait()
        self.ended = time.perf_counter()
        until = self.ended + self.seconds
        for request in self.requests:
            started = time.perf_counter()
            if started >= until:
                break
            self._send(request)
            self.ended = time.perf_counter()
            self.times_s.append(self.ended - started)

    def _send(self, request: Request) -> None:
        try:
            self.connection.request(request.method, request.path, request.body or None, dict(request.headers))
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as wrong:
            self.failures.append(repr(wrong))
            self.connection.close()  # the next request opens it again
            return
        if answer.status >= 400 or request.expected not in body:
            self.failures.append(f"{answer.status} {body[:200]!r}")


def _percentile_ms(times_s: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted times."""
    return times_s[max(0, math.ceil(share * len(times_s)) - 1)] * 1000 if times_s else 0.0


def _measure(port: int, clients: int, seconds: float, maker: str, argument: Any) -> Figures:
    module, function = maker.split(":")
    make = getattr(importlib.import_module(module), function)
    barrier = threading.Barrier(clients + 1)
    threads = [_Client(port, make(argument, number), barrier, seconds) for number in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait(TIMEOUT_S)
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    times_s = sorted(t for thread in threads for t in thread.times_s)
    failures = [failure for thread in threads for failure in thread.failures]
    elapsed_s = max(thread.ended for thread in threads) - began
    good = len(times_s) - len(failures)
    return Figures(
        client_count=clients,
        done_count=good,
        failed_count=len(failures),
        rate_per_s=good / elapsed_s,
        p50_ms=_percentile_ms(times_s, 0.50),
        p95_ms=_percentile_ms(times_s, 0.95),
        p99_ms=_percentile_ms(times_s, 0.99),
        worst_ms=_percentile_ms(times_s, 1.0),
        failure=failures[0] if failures else "",
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(**json.load(sys.stdin)))))
