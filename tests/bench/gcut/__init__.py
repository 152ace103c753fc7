"""gcut1d–6d as cutting instances (README.md says whose they are), with the best known cost and the proved bound."""

from __future__ import annotations

import csv
from pathlib import Path

from mes.nesting.rules.instance import Instance, read_instance

FOLDER = Path(__file__).parent
KNOWN = {  # by number and whether parts may turn: the best known cost, the published bound
    (1, False): (14871875, 14823125),
    (1, True): (13839375, 13828125),
    (2, False): (16755000, 16741250),
    (2, True): (15443125, 15432500),
    (3, False): (20177500, 20150000),
    (3, True): (19343750, 19311250),
    (4, False): (46527500, 46523750),
    (4, True): (44773125, 44767500),
    (5, False): (41697500, 41667500),
    (5, True): (40095000, 40087500),
    (6, False): (77637500, 77622500),
    (6, True): (70862500, 70840000),
}


def gcut(number: int, may_turn: bool) -> Instance:
    """Return one of them; its first cuts run along the length, as in the published figures."""
    return read_instance(
        {
            "kind": "sheet",
            "kerf_mm": 0,
            "stages": 2,
            "first_cut": "length",
            "stock": [
                {
                    "id": f"S{row['ID']}",
                    "length_mm": int(row["WIDTH"]),
                    "width_mm": int(row["HEIGHT"]),
                    "cost": int(row["COST"]),
                    "grain": "length",
                }
                for row in _rows(f"gcut{number}d_bins.csv")
            ],
            "parts": [
                {
                    "id": f"p{row['ID']}",
                    "length_mm": int(row["WIDTH"]),
                    "width_mm": int(row["HEIGHT"]),
                    "quantity": int(row["COPIES"]),
                    "grain": "none" if may_turn else "length",
                }
                for row in _rows(f"gcut{number}d_items.csv")
            ],
        }
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
