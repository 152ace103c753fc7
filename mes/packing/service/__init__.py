"""Commands of packing: each changes one thing and never commits.

Lock order: the package, then its contents, then the piece and the order's counts. Adding takes the
package's row for sharing, so that two packers fill one package at once; opening, sealing and opening
again take it alone. A refusal is raised as Blocked. A release locks its order first, and may: an order that
is not released has no package that anybody could hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core import codes
from core.audit import service as audit
from core.db import Bulk
from core.errors import NotFound
from core.numbers import service as numbers
from erp.catalogue.rules.document import KitCheck
from erp.catalogue.rules.sharing import is_shared
from erp.sales import service as sales
from mes.packing import queries
from mes.packing.model import Content, Package
from mes.packing.rules import (
    FINISHED,
    VOIDABLE,
    Box,
    BoxFixed,
    BoxGone,
    BoxWork,
    NothingToReprint,
    PackageState,
    TouchedBox,
    judge_add,
    judge_held,
    judge_kit,
    judge_look,
    judge_open,
    judge_remove,
    judge_reopen,
    judge_seal,
    label_of,
    lost,
)
from mes.packing.rules import Piece as PieceFacts
from mes.planning import service as planning
from mes.scanning import service as scanning
from mes.scanning.rules import Block, Blocked
from mes.splitting import service as splitting
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import LIVE

SUBJECT = "mes.packing.package"
SIGNABLE = (Block.E01, Block.E08)  # what a team leader may let go with a reason
CONTENTS = cast(Table, Content.__table__)  # bare, and the statement made once: every packed piece runs it
PACKAGES = cast(Table, Package.__table__)
Key = tuple[int | None, str, int]  # a package by its set, kind and number; what is shared has no set
ROOMS_SHOWN = 4  # on a shared package; further ones are counted
MOVE_ON = (
    update(PACKAGES)
    .where(
        PACKAGES.c.id.in_(bindparam("packages", expanding=True)),
        PACKAGES.c.state.in_(bindparam("before", expanding=True)),
    )
    .values(state=bindparam("after"), place_id=bindparam("lies_at"))
)
CONTENT_COLUMNS = tuple(column.name for column in CONTENTS.c if column.name != "id")
PUT_IN = (
    update(CONTENTS)
    .where(
        CONTENTS.c.piece_id == bindparam("piece"),
        CONTENTS.c.package_id == bindparam("package"),
        CONTENTS.c.packed_at.is_(None),
    )
    .values(packed_at=bindparam("at"), packed_by_id=bindparam("by"))
    .returning(CONTENTS.c.id)
)


def plan(
    session: Session, order_id: int, set_ids: Sequence[int], before_count: int, total_count: int
) -> None:
    """Plan the packages of some sets of an order that is being released, with their contents: i of N.

    Sets in their order, packages in the order of the model's rules; `before_count` packages come before them. N,
    `total_count`, stays as it is printed. They are void until `put_in_force`.
    """
    planned = [(key, spec) for key, spec in _frozen_packages(session, set_ids) if key[0] is not None]
    if planned:
        places = _insert_packages(session, order_id, planned, before_count, total_count, PackageState.VOID)
        _plan_contents(session, Piece.set_id.in_(set_ids), places)


def plan_shared(session: Session, order_id: int, total_count: int) -> None:
    """Plan the packages that the sets of an order share, with their contents, as the last ones of the order."""
    sets = session.scalars(select(DoorSet.id).where(DoorSet.order_id == order_id)).all()
    planned = _merged(one for one in _frozen_packages(session, sets) if one[0][0] is None)
    before = total_count - len(planned)
    places = _insert_packages(session, order_id, planned, before, total_count, PackageState.PLANNED)
    _plan_contents(session, Piece.order_id == order_id, places)
    _name_rooms(session, order_id)


def _merged(specs: Iterable[tuple[Key, dict[str, Any]]]) -> list[tuple[Key, dict[str, Any]]]:
    """Return each package once, sets' own first, then shared ones by kind and number; they weigh what sets put in."""
    found: dict[Key, dict[str, Any]] = {}
    for key, spec in specs:
        kg = [Decimal(one["kg"]) for one in (found.get(key), spec) if one and one.get("kg")]
        found[key] = spec | {"kg": str(sum(kg, Decimal(0))) if kg else None}
    kinds = list(dict.fromkeys(kind for _, kind, _ in found))
    own = [one for one in found.items() if one[0][0] is not None]
    shared = [one for one in found.items() if one[0][0] is None]
    return own + sorted(shared, key=lambda one: (kinds.index(one[0][1]), one[0][2]))


