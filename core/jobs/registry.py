"""Which function does which kind of job; filled when the packages register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Flask


class JobRun(Protocol):
    """What a job's function sees of its job."""

    arguments: Any

    def progress(self, done: int, total: int) -> None:
        """Say how far the work is; kept at most once a second."""

    def is_stopped(self) -> bool:
        """Say whether somebody wants the work stopped."""


Companion = Callable[[Flask, Callable[[], bool]], None]
_handlers: dict[str, Callable[[JobRun], None]] = {}
_companions: dict[str, Companion] = {}


def handle(kind: str, function: Callable[[JobRun], None]) -> None:
    """Have `function` do the jobs of one kind."""
    _handlers[kind] = function


def handler(kind: str) -> Callable[[JobRun], None]:
    """Return the function that does this kind of job."""
    return _handlers[kind]


def accompany(name: str, function: Companion) -> None:
    """Have the worker run `function` in a thread beside the jobs, until the second argument says true."""
    _companions[name] = function


def companions() -> dict[str, Companion]:
    """Return what runs beside the jobs, by name."""
    return dict(_companions)
