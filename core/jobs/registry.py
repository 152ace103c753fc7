"""Which function does which kind of job; filled when the packages register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class JobRun(Protocol):
    """What a job's function sees of its job."""

    arguments: Any

    def progress(self, done: int, total: int) -> None:
        """Say how far the work is; kept at most once a second."""

    def is_stopped(self) -> bool:
        """Say whether somebody wants the work stopped."""


_handlers: dict[str, Callable[[JobRun], None]] = {}


def handle(kind: str, function: Callable[[JobRun], None]) -> None:
    """Have `function` do the jobs of one kind."""
    _handlers[kind] = function


def handler(kind: str) -> Callable[[JobRun], None]:
    """Return the function that does this kind of job."""
    return _handlers[kind]
