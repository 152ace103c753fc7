"""The cutting engine beside its bounds, its aims and its peers; processor seconds of this process.

Every plan passes the checker before its figures are printed. Peers get the same instances: first fit decreasing
by shelves (sheets) or best fit (bars), the first plan of every job; and, where it is installed
(`pip install rectpack`), the best of rectpack's guillotine packers, which knows one rotation for all parts, no
stages and ends by itself; on the largest jobs it takes minutes and is left out. packingsolver has no
wheel for Python 3.11, cutting-engine gives no more than first fit here and takes minutes.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from mes.nesting.rules import bars, ready, sheets
from mes.nesting.rules.checker import check
from mes.nesting.rules.instance import Grain, Instance, Kind, read_instance
from mes.nesting.rules.plan import Plan
from mes.nesting.rules.sheets import Effort
from mes.nesting.rules.solve import solve
from tests.bench.cutting import jobs
from tests.bench.gcut import KNOWN, gcut

SEEDS = (20240607, 7)
SECONDS = {10: 2.0, 100: 4.0, 1000: 8.0}  # of the processor, at most, for a material
AIMS = {  # by sets: gap of sheets with grain, of sheets that turn, of bars
    10: (None, None, None),
    100: (0.010, 0.015, 0.001),
    1000: (0.010, 0.020, 0.0003),
}
GCUT_S, GCUT_MEAN, GCUT_WORST = 2.0, 0.0015, 0.005
PEER_SETS_MOST = 100
MEMORY_AIM_MB = 400


def main() -> None:
    """Print gaps, seconds and peers of all jobs, the public instances, and the peak of memory."""
    began = time.process_time()
    if ready.compiled(600) is None:
        raise SystemExit("the engine could not be loaded")
    print(f"  loaded in {time.process_time() - began:.1f} s; load of the machine {os.getloadavg()[0]:.1f}")
    for number, seed in enumerate(SEEDS):
        for sets in SECONDS if number == 0 else (10, 100):
            _jobs(f"seed {seed}", sets, jobs(sets, seed))
    for sets in SECONDS:
        _jobs("kerf 3.2, sizes of 0.5", sets, jobs(sets, SEEDS[0], kerf_mm=3.2, is_fine=True))
    _gcut()
    print(f"  peak of memory {_peak_mb():.0f} MB (aim {MEMORY_AIM_MB}); load {os.getloadavg()[0]:.1f}")


def _jobs(name: str, sets: int, of: Any) -> None:
    print(f"  --- {name}, {sets} sets")
    for material, data in of.items():
        instance = read_instance(data)
        plan, taken = _timed(instance, SECONDS[sets])
        cost = _cost(instance, plan)
        gap = plan.gap_rate or 0
        aim = AIMS[sets][2 if instance.kind is Kind.BAR else 0 if material.endswith("V") else 1]
        if aim is None:  # the bound, or one piece of stock more
            aim = float(max(of.cost for of in instance.stock) / (plan.bound.stock_cost * 10**6))
        peers = [
            f"{name} {peer / cost - 1:+.2%}{' BETTER' if peer < cost else ''}"
            for name, peer in _peers(instance, sets)
        ]
        print(
            f"  {material:<5} {sum(part.quantity for part in instance.parts):>6} parts "
            f"gap {gap:.2%} (aim {aim:.2%}{', MISSED' if gap > aim else ''}) yield {plan.yield_rate:.2%} "
            f"{taken:.1f} s; {'; '.join(peers)}",
            flush=True,
        )


def _timed(instance: Instance, seconds: float) -> tuple[Plan, float]:
    began = time.process_time()
    plan = solve(instance, seconds=seconds, clock=time.process_time)
    taken = time.process_time() - began
    faults = check(instance, plan)
    if faults or plan.unplaced:
        raise SystemExit(f"a plan does not hold: {faults[:3]} {plan.unplaced[:3]}")
    return plan, taken


def _cost(instance: Instance, plan: Plan) -> int:
    return sum(stock.cost * plan.stock_used.get(stock.id, 0) for stock in instance.stock)


def _peers(instance: Instance, sets: int) -> Iterator[tuple[str, int]]:
    """Yield the peers that can be had, with what their plans cost."""
    yield "first fit", _first_fit(instance)
    is_there = importlib.util.find_spec("rectpack") is not None
    if instance.kind is Kind.SHEET and sets <= PEER_SETS_MOST and is_there:
        yield "rectpack", _rectpack(instance)


def _first_fit(instance: Instance) -> int:
    if instance.kind is Kind.BAR:
        effort = Effort(0, _never, _never, lambda _done: None, 0)
        job, _ = bars.job_of(instance, instance.parts)
        return job.badness(bars.quick(job, effort))[1]
    sheet_job, _ = sheets.job_of(instance, instance.parts)
    return sheets.quick(sheet_job, _never).badness(sheet_job)[1]


def _never() -> bool:
    return False


def _rectpack(instance: Instance) -> int:
    """Return the cheapest of three guillotine packers on each stock size alone; kerf and trims are added."""
    rectpack = importlib.import_module("rectpack")
    kerf = instance.kerf_dmm
    may_turn = all(part.grain is Grain.NONE for part in instance.parts)
    packers: tuple[Callable[..., Any], ...] = (
        rectpack.GuillotineBssfSas,
        rectpack.GuillotineBafMinas,
        rectpack.GuillotineBlsfLas,
    )
    costs = []
    for stock in instance.stock:
        length, width = instance.room(stock)
        for algorithm in packers:
            packer = rectpack.newPacker(
                mode=rectpack.PackingMode.Offline, pack_algo=algorithm, rotation=may_turn
            )
            for part in instance.parts:
                for _ in range(part.quantity):
                    packer.add_rect(part.length_dmm + kerf, part.width_dmm + kerf)
            packer.add_bin(length + kerf, width + kerf, count=float("inf"))
            packer.pack()
            placed = sum(len(one) for one in packer)
            if placed == sum(part.quantity for part in instance.parts):
                costs.append(len(packer) * stock.cost)
    return min(costs)


def _gcut() -> None:
    print("  --- gcut1d to 6d: cost over the best known, our bound beside the published one")
    over = []
    for (number, may_turn), (best, bound) in KNOWN.items():
        instance = gcut(number, may_turn)
        plan, taken = _timed(instance, GCUT_S)
        over.append(_cost(instance, plan) / 10**6 / best - 1)
        same = "equal" if plan.bound.stock_cost == bound else f"DIFFERS by {plan.bound.stock_cost - bound}"
        print(
            f"  gcut{number}d {'R' if may_turn else 'O'} {over[-1]:+.3%}, bound {same}, {taken:.1f} s",
            flush=True,
        )
    mean, worst = sum(over) / len(over), max(over)
    print(f"  mean {mean:.3%} (aim {GCUT_MEAN:.2%}), worst {worst:.3%} (aim {GCUT_WORST:.1%})")


def _peak_mb() -> float:
    resource = importlib.import_module("resource")  # not on Windows, where benchmarks do not run
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
