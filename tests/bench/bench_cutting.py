"""The cutting engine beside its bounds, its aims and its peers; processor seconds of this process.

Every plan passes the checker before its figures are printed. Peers get the same instances: first fit decreasing
by shelves (sheets) or best fit (bars), the first plan of every job; and, where they are installed
(`pip install rectpack cutting-engine`), the best of rectpack's guillotine packers, which knows one rotation for all
parts and no stages, and cutting-engine, which knows whole mm, one stock size at a time and no stages. Both end by
themselves; on larger jobs they take minutes and are left out. packingsolver has no wheel for Python 3.11.
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
SECONDS = {10: 2.0, 100: 4.0}  # of the processor, at most, for a material
BATCH_S = {
    "ARCH": 2.0,
    "SKEL": 8.0,
    "F9R": 3.0,
    "F9V": 3.0,
    "B18R": 8.5,
    "B18V": 8.5,
    "R12": 12.0,
}  # 1,000 sets
BATCH_AIM_S = 36.0  # 20 s on two cores, less what they lose to each other
LONG_S, LONG_AIMS = (
    25.0,
    {"B18V": 0.005, "B18R": 0.015, "R12": 0.015},
)  # what 60 s on two cores leave for a material
HURRIED_S, HURRIED_PARTS, OVERRUN = 10.0, 100_000, 1.1
AIMS = {  # by sets: gap of sheets with grain, of sheets that turn, of bars
    10: (None, None, None),
    100: (0.010, 0.015, 0.001),
    1000: (0.010, 0.020, 0.0003),
}
GCUT_S, GCUT_MEAN, GCUT_WORST = 2.0, 0.0015, 0.005
PEER_SETS_MOST = 100
PEER_PIECES_MOST = 250  # of cutting-engine
MEMORY_AIM_MB = 400


def main() -> None:
    """Print gaps, seconds and peers of all jobs, the public instances, and the peak of memory."""
    began = time.process_time()
    if ready.compiled(600) is None:
        raise SystemExit("the engine could not be loaded")
    print(f"  loaded in {time.process_time() - began:.1f} s; load of the machine {os.getloadavg()[0]:.1f}")
    for number, seed in enumerate(SEEDS):
        for sets in (10, 100, 1000) if number == 0 else (10, 100):
            _jobs(f"seed {seed}", sets, jobs(sets, seed))
    for sets in (10, 100, 1000):
        _jobs("kerf 3.2, sizes of 0.5", sets, jobs(sets, SEEDS[0], kerf_mm=3.2, is_fine=True))
    _long(jobs(1000, SEEDS[0]))
    _gcut()
    _hurried()
    _again(jobs(1000, SEEDS[0]))
    print(f"  peak of memory {_peak_mb():.0f} MB (aim {MEMORY_AIM_MB}); load {os.getloadavg()[0]:.1f}")


def _jobs(name: str, sets: int, of: Any) -> None:
    print(f"  --- {name}, {sets} sets")
    whole = 0.0
    for material, data in of.items():
        instance = read_instance(data)
        plan, taken = _timed(instance, SECONDS.get(sets, BATCH_S[material]))
        whole += taken
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
    if sets not in SECONDS:
        print(
            f"  whole batch {whole:.1f} s{', MISSED' if whole > BATCH_AIM_S else ''} (aim {BATCH_AIM_S:.0f} s)"
        )


def _long(of: Any) -> None:
    print(f"  --- 1,000 sets, up to {LONG_S:.0f} s for a material")
    for material, aim in LONG_AIMS.items():
        plan, taken = _timed(read_instance(of[material]), LONG_S)
        gap = plan.gap_rate or 0
        print(
            f"  {material:<5} gap {gap:.2%} (aim {aim:.2%}{', MISSED' if gap > aim else ''}) {taken:.1f} s",
            flush=True,
        )


def _hurried() -> None:
    """Print how long so many parts take that the clock ends it."""
    rows = [
        {"id": f"p{i}", "length_mm": 300 + i % 1700 + 0.5, "width_mm": 60 + i % 900, "quantity": 100}
        for i in range(HURRIED_PARTS // 100)
    ]
    stock = [{"id": "S", "length_mm": 2440, "width_mm": 1220}]
    instance = read_instance({"kind": "sheet", "kerf_mm": 3.2, "stages": 3, "stock": stock, "parts": rows})
    began = time.process_time()
    plan = solve(instance, seconds=HURRIED_S, clock=time.process_time)
    taken = time.process_time() - began
    late = ", MISSED" if taken > HURRIED_S * OVERRUN or check(instance, plan) else ""
    print(f"  {HURRIED_PARTS:,} parts of {len(rows):,} sizes in {HURRIED_S:.0f} s: {taken:.1f} s{late}")


def _again(of: Any) -> None:
    """Print whether equal jobs have equal plans where effort ends them and not the clock."""
    for material in ("F9V", "F9R"):
        instance = read_instance(of[material])
        first, second = (solve(instance, seconds=600, clock=time.process_time) for _ in range(2))
        same = "the same plan twice" if first.layouts == second.layouts else "TWO PLANS DIFFER"
        print(f"  {material}, 1,000 sets to the end of the effort: {same}, {first.seconds} s", flush=True)


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
    is_there = importlib.util.find_spec("cutting_engine") is not None
    is_whole = instance.kerf_dmm % 10 == 0
    pieces = sum(part.quantity for part in instance.parts)
    if instance.kind is Kind.SHEET and pieces <= PEER_PIECES_MOST and is_whole and is_there:
        yield "cutting-engine", _cutting_engine(instance)


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


def _cutting_engine(instance: Instance) -> int:
    """Return the cheapest of its quick plans on each stock size alone."""
    peer = importlib.import_module("cutting_engine")
    parts = tuple(
        peer.Part(
            part.id,
            part.length_dmm // 10,
            part.width_dmm // 10,
            part.quantity,
            can_rotate=part.grain is Grain.NONE,
        )
        for part in instance.parts
    )
    settings = peer.CuttingSettings(
        kerf=instance.kerf_dmm // 10,
        trim=instance.trim.left_dmm // 10,
        optimization_level=peer.OptimizationLevel.FAST,
    )
    costs = []
    for stock in instance.stock:
        sheet = peer.Sheet(stock.length_dmm // 10, stock.width_dmm // 10)
        found = peer.optimize(peer.CuttingRequest(sheet=sheet, parts=parts, settings=settings))
        costs.append(len(found.sheets) * stock.cost)
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
