"""Reads of changes by hand: those in force, and one set of a line as its page shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.errors import AppError, NotFound
from core.i18n import Named
from erp.catalogue import queries as catalogue
from erp.catalogue.model import Door
from erp.catalogue.rules.by_hand import (
    Edit,
    EditKind,
    SetUnknown,
    by_hand,
    faults,
    is_stale,
    needs,
    of_set,
    outline,
    set_sha256,
)
from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.explode import attempt
from erp.catalogue.rules.explosion import Explosion, PieceSpec, RequirementSpec
from erp.materials import queries as materials
from erp.materials.model import Material
from erp.sales.model import HandEdit, Line, Order
from erp.sales.queries.orders import entry


def edit_of(row: HandEdit) -> Edit:
    """Return a change by hand as the rules take it."""
    name = Named(row.name, row.name_en)
    return Edit(row.id, row.set_position, row.kind, row.code, row.base, row.values, name)


def in_force(session: Session, line_ids: Iterable[int]) -> dict[int, tuple[Edit, ...]]:
    """Return the changes by hand of some lines, by line; lines without any are not in it."""
    rows = session.scalars(
        select(HandEdit)
        .where(HandEdit.line_id.in_(list(line_ids)), HandEdit.dropped_at.is_(None))
        .order_by(HandEdit.id)
    )
    found: defaultdict[int, list[Edit]] = defaultdict(list)
    for row in rows:
        found[row.line_id].append(edit_of(row))
    return {line_id: tuple(edits) for line_id, edits in found.items()}


def lost_sets(edits: Iterable[Edit], set_count: int) -> list[SetUnknown]:
    """Return a refusal for every edit of a set that a line of `set_count` sets does not have."""
    return [
        SetUnknown(piece=edit.name, set=edit.set_position, count=set_count)
        for edit in edits
        if edit.set_position > set_count
    ]


def counts(session: Session, order_id: int) -> dict[int, int]:
    """Return how many changes by hand are in force on each line of an order that has any."""
    rows = session.execute(
        select(HandEdit.line_id, func.count())
        .join(Line, Line.id == HandEdit.line_id)
        .where(Line.order_id == order_id, HandEdit.dropped_at.is_(None))
        .group_by(HandEdit.line_id)
    )
    return {line_id: count for line_id, count in rows}  # noqa: C416  (typed)


@dataclass(frozen=True, slots=True)
class EditShown:
    """One change by hand with who made it, in few words."""

    id: int
    set_position: int
    kind: EditKind
    code: str
    name: Named
    was: str
    now: str
    reason: str
    who: str
    at: datetime


def frozen_in(session: Session, line_id: int, position: int, at: datetime) -> list[EditShown]:
    """Return the changes by hand that were in force on one set of a line when it was frozen, oldest first."""
    shown = _all_shown(session, line_id)
    was = [
        edit_of(row)
        for row, _ in shown
        if row.made_at <= at and (row.dropped_at is None or row.dropped_at > at)
    ]
    own = {edit.id for edit in of_set(was, position)}
    return [one for _, one in shown if one.id in own]


def marked(session: Session, order_id: int) -> dict[int, frozenset[int]]:
    """Return which sets of an order's lines are changed by hand, by line; ALL_SETS among them means every one."""
    rows = session.execute(
        select(HandEdit.line_id, HandEdit.set_position)
        .join(Line, Line.id == HandEdit.line_id)
        .where(Line.order_id == order_id, HandEdit.dropped_at.is_(None))
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for line_id, position in rows:
        found[line_id].add(position)
    return {line_id: frozenset(positions) for line_id, positions in found.items()}


def _all_shown(session: Session, line_id: int) -> list[tuple[HandEdit, EditShown]]:
    """Return the changes by hand of a line, oldest first, the dropped ones too."""
    rows = session.execute(
        select(HandEdit, Person.name)
        .join(Person, Person.id == HandEdit.made_by_id)
        .where(HandEdit.line_id == line_id)
        .order_by(HandEdit.id)
    )
    return [(row, _shown(row, who)) for row, who in rows]


def _shown(row: HandEdit, who: str) -> EditShown:
    was = "" if row.kind is EditKind.ADD else outline(row.base)
    now = "" if row.kind is EditKind.LEAVE_OUT else outline({**row.base, **row.values})
    name = Named(row.name, row.name_en)
    return EditShown(
        row.id, row.set_position, row.kind, row.code, name, was, now, row.reason, who, row.made_at
    )


@dataclass(frozen=True, slots=True)
class PieceRow:
    """One piece or requirement: as the rules make it, as it is made, and the change by hand between them."""

    code: str  # of an edit
    made: PieceSpec | RequirementSpec  # by the rules; of an added piece by the hand
    now: PieceSpec | RequirementSpec | None  # nothing where it is left out
    edit: Edit | None


@dataclass(frozen=True, slots=True)
class SetPage:
    """One set of a line before its release, or all its equal sets, with everything its page shows."""

    order: Order
    line: Line
    door: Door
    position: int
    document: ModelDocument
    explosion: Explosion | None  # by the rules
    pieces: tuple[PieceRow, ...]
    requirements: tuple[PieceRow, ...]
    edits: tuple[EditShown, ...]  # of the whole line, in force
    stale_ids: frozenset[int]
    refusals: tuple[AppError, ...]
    materials: Sequence[Material]

    @property
    def seen_sha256(self) -> str:
        """The fingerprint of what the rules make of the set; nothing where they make none."""
        return "" if self.explosion is None else set_sha256(self.explosion)


def line_of(session: Session, line_id: int, position: int) -> Line:
    """Return a line that has such a set. Raises NotFound."""
    line = session.get(Line, line_id)
    if line is None or not 0 <= position <= line.set_count:
        raise NotFound
    return line


def set_page(session: Session, line_id: int, position: int) -> SetPage:
    """Return one set of a line, or with ALL_SETS what all its sets have in common. Raises NotFound."""
    line = line_of(session, line_id, position)
    door = catalogue.door(session, line.door_id)
    document = catalogue.document(catalogue.current_version(session, line.door_id))
    stock = materials.stock_lengths(session)
    made, refusals = attempt(document, entry(line, door.code).spec, stock)
    edits = in_force(session, [line_id]).get(line_id, ())
    own = of_set(edits, position)
    stale = frozenset(edit.id for edit in edits if made is None or is_stale(made, edit))
    stale |= {edit.id for edit in edits if edit.set_position > line.set_count}
    if made is not None and not refusals:
        refusals = (*lost_sets(edits, line.set_count), *faults(made, own, stock, materials.kinds(session)))
    return SetPage(
        order=session.get_one(Order, line.order_id),
        line=line,
        door=door,
        position=position,
        document=document,
        explosion=made,
        pieces=() if made is None else _piece_rows(made, own, stale),
        requirements=() if made is None else _need_rows(made, own, stale),
        edits=tuple(one for row, one in _all_shown(session, line_id) if row.dropped_at is None),
        stale_ids=stale,
        refusals=refusals,
        materials=materials.active(session),
    )


def _piece_rows(made: Explosion, own: Sequence[Edit], stale: frozenset[int]) -> tuple[PieceRow, ...]:
    now = {one.code: one for one in by_hand(made, [edit for edit in own if edit.id not in stale]).pieces}
    edits = {edit.code: edit for edit in own}
    rows = [PieceRow(one.code, one, now.get(one.code), edits.get(one.code)) for one in made.pieces]
    known = {one.code for one in made.pieces}
    rows += [PieceRow(code, one, one, edits.get(code)) for code, one in now.items() if code not in known]
    return tuple(rows)


def _need_rows(made: Explosion, own: Sequence[Edit], stale: frozenset[int]) -> tuple[PieceRow, ...]:
    after = {edit.code: edit for edit in own}
    rows = []
    for code, one in needs(made).items():
        edit = after.get(code)
        alone = () if edit is None or edit.id in stale else (edit,)
        now = needs(by_hand(made, alone)).get(code) if alone else one
        rows.append(PieceRow(code, one, now, edit))
    return tuple(rows)
