"""The door to the compiled engine: loaded, and compiled where it is not yet, beside the caller's work."""

from __future__ import annotations

import importlib
from threading import Thread
from types import ModuleType

ENGINE = "mes.nesting.rules.compiled"

_loading: list[Thread] = []
_loaded: list[ModuleType] = []


def compiled(within_s: float) -> ModuleType | None:
    """Return the compiled engine; None when it is not ready `within_s` seconds.

    Where the installation did not compile it, compiling takes some 15 s of a processor; then it is kept.
    """
    if not _loading:
        _loading.append(Thread(target=_load, daemon=True))
        _loading[0].start()
    _loading[0].join(max(0.0, within_s))
    return _loaded[0] if _loaded else None


def _load() -> None:
    """Import the engine, which compiles what is not compiled yet."""
    _loaded.append(importlib.import_module(ENGINE))
