"""Cutting jobs as a door maker has them, made from a seed: what 10, 100 or 1,000 door sets need.

60 % of the sets come from projects (a few standard sizes), 25 % are measured on site in steps of 5 mm,
15 % are single doors in steps of 1 mm (or of 0.5 mm, with `is_fine`). A set needs skins and rebate strips of
9 mm board (F9), frame sides and head of 18 mm (B18), lock blocks, rail and packer of 12 mm (R12), and bars for
architraves (ARCH) and skeleton (SKEL). V is veneered, with grain; R is raw and may turn.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

WIDTHS = (700, 750, 800, 850, 900, 950, 1000)
HEIGHTS = (2000, 2040, 2050, 2100, 2150, 2200, 2300, 2400)
WALLS = (100, 115, 125, 140, 150, 180, 200, 225, 250, 300)
RANGES = ((700, 1000), (2000, 2400), (100, 300))  # of what is measured
BARS = {"ARCH": (2440, 2750), "SKEL": (2440, 4000)}
SHEETS = {
    "F9": ((2440, 1220), (2800, 1220), (2800, 2070)),
    "B18": ((2440, 1220), (2800, 1220)),
    "R12": ((2440, 1220), (2800, 1220)),
}
TRIM_MM = {"left": 10, "right": 10, "bottom": 10, "top": 10}

Opening = tuple[float, float, float, bool]  # width, height, wall, veneered


def jobs(sets: int, seed: int, *, kerf_mm: float = 4, is_fine: bool = False) -> Mapping[str, Any]:
    """Return the cutting instances of so many door sets, as JSON data by name of the material."""
    wanted: dict[str, Counter[tuple[float, float]]] = defaultdict(Counter)
    for opening in _openings(sets, Random(seed), 0.5 if is_fine else 1):  # noqa: S311  cases, not secrets
        for material, length, width, count in _parts(*opening):
            wanted[material][length, width] += count
    return {material: _instance(material, wanted[material], kerf_mm) for material in sorted(wanted)}


def _openings(sets: int, rng: Random, step: float) -> list[Opening]:
    found: list[Opening] = []
    while len(found) < sets:
        lot, most = rng.random(), sets - len(found)
        if lot < 0.60:
            count = min(most, rng.randint(4, 30))
            found += _project(rng, count)
        elif lot < 0.85:
            found += [_measured(rng, 5) for _ in range(min(most, rng.randint(1, 8)))]
        else:
            found.append(_measured(rng, step))
    return found


def _project(rng: Random, count: int) -> list[Opening]:
    """Return doors of one height and finish in up to four types of width and wall."""
    types = []
    for _ in range(rng.randint(1, 4)):
        width = rng.choice(WIDTHS)
        rng.choice(HEIGHTS[:5] if rng.random() < 0.8 else HEIGHTS)  # drawn, though the project has one height
        types.append((width, rng.choice(WALLS)))
        rng.random()
    is_veneered, height = rng.random() < 0.6, rng.choice(HEIGHTS)
    return [(width, height, wall, is_veneered) for width, wall in (rng.choice(types) for _ in range(count))]


def _measured(rng: Random, step: float) -> Opening:
    sizes = [low + step * rng.randrange(int((high - low) / step) + 1) for low, high in RANGES]
    return sizes[0], sizes[1], sizes[2], rng.random() < 0.6


def _parts(
    width: float, height: float, wall: float, is_veneered: bool
) -> Iterator[tuple[str, float, float, int]]:
    """Yield material, length, width (0: a bar) and count of what one set needs."""
    leaf, high = width - 72, height - 46  # frame of 32 on both sides, gaps
    face = "V" if is_veneered else "R"
    yield f"F9{face}", high + 6, leaf + 6, 2
    yield f"F9{face}", height - 20, 45, 2
    yield f"F9{face}", width - 24, 45, 1
    yield f"B18{face}", height - 10, wall, 2
    yield f"B18{face}", width, wall, 1
    yield "R12", 380, 110, 2
    yield "R12", leaf - 80, 140, 1
    yield "R12", high - 300, wall - 40, 1
    yield "ARCH", height + 70, 0, 4
    yield "ARCH", width + 140, 0, 2
    yield "SKEL", high, 0, 2
    yield "SKEL", leaf - 90, 0, 3


def _instance(material: str, wanted: Counter[tuple[float, float]], kerf_mm: float) -> dict[str, Any]:
    rows = enumerate(sorted(wanted.items(), reverse=True))
    if material in BARS:
        return {
            "kind": "bar",
            "kerf_mm": kerf_mm,
            "trim_mm": {"start": kerf_mm},  # the first cut squares one end
            "stock": [{"id": f"S{length}", "length_mm": length, "cost": length} for length in BARS[material]],
            "parts": [{"id": f"p{i}", "length_mm": size[0], "quantity": n} for i, (size, n) in rows],
        }
    return {
        "kind": "sheet",
        "kerf_mm": kerf_mm,
        "trim_mm": TRIM_MM,
        "stages": 3,
        "min_offcut_mm": {"length": 600, "width": 300},
        "stock": [
            {
                "id": f"S{length}x{width}",
                "length_mm": length,
                "width_mm": width,
                "cost": length * width,
                "grain": "length",
            }
            for length, width in SHEETS[material.rstrip("VR") if material != "R12" else material]
        ],
        "parts": [
            {
                "id": f"p{i}",
                "length_mm": size[0],
                "width_mm": size[1],
                "quantity": n,
                "grain": "length" if material.endswith("V") else "none",
            }
            for i, (size, n) in rows
        ],
    }
