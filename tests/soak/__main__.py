"""`make soak`: two minutes of storm on SQLite and on PostgreSQL. `python -m tests.soak [SECONDS]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench.factory import application, database
from tests.soak.storm import prepare, prove, storm, summary

SCANNERS, SETS, SECONDS, EVERY_S = 32, 60, 120.0, 5.0
PROCESSES = {"sqlite": 1, "postgresql": 2}


def main(seconds: float) -> int:
    """Storm both databases; return 1 when anything is not as it must be."""
    faults: list[str] = []
    for kind, processes in PROCESSES.items():
        with (
            tempfile.TemporaryDirectory(prefix="mortise-soak-") as folder,
            database(kind) as url,
            application(url) as app,
        ):
            plan = prepare(app, SCANNERS, SETS)
            result = storm(plan, Path(folder), seconds, EVERY_S, processes)
            print(summary(kind, result), flush=True)
            found = prove(app, result)
            print(f"{kind}: {len(found)} differences" if found else f"{kind}: proved", flush=True)
            for fault in found[:20]:
                print(f"  {fault}", flush=True)
            faults += found
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
