"""Reads of cutting: what waits to be cut, how plans stand, plans as pages, papers and labels show them."""

from mes.cutting.queries.plans import (
    SORTS,
    Part,
    PlanPage,
    SheetShown,
    board_lot_of_offcut,
    listed,
    plan_page,
    plans_of,
    profile_mm,
    prove,
    sheet_found,
    sheets,
    state_counts,
    used_rate,
)
from mes.cutting.queries.standing import (
    batch_progress,
    stale,
    unwanted_parts,
)
from mes.cutting.queries.waiting import (
    Remake,
    by_material,
    material_facts,
    pieces_facts,
    remakes,
    waiting_by_material,
    waiting_pieces,
)

__all__ = [
    "Part",
    "PlanPage",
    "Remake",
    "SORTS",
    "SheetShown",
    "batch_progress",
    "board_lot_of_offcut",
    "by_material",
    "listed",
    "material_facts",
    "pieces_facts",
    "plan_page",
    "plans_of",
    "profile_mm",
    "prove",
    "remakes",
    "sheet_found",
    "sheets",
    "stale",
    "state_counts",
    "unwanted_parts",
    "used_rate",
    "waiting_by_material",
    "waiting_pieces",
]