def _name_rooms(session: Session, order_id: int) -> None:
    """Write the rooms onto the shared packages of an order: what stands there in place of one room."""
    rows = session.execute(
        select(CONTENTS.c.package_id, DoorSet.room, DoorSet.number)
        .join(Piece, Piece.id == CONTENTS.c.piece_id)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(PACKAGES, PACKAGES.c.id == CONTENTS.c.package_id)
        .where(PACKAGES.c.order_id == order_id, PACKAGES.c.set_id.is_(None))
        .order_by(DoorSet.id)
    )
    rooms: dict[int, dict[str, None]] = {}
    for package_id, room, number in rows:
        rooms.setdefault(package_id, {})[room or number] = None
    for package_id, names in rooms.items():
        more = f" +{len(names) - ROOMS_SHOWN}" if len(names) > ROOMS_SHOWN else ""
        text = "、".join(list(names)[:ROOMS_SHOWN]) + more
        session.execute(update(PACKAGES).where(PACKAGES.c.id == package_id).values(rooms=text))


def put_in_force(session: Session, order_id: int) -> None:
    """Let all packages of an order that was released this moment be packed."""
    session.execute(
        update(PACKAGES).where(PACKAGES.c.order_id == order_id).values(state=PackageState.PLANNED)
    )


def drop(session: Session, set_ids: Sequence[int]) -> None:
    """Remove the packages of sets that were never released."""
    theirs = select(PACKAGES.c.id).where(PACKAGES.c.set_id.in_(set_ids))
    session.execute(delete(CONTENTS).where(CONTENTS.c.package_id.in_(theirs)))
    session.execute(delete(PACKAGES).where(PACKAGES.c.set_id.in_(set_ids)))


def _frozen_packages(session: Session, set_ids: Collection[int]) -> list[tuple[Key, dict[str, Any]]]:
    """Return the packages of some sets as their models have them, set by set; shared ones as often as sets do."""
    rows = session.execute(
        select(DoorSet.id, DoorSet.packages).where(DoorSet.id.in_(set_ids)).order_by(DoorSet.id)
    )
    return [(_key(set_id, spec["kind"], spec["index"]), spec) for set_id, specs in rows for spec in specs]


def _key(set_id: int, kind: str | None, index: int | None) -> Key:
    """Return which package a piece of a set goes into."""
    return (None if is_shared(index or 0) else set_id, kind or "", index or 0)


def _insert_packages(
    session: Session,
    order_id: int,
    planned: Sequence[tuple[Key, dict[str, Any]]],
    after: int,
    total_count: int,
    state: PackageState,
) -> dict[Key, int]:
    """Plan packages, each as the model of its set has it, numbered on from `after`; return their ids."""
    labels = numbers.next_codes(session, codes.Letter.PACKAGE, len(planned))
    rows = [
        {
            "code": code,
            "order_id": order_id,
            "set_id": set_id,
            "shared_index": index if set_id is None else None,
            "rooms": "",
            "kind": spec["kind"],
            "name": spec["name"],
            "name_en": spec["name_en"],
            "position": position,
            "total_count": total_count,
            "state": state,
            "label_count": 0,
            "planned_kg": Decimal(spec["kg"]) if spec.get("kg") else None,
            "kit_check": KitCheck(spec.get("kit", KitCheck.CODE)),
            "tolerance_kg": Decimal(spec.get("tolerance_kg", 0)),
        }
        for position, (code, ((set_id, _kind, index), spec)) in enumerate(
            zip(labels, planned, strict=True), start=after + 1
        )
    ]
    ids = session.scalars(insert(PACKAGES).returning(PACKAGES.c.id, sort_by_parameter_order=True), rows).all()
    return {key: package_id for package_id, (key, _spec) in zip(ids, planned, strict=True)}


