"""Commands of production: each changes one thing and never commits. A refused scan is raised as Blocked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.codelists import queries as codelists
from core.errors import NotFound
from core.i18n import N_, Named
from erp.catalogue.rules.entries import Duty
from mes.cutting import service as cutting
from mes.production import queries
from mes.production.model import Scrap, WorkReport
from mes.production.queries import PieceAtStation
from mes.production.rules import CUT, Verdict, duty_of, judge, next_operation, size_text
from mes.scanning import service as scanning
from mes.scanning.rules import Accepted, Block, Blocked, Progress, Text, Where
from mes.splitting import service as splitting
from mes.splitting.rules import PieceState

REPORT = insert(cast(Table, WorkReport.__table__))  # made once: every reported operation runs it


def report(session: Session, code: str, *, where: Where | None, by: int, at: datetime) -> Accepted:
    """Report the operation that a piece is due for, at the station that does it.

    Locks the piece by its conditional update. Raises Blocked E21, E26, E22, E24, E28, E23, E27.
    """
    station = _station(where)
    piece = _piece(session, code, station)
    names = queries.operation_names(session, piece.door_version_id)
    due = next_operation(piece.standing.route, piece.standing.step_count)
    verdict = judge(piece.standing, station.operations, at=at)
    if verdict is not Verdict.DO or due is None:
        raise _refusal(session, piece, station, verdict, names)
    if piece.standing.step_count == 0:
        _refuse_open_parts(session, piece)
        if due == CUT:
            _refuse_unplanned(session, piece)
    after = PieceState.MADE if piece.standing.step_count + 1 == len(piece.standing.route) else PieceState.CUT
    if not splitting.advance(session, piece.id, piece.standing.step_count, after, at=at):
        raise _changed(piece)
    report = {"piece_id": piece.id, "operation_code": due, "pass_no": 1, "person_id": by}
    session.execute(REPORT, {**report, "station_id": station.station_id, "done_at": at})
    return _accepted(session, piece, due, names)


def _station(where: Where | None) -> Where:
    if where is None or not where.operations:
        raise Blocked(
            Block.E22,
            expected=Text(N_("A tablet at a station that does operations")),
            got=Text(N_("A device at no such station")),
            todo=Text(N_("Scan at the station, or have this device enrolled there.")),
        )
    return where


def _piece(session: Session, code: str, where: Where | None) -> PieceAtStation:
    """Return the piece of a label in force. Raises Blocked E21, E26, E24."""
    piece = queries.piece_at(session, code, where.station_id if where else None)
    if piece is None:
        raise scanning.unknown(session, code)
    if piece.standing.state in queries.GONE:
        gone = scanning.unknown(session, code)
        if gone.block is Block.E26:
            raise gone
        raise _closed(piece)
    return piece


def _refusal(
    session: Session, piece: PieceAtStation, station: Where, verdict: Verdict, names: dict[str, Named]
) -> Blocked:
    """Return why a station does not report a piece now."""
    if verdict is Verdict.CLOSED:
        return _closed(piece)
    if verdict is Verdict.DONE_BEFORE:
        return _done_before(piece, names)
    if verdict is Verdict.FINISHED:
        return _blocked(
            piece,
            Block.E22,
            expected=Text(N_("A piece for: %(station)s"), {"station": station.station_name}),
            got=Text(N_("%(piece)s, all operations done"), {"piece": piece.name}),
            todo=Text(N_("Take it to packing.")),
        )
    return _earlier_open(session, piece, station, names)


def _closed(piece: PieceAtStation) -> Blocked:
    return _blocked(
        piece,
        Block.E24,
        expected=Text(N_("A piece in work")),
        got=Text(N_("%(piece)s, %(state)s"), {"piece": piece.name, "state": piece.standing.state}),
        todo=Text(N_("Put it aside and call the team leader.")),
    )


def _done_before(piece: PieceAtStation, names: dict[str, Named]) -> Blocked:
    due = next_operation(piece.standing.route, piece.standing.step_count)
    todo = _next(due, names)
    return _blocked(
        piece,
        Block.E28,
        expected=todo,
        got=Text(N_("%(piece)s, already reported here"), {"piece": piece.name}),
        todo=todo,
    )


def _earlier_open(
    session: Session, piece: PieceAtStation, station: Where, names: dict[str, Named]
) -> Blocked:
    due = next_operation(piece.standing.route, piece.standing.step_count) or ""
    places = queries.stations_of(session).get(due, [])
    todo = (
        Text(N_("Take it to: %(station)s"), {"station": places[0]})
        if places
        else Text(N_("Put it aside and call the team leader."))
    )
    return _blocked(
        piece,
        Block.E23,
        expected=Text(N_("First: %(operation)s"), {"operation": names.get(due, Named(due))}),
        got=Text(N_("%(piece)s at: %(station)s"), {"piece": piece.name, "station": station.station_name}),
        todo=todo,
    )


def _refuse_open_parts(session: Session, piece: PieceAtStation) -> None:
    """Refuse the first operation while a part that is built in is not done. Raises Blocked E23."""
    part = queries.open_inside(session, piece.set_id, piece.rule_code)
    if part is None:
        return
    raise _blocked(
        piece,
        Block.E23,
        expected=Text(N_("First finish the part: %(part)s"), {"part": part}),
        got=Text(N_("%(piece)s of %(set)s"), {"piece": piece.name, "set": piece.set_number}),
        todo=Text(N_("Have the sheet or bar with this part cut and scanned.")),
    )


def _refuse_unplanned(session: Session, piece: PieceAtStation) -> None:
    """Refuse to cut what no batch was planned for, or its batch counts wrongly later. Raises Blocked E23."""
    batch = queries.awaits_plan(session, piece)
    if batch is None:
        return
    got = Text(N_("%(piece)s of %(order)s, in no batch"), {"piece": piece.name, "order": piece.order_number})
    todo = Text(N_("Put it aside: first the planner puts its order into a batch."))
    if batch:
        got = Text(N_("%(piece)s of batch %(batch)s, not planned"), {"piece": piece.name, "batch": batch})
        todo = Text(N_("Put it aside: first the planner has batch %(batch)s planned."), {"batch": batch})
    raise _blocked(piece, Block.E23, expected=Text(N_("A piece of a cut plan")), got=got, todo=todo)


def _changed(piece: PieceAtStation) -> Blocked:
    return _blocked(
        piece,
        Block.E27,
        expected=Text(N_("As it was a moment ago")),
        got=Text(N_("Changed by another meanwhile")),
        todo=Text(N_("Scan again.")),
    )


def _blocked(piece: PieceAtStation, block: Block, expected: Text, got: Text, todo: Text) -> Blocked:
    """Return a refusal that says which piece it is about."""
    return Blocked(
        block,
        expected=expected,
        got=got,
        todo=todo,
        object_type="piece",
        object_id=piece.id,
        context_id=piece.set_id,
        shown=shown(piece),
    )


def shown(piece: PieceAtStation) -> dict[str, Any]:
    """Return what a page shows of a piece."""
    return {
        "name": piece.name,
        "size": size_text(piece.length_mm, piece.width_mm, piece.part_count) + " ✎" * piece.is_by_hand,
        "order": piece.order_number,
        "set": piece.set_number,
        "room": piece.room,
        "picture": f"/mes/production/pieces/{piece.id}/picture",
    }


def _next(due: str | None, names: dict[str, Named]) -> Text:
    if due is None:
        return Text(N_("All operations done: to packing"))
    return Text(N_("Next: %(operation)s"), {"operation": names.get(due, Named(due))})


def _accepted(session: Session, piece: PieceAtStation, done: str, names: dict[str, Named]) -> Accepted:
    made_count, total_count = queries.set_progress(session, piece.set_id)
    after = next_operation(piece.standing.route, piece.standing.step_count + 1)
    return Accepted(
        Text(N_("%(operation)s done"), {"operation": names.get(done, Named(done))}),
        object_type="piece",
        object_id=piece.id,
        context_id=piece.set_id,
        progress=Progress(made_count, total_count),
        shown=shown(piece) | {"next": _next(after, names), "operation": done, "done_count": 1},
    )


def scrap(
    session: Session, code: str, defect_code: str | None, *, where: Where | None, by: int, at: datetime
) -> Accepted:
    """Scrap a piece: another one with a new label takes its place, first in the line to be cut.

    Raises Blocked E21, E26, E24, E22, E27.
    """
    piece = _piece(session, code, where)
    if judge(piece.standing, (), at=at) is Verdict.CLOSED:
        raise _packed(piece)
    defect = next((one for one in codelists.entries(session, "defect") if one.code == defect_code), None)
    if defect is None:
        raise _blocked(
            piece,
            Block.E22,
            expected=Text(N_("A reason out of the list")),
            got=Text("%(code)s", {"code": defect_code or "—"}),
            todo=Text(N_("Choose the reason, then scan the piece again.")),
        )
    new = splitting.replace(session, piece.id, defect.code, by=by, at=at)
    if new is None:
        raise _changed(piece)
    session.execute(
        insert(Scrap).values(
            piece_id=piece.id,
            new_piece_id=new.id,
            defect_code=defect.code,
            duty=duty_of(defect.group_code),
            note="",
            operation_code=next_operation(piece.standing.route, piece.standing.step_count),
            person_id=by,
            station_id=where and where.station_id,
            scrapped_at=at,
        )
    )
    facts = {"reason": Named(defect.name, defect.name_en), "code": new.code}
    return Accepted(
        Text(N_("Scrapped: %(reason)s. Remake %(code)s"), facts),
        object_type="piece",
        object_id=piece.id,
        context_id=piece.set_id,
        shown=shown(piece)
        | {
            "next": Text(N_("Throw the old label away; the remake is cut first")),
            "new_code": new.code,
            "new_piece_id": new.id,
        },
    )


def record_remake(
    session: Session, old_id: int, new_id: int, defect_code: str, note: str, *, by: int, at: datetime
) -> int:
    """Write down why the office has a piece made again, with the duty of its reason; return the scrap's id.

    Raises NotFound for a reason that is not in the list.
    """
    defect = next((one for one in codelists.entries(session, "defect") if one.code == defect_code), None)
    if defect is None:
        raise NotFound
    row = Scrap(
        piece_id=old_id,
        new_piece_id=new_id,
        defect_code=defect.code,
        duty=duty_of(defect.group_code),
        note=note,
        person_id=by,
        scrapped_at=at,
    )
    session.add(row)
    session.flush()  # for its id
    return row.id


def judge_duty(session: Session, scrap_id: int, duty: Duty, note: str, *, by: int, at: datetime) -> Scrap:
    """Say whose fault a scrap was, where its reason says otherwise. Locks the scrap. Raises NotFound."""
    row = session.get(Scrap, scrap_id, with_for_update=True)
    if row is None:
        raise NotFound
    if (row.duty, row.note) != (duty, note):
        changes = {"duty": [row.duty.value, duty.value], "note": [row.note, note]}
        row.duty, row.note = duty, note
        subject = "mes.production.scrap"
        audit.record(session, subject=subject, subject_id=row.id, verb="judge", by=by, at=at, changes=changes)
    return row


def _packed(piece: PieceAtStation) -> Blocked:
    return _blocked(
        piece,
        Block.E24,
        expected=Text(N_("A piece that is not packed")),
        got=Text(N_("%(piece)s, %(state)s"), {"piece": piece.name, "state": piece.standing.state}),
        todo=Text(N_("Have it taken out of its package first.")),
    )


@dataclass(frozen=True, slots=True)
class InHand:
    """What was scanned at the saw before: the sheet that an offcut is to be cut for, or the lot of boards."""

    sheet: str | None = None
    lot: str | None = None


NOTHING = InHand()


def report_cut(
    session: Session,
    code: str,
    in_hand: InHand = NOTHING,
    *,
    where: Where | None,
    by: int,
    at: datetime,
) -> Accepted:
    """Report one sheet or bar as cut: its pieces that lie on cut stock with all their parts are cut.

    An offcut is cut by its own label. The lot of boards in hand is written down with the sheet. Locks the sheet by
    its conditional update. Raises Blocked E21, E22, E23, E24, E28.
    """
    station = _station(where)
    if CUT not in station.operations:
        raise Blocked(
            Block.E22,
            expected=Text(N_("A piece for: %(station)s"), {"station": station.station_name}),
            got=Text(N_("The label of a sheet or bar")),
            todo=Text(N_("Scan it at the saw.")),
        )
    _check_offcut(session, code, in_hand.sheet)
    sheet = queries.sheet_by_code(session, code)
    if sheet is None:
        raise scanning.unknown(session, code)
    if not sheet.is_in_force:
        raise Blocked(
            Block.E24,
            expected=Text(N_("A sheet of a plan in force")),
            got=Text(N_("Sheet %(code)s of a replaced plan"), {"code": code}),
            todo=Text(N_("Put it aside and call the team leader.")),
            object_type="sheet",
            object_id=sheet.id,
        )
    lot_id = _lot_in_hand(session, sheet, in_hand.lot)
    if not cutting.mark_layout_cut(
        session, sheet.id, station_id=station.station_id, lot_id=lot_id, by=by, at=at
    ):
        raise Blocked(
            Block.E28,
            expected=Text(N_("A sheet that is not cut yet")),
            got=Text(N_("Sheet %(code)s, cut before"), {"code": code}),
            todo=Text(N_("Take the next sheet.")),
            object_type="sheet",
            object_id=sheet.id,
        )
    done_count = _cut_pieces(session, sheet.id, station.station_id, by=by, at=at)
    return Accepted(
        Text(N_("Sheet %(code)s is cut"), {"code": code}),
        object_type="sheet",
        object_id=sheet.id,
        context_id=sheet.plan_id,
        shown={
            "name": Text(N_("Sheet cut")),
            "size": Text(N_("Parts: %(count)s"), {"count": queries.part_count(session, sheet.id)}),
            "next": _next_sheet(session, sheet),
            "operation": CUT,
            "done_count": done_count,
        },
    )


def _next_sheet(session: Session, sheet: queries.Sheet) -> Text:
    """Return which sheet of the same plan comes next, and what it is cut from."""
    found = queries.next_sheet(session, sheet.plan_id)
    if found is None:
        return Text(N_("The whole plan is cut"))
    place = {"position": found.position, "total": found.total_count}
    return Text(
        N_("Next: %(position)s of %(total)s, label %(code)s, out of %(stock)s"),
        {**place, "code": found.code, "stock": found.stock},
    )


def _lot_in_hand(session: Session, sheet: queries.Sheet, code: str | None) -> int | None:
    """Return the lot that a sheet is cut from; none where none is in hand, or where it is cut from an offcut.

    Raises Blocked E22 for a lot of other boards.
    """
    if code is None or sheet.is_offcut:
        return None
    lot = queries.lot_by_code(session, code)
    if lot is not None and lot.article_id == sheet.article_id:
        return lot.id
    got = Text(N_("Lot %(code)s, not known"), {"code": code})
    if lot is not None:
        got = Text(N_("Lot %(code)s of %(article)s"), {"code": code, "article": lot.article_code})
    raise Blocked(
        Block.E22,
        expected=Text(N_("A board or bar of %(article)s"), {"article": sheet.article_code}),
        got=got,
        todo=Text(
            N_("Scan the label of the stack that the board comes from, or take the lot off the screen.")
        ),
        object_type="sheet",
        object_id=sheet.id,
    )


def _check_offcut(session: Session, code: str, wanted: str | None) -> None:
    """Refuse an offcut that is not the one to be cut; any other label passes. Raises Blocked E22, E23, E24, E28."""
    found = queries.offcut_at_saw(session, code, wanted)
    if found is None or found.block is None:
        return
    got = Text(N_("Offcut %(code)s: %(state)s"), {"code": code, "state": found.state})
    if found.plan:
        got = Text(N_("Offcut %(code)s of cut plan %(plan)s"), {"code": code, "plan": found.plan})
    expected, todo = Text(N_("A sheet, or an offcut that a plan takes")), found.todo
    if found.wanted is not None:
        todo = N_("Put it back and take what is expected.")
        expected = Text(N_("A whole sheet or bar"))
    if found.wanted:
        expected = Text(N_("Offcut %(code)s"), {"code": found.wanted})
    raise Blocked(
        found.block,
        expected=expected,
        got=got,
        todo=Text(todo),
        object_type="offcut",
        object_id=found.id,
    )


def _cut_pieces(session: Session, sheet_id: int, station_id: int, *, by: int, at: datetime) -> int:
    """Report the cutting of what lies on a sheet: of every piece that lies on no sheet still to be cut.

    Returns how many of them have a label.
    """
    found = queries.pieces_on(session, sheet_id)
    splitting.mark_cut(session, [key for key, is_tracked in found if not is_tracked], at=at)
    labelled = [
        key
        for key, is_tracked in found
        if is_tracked and splitting.advance(session, key, 0, PieceState.CUT, at=at)
    ]
    _report_cut(session, labelled, station_id, by=by, at=at)
    return len(labelled)


def _report_cut(
    session: Session, piece_ids: Sequence[int], station_id: int, *, by: int, at: datetime
) -> None:
    if not piece_ids:
        return
    session.execute(
        insert(WorkReport),
        [
            {
                "piece_id": key,
                "operation_code": CUT,
                "pass_no": 1,
                "person_id": by,
                "station_id": station_id,
                "done_at": at,
            }
            for key in piece_ids
        ],
    )
