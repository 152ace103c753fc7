"""Run the benchmarks in order, or those named: `python -m tests.bench [NAME …]`.

Every module `tests/bench/bench_NAME.py` has a `main()` that prints its own figures,
each beside its peer or its limit, measured in the same run.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path


def names() -> list[str]:
    """Return the names of all benchmarks, in order."""
    return sorted(file.stem.removeprefix("bench_") for file in Path(__file__).parent.glob("bench_*.py"))


def main(wanted: list[str]) -> int:
    """Run the wanted benchmarks, or all; return 2 for a name that is not one."""
    there = names()
    if unknown := sorted(set(wanted) - set(there)):
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(there)}", file=sys.stderr)
        return 2
    for name in wanted or there:
        print(f"=== {name}", flush=True)
        started = time.monotonic()
        importlib.import_module(f"tests.bench.bench_{name}").main()
        print(f"    ({time.monotonic() - started:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