def _plan_contents(session: Session, whose: ColumnElement[bool], places: dict[Key, int]) -> None:
    """Have the labelled pieces that go into some packages wait in them."""
    pieces = session.execute(
        select(Piece.id, Piece.set_id, Piece.package_kind, Piece.package_index)
        .where(whose, Piece.is_tracked, Piece.package_kind.is_not(None))
        .order_by(Piece.id)
    )
    keys = ((piece_id, _key(set_id, kind, index)) for piece_id, set_id, kind, index in pieces)
    contents = [{"package_id": places[key], "piece_id": piece_id} for piece_id, key in keys if key in places]
    empty = {"packed_at": None, "packed_by_id": None}
    Bulk(session.connection(), CONTENTS, CONTENT_COLUMNS).insert([{**one, **empty} for one in contents])


def open_package(session: Session, package_id: int, *, by: int, at: datetime) -> Box:
    """Begin to pack a package, or go on with it. Locks the package. Raises Blocked E24."""
    box = _box(session, package_id)
    _raise(judge_open(box))
    if box.state is PackageState.OPEN:
        return box
    return _step(session, box, PackageState.OPEN, opened_at=at, opened_by_id=by)


def hold(session: Session, code: str) -> Box | None:
    """Lock the package whose label in force carries `code` for sharing, and return it as it stands."""
    return queries.box_shared(session, code)


def hold_open(session: Session, package_id: int) -> Box:
    """Lock an open package and return it. Raises Blocked E24."""
    box = _box(session, package_id)
    _raise(judge_held(box))
    return box


def add_piece(session: Session, box: Box, piece: PieceFacts, *, by: int, at: datetime) -> Box:
    """Put a piece into a package that `hold` gave, if it is open, and return how it stands.

    Locks the content. Raises Blocked E24, E06, E28, E03, E05, E02, E07, E23; E27 when another scan was
    quicker with something else.
    """
    _raise(judge_add(box, piece))
    put = {"piece": piece.piece_id, "package": box.package_id, "at": at, "by": by}
    won = session.scalar(PUT_IN, put)
    if won is None or not splitting.mark_packed(session, piece.piece_id, at=at):
        raise _lost_piece(session, box, piece)
    return _with(box, piece, is_packed=True)


def _lost_piece(session: Session, box: Box, piece: PieceFacts) -> Blocked:
    """Judge again what another scan changed between the reading and the writing."""
    now = queries.piece_by_id(session, piece.piece_id)
    refusal = None if now is None else judge_add(box, now)
    return refusal or lost(box)


def remove_piece(session: Session, package_id: int, piece: PieceFacts, *, at: datetime) -> Box:
    """Take a piece out of an open package. Locks the package. Raises Blocked E24, E06, E02, E27."""
    box = _box(session, package_id)
    _raise(judge_remove(box, piece))
    won = session.scalar(
        update(Content)
        .where(
            Content.piece_id == piece.piece_id,
            Content.package_id == package_id,
            Content.packed_at.is_not(None),
        )
        .values(packed_at=None, packed_by_id=None)
        .returning(Content.id)
        .execution_options(synchronize_session=False)
    )
    if won is None or not splitting.mark_unpacked(session, piece.piece_id, at=at):
        raise lost(box)
    planning.take_up_set(session, piece.set_id)
    return _with(box, piece, is_packed=False)


