"""How a kernel is compiled: once, for the types that its signature names, kept in the installation.

What is compiled is kept beside the packages (in `.venv`) for this processor and this source; `dev.py`
compiles it on installing. Only the worker imports this module: it brings the compiler.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

_F = TypeVar("_F", bound=Callable[..., Any])

if not numba.config.CACHE_DIR:  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = str(  # type: ignore[attr-defined]
        Path(sys.prefix) / "mortise-compiled"
    )


def kernel(signature: str) -> Callable[[_F], _F]:
    """Return the decorator that compiles a function for `signature` when it is defined."""
    compile_: Any = numba.njit(signature, cache=True)
    return lambda function: compile_(function)
