"""Rules: a whole pack's formulas compiled, each model proved over all its sizes, one set split in memory.

Splitting stands beside its aim of 50 ms at the 95th percentile; a proof beside the two seconds that a
technologist waits.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

from erp.catalogue.rules.document import read_document
from erp.catalogue.rules.explode import attempt, explode
from erp.catalogue.rules.formula import compile_formula
from erp.catalogue.rules.proving import prove
from erp.catalogue.rules.samples import smallest, usual
from tests.factories.catalogue import demo_pack

ROUNDS, SETS = 5, 500
AIM_SPLIT_MS, AIM_PROOF_S = 50, 2.0


def main() -> None:
    """Print the figures of the rules."""
    pack = demo_pack()
    materials, stock = {one.code for one in pack.materials}, pack.stock_lengths
    reading, count = _compiled([one.to_dict() for one in pack.documents])
    print(f"  whole pack: {len(pack.documents)} documents read in {reading * 1000:.0f} ms ({count} formulas)")
    for document in pack.documents:
        reading, count = _compiled([document.to_dict()])
        began = time.perf_counter()
        prove(document, materials, stock)
        proof = time.perf_counter() - began
        p95 = _p95(document, stock)
        print(
            f"  {document.code}: document read in {reading * 1000:.1f} ms ({count} formulas, "
            f"{count / reading:.0f}/s); proof {proof:.2f} s (aim {AIM_PROOF_S:.0f} s); "
            f"one set p95 {p95:.2f} ms (aim {AIM_SPLIT_MS} ms)"
        )


def _compiled(documents: Sequence[Any]) -> tuple[float, int]:
    """Read documents with no formula compiled before; return the median seconds, and how many formulas they have."""
    seconds = []
    for _ in range(ROUNDS):
        compile_formula.cache_clear()
        began = time.perf_counter()
        for data in documents:
            read_document(data)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), compile_formula.cache_info().misses


def _p95(document, stock) -> float:
    """Return the milliseconds that 95 of 100 sets stay under: usual ones, or the smallest where stock is short."""
    spec, taken = usual(document), []
    if attempt(document, spec, stock)[1]:
        spec = smallest(document)
    for _ in range(SETS):
        began = time.perf_counter()
        explode(document, spec, stock)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(taken, n=20)[-1]