def seal(
    session: Session,
    package_id: int,
    *,
    weighed_kg: Decimal | None = None,
    said: str | None = None,
    by: int,
    at: datetime,
    is_signed: bool = False,
) -> tuple[Box, bool]:
    """Close a complete package; a supervisor's signature closes it with parts missing or a kit that differs.

    `said` is how somebody saw its handing and colour, if they compared them. Returns the package and whether
    the signature was needed. Locks the package. Raises Blocked E24, E01, E04, E05, E08, E27.
    """
    box = _box(session, package_id)
    needs = [] if box.kit_check is KitCheck.CODE else queries.kit(session, package_id)
    refusal = judge_seal(box) or judge_kit(box, needs, weighed_kg) or _looks_wrong(session, box, said)
    if refusal is not None and not (is_signed and refusal.block in SIGNABLE):
        raise refusal
    label_count = max(1, session.scalars(select(Package.label_count).where(Package.id == package_id)).one())
    sealed = _step(
        session,
        box,
        PackageState.SEALED,
        sealed_at=at,
        sealed_by_id=by,
        label_count=label_count,
        weighed_kg=weighed_kg,
    )
    planning.settle_sets(
        session, queries.set_ids(session, box), by=by, at=at
    )  # it is locked before the order
    sales.record_progress(session, box.order_id, sealed=1)
    return sealed, refusal is not None


def _looks_wrong(session: Session, box: Box, said: str | None) -> Blocked | None:
    if not said:
        return None
    look, shown = queries.look(session, box)
    return judge_look(box, look, said, shown)


def reopen(session: Session, package_id: int, *, by: int, at: datetime) -> Box:
    """Open a sealed package again; it leaves its place. Locks the package. Raises Blocked E24, E27."""
    box = _box(session, package_id)
    _raise(judge_reopen(box))
    _step(
        session,
        box,
        PackageState.OPEN,
        opened_at=at,
        opened_by_id=by,
        sealed_at=None,
        sealed_by_id=None,
        place_id=None,
    )
    if box.state in FINISHED:  # a damaged one was taken off the count when it was told
        sales.record_progress(session, box.order_id, sealed=-1)
    return _box(session, package_id)


def move_on(
    session: Session,
    package_ids: Collection[int],
    states: Collection[PackageState],
    wanted: PackageState,
    *,
    place_id: int | None = None,
) -> int:
    """Bring sealed packages on their way (store, stage, load, ship); return how many were in `states`.

    For warehouse and shipping. A package that moves without `place_id` lies at no place.
    """
    asked = {"packages": list(package_ids), "before": list(states), "after": wanted, "lies_at": place_id}
    moved = session.execute(MOVE_ON, asked)
    return int(moved.rowcount)  # type: ignore[attr-defined]


def void(session: Session, set_ids: Collection[int], *, by: int | None, at: datetime) -> list[TouchedBox]:
    """Make the packages of cancelled door sets void: emptied, at no place, their labels refused from now on.

    A package that they share with other sets is opened, and waits for their pieces no more. For the one who
    cancels, before the pieces become void (lock order). Locks the packages. Raises BoxGone.
    """
    boxes = queries.boxes_alone(session, set_ids)
    for box in boxes:
        if box.state not in VOIDABLE:
            raise BoxGone(package=label_of(box), set=box.owner, state=box.state)
    emptied = queries.emptied_by(session, set_ids)
    void = [box for box in boxes if box.set_id is not None or box.package_id in emptied]
    theirs = CONTENTS.c.piece_id.in_(select(Piece.id).where(Piece.set_id.in_(set_ids)))
    others = select(PACKAGES.c.id).where(PACKAGES.c.set_id.is_(None), PACKAGES.c.id.not_in(emptied))
    session.execute(delete(CONTENTS).where(theirs, CONTENTS.c.package_id.in_(others)))
    session.execute(
        update(CONTENTS)
        .where(theirs, CONTENTS.c.packed_at.is_not(None))
        .values(packed_at=None, packed_by_id=None)
    )
    _void(session, void, by=by, at=at)
    _open_sealed(session, [box for box in boxes if box not in void], by=by, at=at)
    for order_id in {box.order_id for box in boxes if box.set_id is None}:
        _name_rooms(session, order_id)
    return _touched(boxes, void)


def _touched(boxes: Sequence[Box], void: Sequence[Box]) -> list[TouchedBox]:
    return [TouchedBox(one.package_id, one.number, one.state in FINISHED, one in void) for one in boxes]


def _open_sealed(session: Session, boxes: Sequence[Box], *, by: int | None, at: datetime) -> None:
    """Open those of some locked packages that are sealed: at no place, their contents are to be changed."""
    session.execute(
        update(PACKAGES)
        .where(PACKAGES.c.id.in_([box.package_id for box in boxes if box.state in FINISHED]))
        .values(
            state=PackageState.OPEN,
            opened_at=at,
            opened_by_id=by,
            place_id=None,
            sealed_at=None,
            sealed_by_id=None,
        )
    )


