"""Rows of door sets, their pieces and requirements, as a release and a change write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from core.codes import Letter
from core.db import Bulk
from core.numbers.service import next_codes
from mes.splitting.model import DoorSet, Piece, ReleasedLine, Requirement
from mes.splitting.rules import (
    EVALUATOR,
    CutMethod,
    FrozenLine,
    FrozenOrder,
    FrozenSet,
    PieceState,
)

NET_STEP = Decimal("0.001")  # stock counts no finer


OneSet = tuple[FrozenLine, int, FrozenSet]  # as FrozenOrder.sets() gives it


# the bare tables: an insert into the mapped classes would be cut up by which values are empty, and a
# scan's statement that is made once, on bare tables, costs a quarter
SETS, PIECES, REQUIREMENTS, RELEASED_LINES = (
    cast(Table, kind.__table__) for kind in (DoorSet, Piece, Requirement, ReleasedLine)
)


PIECE_COLUMNS, REQUIREMENT_COLUMNS = (
    tuple(column.name for column in table.c if column.name != "id") for table in (PIECES, REQUIREMENTS)
)


class Writer:
    """Writes sets of an order with their pieces and requirements; what equal sets share is bound once."""

    def __init__(
        self, order: FrozenOrder, material_ids: Mapping[str, int], state: PieceState, at: datetime
    ) -> None:
        self.order, self.material_ids, self.state, self.at = order, material_ids, state, at
        self.frozen: dict[tuple[int, int], dict[str, Any]] = {}
        self.bound: dict[tuple[str, int], list[dict[str, Any]]] = {}

    def write(self, session: Session, some: Sequence[OneSet]) -> list[int]:
        """Insert some sets with all that is of them; return their ids in the same order."""
        set_ids = self._insert_sets(session, some)
        self._insert_pieces(session, some, set_ids)
        self._insert_requirements(session, some, set_ids)
        return set_ids

    def _insert_sets(self, session: Session, some: Sequence[OneSet]) -> list[int]:
        labels = next_codes(session, Letter.DOOR_SET, len(some))
        rows = [
            {
                "code": label,
                "number": f"{self.order.number}-{line.position}-{position}",
                "order_id": self.order.order_id,
                "position": position,
                "frozen_at": self.at,
                "voided_at": self.at if self.state is PieceState.VOID else None,
                **self._set(line, one),
            }
            for label, (line, position, one) in zip(labels, some, strict=True)
        ]
        made = insert(SETS).returning(SETS.c.id, sort_by_parameter_order=True)
        return list(session.scalars(made, rows))

    def _set(self, line: FrozenLine, one: FrozenSet) -> dict[str, Any]:
        key = (line.line_id, id(one))
        if key not in self.frozen:
            self.frozen[key] = set_values(line, one)
        return self.frozen[key]

    def _insert_pieces(self, session: Session, some: Sequence[OneSet], set_ids: Sequence[int]) -> None:
        bulk = Bulk(session.connection(), PIECES, PIECE_COLUMNS)
        pieces = [
            {**piece, "set_id": set_id}
            for set_id, (*_, one) in zip(set_ids, some, strict=True)
            for piece in self._bound("piece", bulk, one)
        ]
        labels = iter(next_codes(session, Letter.PIECE, sum(piece["is_tracked"] for piece in pieces)))
        bulk.insert([{**piece, "code": next(labels) if piece["is_tracked"] else None} for piece in pieces])

    def _insert_requirements(self, session: Session, some: Sequence[OneSet], set_ids: Sequence[int]) -> None:
        bulk = Bulk(session.connection(), REQUIREMENTS, REQUIREMENT_COLUMNS)
        bulk.insert(
            [
                {**wanted, "set_id": set_id}
                for set_id, (*_, one) in zip(set_ids, some, strict=True)
                for wanted in self._bound("requirement", bulk, one)
            ]
        )

    def _bound(self, what: str, bulk: Bulk, one: FrozenSet) -> list[dict[str, Any]]:
        """Return the rows of one set as the driver wants them, but for the set and the labels."""
        key = (what, id(one.explosion))
        if key not in self.bound:
            rows = (
                piece_rows(one, self.order.order_id, self.material_ids, self.state, self.at)
                if what == "piece"
                else requirement_rows(one, self.material_ids)
            )
            self.bound[key] = [bulk.bind(row) for row in rows]
        return self.bound[key]


def set_values(line: FrozenLine, one: FrozenSet) -> dict[str, Any]:
    """Return what equal sets of a line have in common."""
    explosion = one.explosion
    return {
        "line_id": line.line_id,
        "room": line.room,
        "door_version_id": line.door_version_id,
        "parameters_sha256": one.parameters_sha256,
        "evaluator": EVALUATOR,
        "results": {name: str(value) for name, value in explosion.results.items()},
        "drawing": explosion.drawing.to_dict(),
        "packages": [
            {
                "kind": package.kind,
                "index": package.index,
                "name": package.name,
                "name_en": package.name_en,
                "pieces": list(package.piece_codes),
                "kg": None if package.kg is None else str(package.kg),
                "kit": package.kit.value,
                "tolerance_kg": str(package.tolerance_kg),
            }
            for package in explosion.packages
        ],
    }


def piece_rows(
    one: FrozenSet, order_id: int, by_code: Mapping[str, int], state: PieceState, at: datetime
) -> list[dict[str, Any]]:
    """Return the pieces of one set, but for their set and label."""
    return [
        {
            "order_id": order_id,
            "rule_code": piece.code,
            "name": piece.name,
            "name_en": piece.name_en,
            "part_group": piece.group.value,
            "material_id": by_code[piece.material_code] if piece.material_code else None,
            "thickness_mm": piece.thickness_mm,
            "length_mm": piece.length_mm,
            "width_mm": piece.width_mm,
            "cut_length_mm": piece.cut_length_mm,
            "cut_width_mm": piece.cut_width_mm,
            "cut_method": CutMethod(piece.cut.value),
            "grain": piece.grain,
            "part_count": piece.count,
            "is_tracked": piece.is_tracked,
            "edges": piece.edges,
            "mitre": piece.mitre,
            "machining": piece.machining,
            "drawn_as": piece.drawn_as,
            "joins": piece.joins or None,
            "mirror_code": piece.is_mirror_of or None,
            "package_kind": piece.package or None,
            "package_index": piece.package_index if piece.package else None,
            "route": list(piece.route),
            "hand_edit_id": piece.hand_edit_id,
            "step_count": 0,
            "state": state,
            "is_urgent": False,
            "remake_of_id": None,
            "changed_at": at,
        }
        for piece in one.explosion.pieces
    ]


def requirement_rows(one: FrozenSet, by_code: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what one set needs beside its pieces, but for its set."""
    return [
        {
            "rule_code": wanted.rule_code,
            "material_id": by_code[wanted.material_code],
            "needed_qty": wanted.quantity,
            "joins": wanted.joins or None,
            "hand_edit_id": wanted.hand_edit_id,
        }
        for wanted in one.explosion.requirements
    ]
