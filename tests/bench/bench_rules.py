"""Rules: formulas compiled, a model proved over all its sizes, one set split in memory.

Splitting stands beside its aim of 50 ms at the 95th percentile; a proof beside the two seconds that a
technologist waits.
"""

from __future__ import annotations

import statistics
import time

from erp.catalogue.rules.document import read_document
from erp.catalogue.rules.explode import explode
from erp.catalogue.rules.formula import compile_formula
from erp.catalogue.rules.proving import prove
from erp.catalogue.rules.samples import usual
from tests.factories.catalogue import demo_pack

ROUNDS, SETS = 5, 500
AIM_SPLIT_MS, AIM_PROOF_S = 50, 2.0


def main() -> None:
    """Print the figures of the rules."""
    pack = demo_pack()
    materials, stock = {one.code for one in pack.materials}, pack.stock_lengths
    for document in pack.documents:
        data = document.to_dict()
        seconds = []
        for _ in range(ROUNDS):
            compile_formula.cache_clear()
            began = time.perf_counter()
            read_document(data)
            seconds.append(time.perf_counter() - began)
        count = compile_formula.cache_info().misses
        reading = statistics.median(seconds)
        began = time.perf_counter()
        prove(document, materials, stock)
        proof = time.perf_counter() - began
        p95 = _p95(document, stock)
        print(
            f"  {document.code}: document read in {reading * 1000:.1f} ms ({count} formulas, "
            f"{count / reading:.0f}/s); proof {proof:.2f} s (aim {AIM_PROOF_S:.0f} s); "
            f"one set p95 {p95:.2f} ms (aim {AIM_SPLIT_MS} ms)"
        )


def _p95(document, stock) -> float:
    """Return the milliseconds that 95 of 100 sets of the usual size stay under."""
    spec, taken = usual(document), []
    for _ in range(SETS):
        began = time.perf_counter()
        explode(document, spec, stock)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(taken, n=20)[-1]