def take_apart(
    session: Session, order_id: int, work: BoxWork, *, by: int | None, at: datetime
) -> list[TouchedBox]:
    """Open what a change of the order touches, take out what goes, and make void what is not needed any more.

    For the one who changes, before the pieces (lock order). Locks all packages of the order. Returns the
    packages that were touched or are void. Raises BoxFixed.
    """
    boxes = [
        box
        for box in queries.boxes_of_order_alone(session, order_id)
        if box.package_id in work.touched | work.void
    ]
    for box in boxes:
        if box.state not in VOIDABLE:
            raise BoxFixed(package=label_of(box), set=box.owner, state=box.state)
    void = [box for box in boxes if box.package_id in work.void]
    session.execute(delete(CONTENTS).where(CONTENTS.c.piece_id.in_(work.gone)))
    session.execute(
        update(CONTENTS).where(CONTENTS.c.piece_id.in_(work.moved)).values(packed_at=None, packed_by_id=None)
    )
    _open_sealed(session, [box for box in boxes if box not in void], by=by, at=at)
    _void(session, void, by=by, at=at)
    return _touched(boxes, void)


def _void(session: Session, boxes: Sequence[Box], *, by: int | None, at: datetime) -> None:
    """Make locked packages void: at no place, their labels refused from now on."""
    session.execute(
        update(PACKAGES)
        .where(PACKAGES.c.id.in_([box.package_id for box in boxes]))
        .values(state=PackageState.VOID, place_id=None, sealed_at=None, sealed_by_id=None)
    )
    scanning.cancel_labels(session, [box.code for box in boxes], by=by, at=at)


def plan_sets(session: Session, order_id: int, set_ids: Collection[int]) -> int:
    """Bring the packages of some sets to what the sets are frozen as now; return how many came.

    A piece waits in the package of its kind and index; packages that come follow the order's last one. N
    grows on every label that is not printed; what is printed stays as it is.
    """
    homes = _homes(session, order_id, set_ids)
    missing = _merged(one for one in _frozen_packages(session, set_ids) if one[0] not in homes)
    known = session.scalar(select(func.count()).where(PACKAGES.c.order_id == order_id)) or 0
    total_count = known + len(missing)
    if missing:
        homes |= _insert_packages(session, order_id, missing, known, total_count, PackageState.PLANNED)
        session.execute(
            update(PACKAGES)
            .where(
                PACKAGES.c.order_id == order_id,
                PACKAGES.c.label_count == 0,
                PACKAGES.c.state != PackageState.VOID,
            )
            .values(total_count=total_count)
        )
    _settle_contents(session, set_ids, homes)
    _name_rooms(session, order_id)
    return len(missing)


def _homes(session: Session, order_id: int, set_ids: Collection[int]) -> dict[Key, int]:
    """Return the live packages of some sets and those that the order shares: the n-th of its kind has index n."""
    found: dict[Key, int] = {}
    rows = session.execute(
        select(PACKAGES.c.set_id, PACKAGES.c.kind, PACKAGES.c.id, PACKAGES.c.shared_index)
        .where(
            PACKAGES.c.order_id == order_id,
            PACKAGES.c.set_id.in_(set_ids) | PACKAGES.c.set_id.is_(None),
            PACKAGES.c.state != PackageState.VOID,
            PACKAGES.c.supplement_of_id.is_(None),
        )
        .order_by(PACKAGES.c.position)
    )
    counts: Counter[tuple[int | None, str]] = Counter()
    for set_id, kind, package_id, shared_index in rows:
        counts[set_id, kind] += 1
        found[set_id, kind, shared_index or counts[set_id, kind]] = package_id
    return found


def _settle_contents(session: Session, set_ids: Collection[int], homes: dict[Key, int]) -> None:
    """Have every live labelled piece of some sets wait in its package."""
    apart = set(
        session.scalars(
            select(PACKAGES.c.id)
            .join_from(PACKAGES, CONTENTS, CONTENTS.c.package_id == PACKAGES.c.id)
            .join(Piece, Piece.id == CONTENTS.c.piece_id)
            .where(Piece.set_id.in_(set_ids), PACKAGES.c.supplement_of_id.is_not(None))
        )
    )
    rows = session.execute(
        select(Piece.id, Piece.set_id, Piece.package_kind, Piece.package_index, CONTENTS.c.package_id)
        .outerjoin(CONTENTS, CONTENTS.c.piece_id == Piece.id)
        .where(
            Piece.set_id.in_(set_ids),
            Piece.is_tracked,
            Piece.package_kind.is_not(None),
            Piece.state.in_(LIVE),
        )
        .order_by(Piece.id)
    ).all()
    for piece_id, set_id, kind, index, package_id in rows:
        home = homes[_key(set_id, kind, index)]
        if package_id is None:
            session.execute(insert(CONTENTS).values(package_id=home, piece_id=piece_id))
        elif package_id != home and package_id not in apart:
            session.execute(update(CONTENTS).where(CONTENTS.c.piece_id == piece_id).values(package_id=home))


def replace_content(session: Session, old_piece_id: int, new_piece_id: int) -> None:
    """Let a package wait for the piece that replaces a scrapped one, which was not packed."""
    session.execute(
        update(Content)
        .where(Content.piece_id == old_piece_id, Content.packed_at.is_(None))
        .values(piece_id=new_piece_id)
        .execution_options(synchronize_session=False)
    )


def count_labels(session: Session, package_ids: Sequence[int], *, by: int, at: datetime) -> None:
    """Write down that the labels of some packages were printed."""
    session.execute(
        update(Package)
        .where(Package.id.in_(package_ids))
        .values(label_count=Package.label_count + 1)
        .execution_options(synchronize_session=False)
    )
    for package_id in package_ids:
        audit.record(session, subject=SUBJECT, subject_id=package_id, verb="print_label", by=by, at=at)


def reprint_label(session: Session, package_id: int, *, by: int, at: datetime) -> str:
    """Give a package a new label in place of a torn one, and return its code.

    The old code is refused from now on (E26) and names the new one. Locks the package. Raises
    NothingToReprint.
    """
    box = _box(session, package_id)
    label_count = session.scalars(select(Package.label_count).where(Package.id == package_id)).one()
    if label_count == 0 or box.state in (PackageState.VOID, PackageState.SHIPPED, PackageState.RECEIVED):
        raise NothingToReprint(number=f"{box.order_number} {box.number}", state=box.state)
    code = numbers.next_codes(session, codes.Letter.PACKAGE, 1)[0]
    session.execute(
        update(Package)
        .where(Package.id == package_id)
        .values(code=code, label_count=label_count + 1)
        .execution_options(synchronize_session=False)
    )
    scanning.supersede(session, box.code, code, "torn", by=by, at=at)
    changes = {"code": [box.code, code]}
    audit.record(
        session, subject=SUBJECT, subject_id=package_id, verb="reprint_label", by=by, at=at, changes=changes
    )
    return code


def _box(session: Session, package_id: int) -> Box:
    """Lock a package and return it as it stands."""
    box = queries.box_alone(session, package_id)
    if box is None:
        raise NotFound
    return box


def _step(session: Session, box: Box, wanted: PackageState, **values: object) -> Box:
    """Bring a package from the state it was judged in to another one, if it is still there; return it so."""
    won = session.scalar(
        update(Package)
        .where(Package.id == box.package_id, Package.state == box.state)
        .values(state=wanted, **values)
        .returning(Package.id)
        .execution_options(synchronize_session=False)
    )
    if won is None:
        raise lost(box)
    return replace(box, state=wanted)


def _with(box: Box, piece: PieceFacts, *, is_packed: bool) -> Box:
    """Return a package as it stands after one piece went in or out."""
    items = (
        replace(item, is_packed=is_packed) if item.piece_id == piece.piece_id else item for item in box.items
    )
    return replace(box, items=tuple(items))


def _raise(refusal: Blocked | None) -> None:
    if refusal is not None:
        raise refusal
