"""A released order is changed: pieces, labels, packages, counts, prices, versions."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.audit.model import Entry
from erp.catalogue.rules.document import Handing
from erp.sales import service as sales
from erp.sales.model import Amendment, Order
from erp.sales.rules.amending import (
    AmendedMeanwhile,
    Edit,
    LineDropped,
    NotAmendable,
    NothingAmended,
    NothingLeft,
)
from erp.sales.rules.orders import DueInPast
from erp.sales.rules.states import OrderState
from erp.stock.rules import PlaceKind
from mes.changes import service
from mes.changes.model import Change, ChangedBox, ChangedPiece, ChangedSet
from mes.changes.rules.changing import HasLeft, LinesUnmakeable, WhyMissing
from mes.changes.rules.comparing import BoxFate, Fate, SetFate
from mes.packing.model import Content, Package
from mes.packing.rules import BoxFixed, PackageState
from mes.planning.queries import load
from mes.scanning import queries as scanning
from mes.scanning.rules import ScanKind
from mes.splitting import service as splitting
from mes.splitting.model import Piece, Release, ReleasedLine
from mes.splitting.rules import PieceMoved, PieceState, ReleaseReason
from tests.conftest import NOON
from tests.factories.factory import FRIDAY, make_line, make_order, place, release_order
from tests.mes.changes.desk import asking, clerk, edit, entry, lines, live, plan, put
from tests.mes.changes.office import cancel, sets_of
from tests.mes.changes.test_service import counts, demand, faults, somebody
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

HIGHER = {"height_mm": Decimal("2080.0")}
# of the single door 900 × 2100: what its height is in, and what it is not in
TALL = {"JAMB_L", "JAMB_R", "STOP_V", "ARCH_OPEN_L", "ARCH_OPEN_R", "ARCH_BACK_L", "ARCH_BACK_R"}
TALL |= {"LEAF_1", "FACE_1", "STILE_1", "INFILL_1"}
LABELLED_TALL = {"JAMB_L", "JAMB_R", "LEAF_1"}


def codes(planned, fate):
    return {piece.decided.code for one in planned.sets for piece in one.pieces if piece.fate is fate}


def as_new(session, *entries):
    """The pieces of an order that was ordered that way at once, by their code: what a change must come to."""
    other = release_order(session, *entries)
    return sizes(session, other)


def sizes(session, order):
    return sorted(
        (
            one.rule_code,
            one.length_mm,
            one.width_mm,
            one.cut_length_mm,
            one.cut_width_mm,
            one.material_id,
            one.machining,
            one.package_kind,
            one.package_index,
            one.mirror_code,
        )
        for one in live(session, order).values()
    )


# --- what becomes of the pieces ---------------------------------------------------


def test_a_height_changes_what_is_as_high_and_leaves_hardware_and_heads_alone(session):
    order, by = release_order(session), clerk(session)
    before = live(session, order)
    edit(session, order, by, **HIGHER)
    looked = plan(session, order, by)
    assert codes(looked, Fate.RECUT) == TALL
    assert {"HEAD", "HW_KIT", "ARCH_OPEN_H"} <= codes(looked, Fate.KEPT)
    put(session, order, by)
    after = live(session, order)
    assert before.keys() == after.keys()
    for key, piece in after.items():
        assert (piece.id == before[key].id) == (key[1] not in TALL)
    assert {before[key].state for key in before if key[1] in TALL} == {PieceState.VOID}
    assert sizes(session, order) == as_new(session, make_line(**HIGHER))
    assert faults(session) == []


def test_a_turned_door_is_what_it_would_have_been_at_once(session):
    order, by = release_order(session), clerk(session)
    edit(session, order, by, handing=Handing.IN_R)
    looked = plan(session, order, by)
    assert "HEAD" in codes(looked, Fate.KEPT)
    assert {"JAMB_L", "JAMB_R", "LEAF_1"} & codes(looked, Fate.RECUT)
    put(session, order, by)
    assert sizes(session, order) == as_new(session, make_line(handing=Handing.IN_R))
    assert faults(session) == []


def test_a_lock_changes_the_kit_it_lies_in(session):
    order, by = release_order(session), clerk(session)
    line = lines(session, order)[0]
    document = plan(session, order, by)  # nothing typed: nothing happens
    assert document.sets == ()
    offered = sales.orders.offer(session).doors["M-SINGLE"].document
    lock = next(one for one in offered.options if one.code == "lock")
    other = next(one.code for one in lock.values if one.code != lock.default)
    typed = Edit(entry(session, line, options={**line.options, "lock": other}))
    sales.edit_line(session, order.id, str(line.id), typed, by=by, at=NOON)
    assert "HW_KIT" in codes(plan(session, order, by), Fate.RECUT)
    put(session, order, by)
    assert sizes(session, order) == as_new(session, make_line(options={"lock": other}))


def test_the_labels_of_what_is_made_anew_are_refused_and_name_the_new_ones(session):
    order, by = release_order(session), clerk(session)
    before = live(session, order)
    edit(session, order, by, **HIGHER)
    put(session, order, by)
    after = live(session, order)
    for key, piece in before.items():
        if piece.code is None:
            continue
        former = scanning.former_label(session, piece.code)
        if key[1] in TALL:
            assert former.new_code == after[key].code
        else:
            assert former is None
    jamb = next(key for key in before if key[1] == "JAMB_L")
    box = packages(session, order, "FRAME")[0]
    for kind in (ScanKind.OP_DONE, ScanKind.PACK_ADD, ScanKind.SCRAP):
        said = somebody(session).scan(kind, before[jamb].code, box.code, "CHIP")
        assert (said["block_code"], said["todo"]["facts"]["code"]) == ("E26", after[jamb].code)


def test_a_piece_that_was_remade_before_is_changed_like_any_other(session):
    order, by = release_order(session), clerk(session)
    old = next(one for one in live(session, order).values() if one.rule_code == "JAMB_L")
    again = splitting.replace(session, old.id, "CHIP", by=None, at=NOON)
    edit(session, order, by, **HIGHER)
    put(session, order, by)
    new = next(one for one in live(session, order).values() if one.rule_code == "JAMB_L")
    assert new.id not in (old.id, again.id)
    for code in (old.code, again.code):
        assert scanning.former_label(session, code).new_code == new.code
    assert faults(session) == []


def test_begun_work_that_is_lost_is_counted_by_how_far_it_has_come_and_goes_first(session):
    order, by = release_order(session), clerk(session)
    jamb = next(one for one in live(session, order).values() if one.rule_code == "JAMB_L")
    splitting.advance(session, jamb.id, 0, PieceState.CUT, at=NOON)
    edit(session, order, by, **HIGHER)
    assert plan(session, order, by).lost == {PieceState.CUT: 1}
    put(session, order, by)
    new = {one.rule_code: one for one in live(session, order).values()}
    assert (new["JAMB_L"].is_urgent, new["JAMB_R"].is_urgent) == (True, False)


def test_what_is_cut_and_stays_stays_cut(session):
    order, by = release_order(session), clerk(session)
    head = next(one for one in live(session, order).values() if one.rule_code == "HEAD")
    splitting.advance(session, head.id, 0, PieceState.CUT, at=NOON)
    edit(session, order, by, **HIGHER)
    put(session, order, by)
    assert (session.get(Piece, head.id).state, session.get(Piece, head.id).step_count) == (PieceState.CUT, 1)


# --- packages -----------------------------------------------------------------------


def packed_order(session, *entries):
    """An order made, with the frame package of its first set half packed."""
    order = release_order(session, *entries)
    make_all(session, order)
    order.made_count = order.piece_count
    session.flush()
    bench = make_bench(session)
    box = bench.open(packages(session, order, "FRAME")[0])
    for piece in pieces_of(session, box)[:2]:
        assert bench.add(box, piece) is None
    session.expire_all()
    return order, bench, box


def test_a_half_packed_box_waits_for_the_new_pieces_and_keeps_the_others(session):
    order, bench, box = packed_order(session)
    by = clerk(session)
    inside = [one.rule_code for one in pieces_of(session, box)]
    edit(session, order, by, **HIGHER)
    looked = plan(session, order, by)
    fates = {shown.package.kind: shown.fate for one in looked.sets for shown in one.boxes}
    assert (fates["FRAME"], fates["HARDWARE"]) == (BoxFate.WAITS, BoxFate.KEPT)
    put(session, order, by)
    assert sorted(one.rule_code for one in pieces_of(session, box)) == sorted(inside)
    assert session.get(Package, box.id).state is PackageState.OPEN
    packed = session.scalars(
        select(Piece.rule_code)
        .join(Content)
        .where(Content.package_id == box.id, Content.packed_at.is_not(None))
    ).all()
    assert not set(packed) & TALL
    assert faults(session) == []
    make_all(session, order)  # live and void ones alike: only live ones are packed
    for one in pieces_of(session, box):
        if one.rule_code not in packed:
            assert bench.add(box, one) is None
    assert bench.block(ScanKind.PACK_SEAL, box.code) is None


def test_a_sealed_box_in_store_is_opened_and_said_where_it_lies(session):
    order = sealed_order(session)
    order.made_count = order.piece_count
    session.flush()
    by, shelf = clerk(session), place(session, PlaceKind.FINISHED)
    box, kit = packages(session, order, "LEAF")[0], packages(session, order, "HARDWARE")[0]
    witness = pieces_of(session, box)[0].code
    assert somebody(session).block(ScanKind.STORE_IN, box.code, shelf.code, witness) is None
    assert session.get(Order, order.id, populate_existing=True).state is OrderState.READY
    edit(session, order, by, **HIGHER)
    done = put(session, order, by)
    assert {(one.package.id, one.place) for one in done.opened if one.place} == {(box.id, shelf.name)}
    now = session.get(Package, box.id)
    assert (now.state, now.place_id, now.sealed_at) == (PackageState.OPEN, None, None)
    assert session.get(Package, kit.id).state is PackageState.SEALED
    assert session.get(Order, order.id).state is OrderState.IN_PRODUCTION
    kept = session.scalars(select(ChangedBox).where(ChangedBox.package_id == box.id)).one()
    assert (kept.fate, kept.state, kept.place) == (BoxFate.OPENED, PackageState.IN_STORE, shelf.name)
    assert faults(session) == []


def test_a_loaded_box_stands_against_it_and_nothing_changes(session):
    order = sealed_order(session)
    by, box = clerk(session), packages(session, order, "LEAF")[0]
    assert make_dock(session).load(make_load(session, order), box) is None
    edit(session, order, by, **HIGHER)
    looked = plan(session, order, by)
    (fault,) = looked.faults
    assert isinstance(fault, HasLeft)
    assert fault.facts["state"] is PackageState.LOADED
    assert "1/4" in str(fault.facts["thing"])
    with pytest.raises(HasLeft), session.begin_nested():
        service.change(session, looked, asking(looked), by=by, at=NOON, on=FRIDAY)
    session.expire_all()
    assert PieceState.VOID not in {one.state for one in live(session, order).values()}


def test_a_loaded_box_with_nothing_that_changes_stands_against_nothing(session):
    order = sealed_order(session)
    by, kit = clerk(session), packages(session, order, "HARDWARE")[0]
    assert make_dock(session).load(make_load(session, order), kit) is None
    edit(session, order, by, **HIGHER)
    put(session, order, by)
    assert session.get(Package, kit.id).state is PackageState.LOADED
    assert faults(session) == []


def test_a_box_that_was_loaded_since_the_clerk_looked_is_named(session):
    order = sealed_order(session)
    by, box = clerk(session), packages(session, order, "LEAF")[0]
    load_list = make_load(session, order)
    edit(session, order, by, **HIGHER)
    looked = plan(session, order, by)
    assert make_dock(session).load(load_list, box) is None
    with pytest.raises(BoxFixed) as refused, session.begin_nested():
        service.change(session, looked, asking(looked), by=by, at=NOON, on=FRIDAY)
    assert refused.value.facts["state"] is PackageState.LOADED


# --- sets and lines -----------------------------------------------------------------


def test_one_set_more_gets_a_number_pieces_and_packages_of_its_own(session):
    order, by = release_order(session, make_line(set_count=2)), clerk(session)
    edit(session, order, by, set_count=3)
    put(session, order, by)
    one = release_order(session, make_line(set_count=3))
    assert counts(session, order) == counts(session, one)
    assert [row.number for row in sets_of(session, order)][-1] == f"{order.number}-1-3"
    assert [box.position for box in packages(session, order)] == list(range(1, 13))
    assert {box.total_count for box in packages(session, order)} == {12}
    assert demand(session, "erp.sales.order", order.id) == demand(session, "erp.sales.order", one.id)
    assert faults(session) == []


def test_printed_labels_keep_their_number_when_packages_come(session):
    order, by = release_order(session), clerk(session)
    printed = packages(session, order)[0]
    printed.label_count = 1
    edit(session, order, by, set_count=2)
    assert plan(session, order, by).is_numbered_on
    put(session, order, by)
    totals = [box.total_count for box in packages(session, order)]
    assert totals == [4, 8, 8, 8, 8, 8, 8, 8]
    assert faults(session) == []


def test_of_fewer_sets_the_least_begun_one_goes_with_its_labels(session):
    order, by = release_order(session, make_line(set_count=3)), clerk(session)
    first, second, third = sets_of(session, order)
    for one in (second, third):
        jamb = next(
            p for (set_id, code), p in live(session, order).items() if (set_id, code) == (one.id, "JAMB_L")
        )
        splitting.advance(session, jamb.id, 0, PieceState.CUT, at=NOON)
    edit(session, order, by, set_count=2)
    put(session, order, by)
    assert [row.id for row in sets_of(session, order) if row.voided_at] == [first.id]
    labels = session.scalars(select(Piece.code).where(Piece.set_id == first.id, Piece.is_tracked)).all()
    assert {scanning.former_label(session, code).reason for code in labels} == {"cancelled"}
    assert lines(session, order)[0].live_count == 2
    assert faults(session) == []


def test_fewer_and_more_again_counts_on_and_never_reuses_a_number(session):
    order, by = release_order(session, make_line(set_count=2)), clerk(session)
    edit(session, order, by, set_count=1)
    put(session, order, by)
    edit(session, order, by, set_count=2)
    put(session, order, by)
    assert [row.number[-1] for row in sets_of(session, order) if not row.voided_at] == ["1", "3"]
    assert session.get(Order, order.id).set_count == 2
    assert faults(session) == []


def test_a_line_is_added_and_another_is_dropped(session):
    order, by = release_order(session, make_line(), make_line(width_mm=Decimal("800.0"))), clerk(session)
    second = lines(session, order)[1]
    sales.drop_line(session, order.id, str(second.id), by=by, at=NOON)
    typed = Edit(make_line(width_mm=Decimal("700.0"), room="书房"))
    key = sales.edit_line(session, order.id, None, typed, by=by, at=NOON)
    assert key == "n1"
    put(session, order, by)
    one = release_order(session, make_line(), make_line(width_mm=Decimal("700.0")))
    assert sizes(session, order) == sizes(session, one)
    assert [line.position for line in lines(session, order)] == [1, 2, 3]
    assert [line.live_count for line in lines(session, order)] == [1, 0, 1]
    assert counts(session, order) == counts(session, one)
    assert demand(session, "erp.sales.order", order.id) == demand(session, "erp.sales.order", one.id)
    assert faults(session) == []


def test_a_room_is_renamed_without_a_piece_being_made_anew(session):
    order, by = release_order(session), clerk(session)
    before = live(session, order)
    edit(session, order, by, room="次卧")
    assert plan(session, order, by).sets == ()
    put(session, order, by)
    assert sets_of(session, order)[0].room == "次卧"
    assert live(session, order) == before


def test_the_only_line_cannot_be_dropped(session):
    order, by = release_order(session), clerk(session)
    sales.drop_line(session, order.id, str(lines(session, order)[0].id), by=by, at=NOON)
    with pytest.raises(NothingLeft):
        put(session, order, by)


def test_a_shipped_set_stands_against_fewer(session):
    order, by = release_order(session, make_line(set_count=2)), clerk(session)
    first = sets_of(session, order)[0]
    for piece in live(session, order).values():
        if piece.set_id == first.id:
            piece.state = PieceState.SHIPPED
    edit(session, order, by, set_count=1)
    put(session, order, by)  # the other one goes
    assert [row.voided_at is None for row in sets_of(session, order)] == [True, False]
    sales.edit_line(session, order.id, None, Edit(make_line(width_mm=Decimal("800.0"))), by=by, at=NOON)
    sales.drop_line(session, order.id, str(lines(session, order)[0].id), by=by, at=NOON)
    with pytest.raises(HasLeft) as refused:
        put(session, order, by)
    assert refused.value.facts["set"] == first.number


# --- versions, history, figures -------------------------------------------------------


def test_a_change_makes_the_next_version_and_keeps_what_it_was(session):
    order, by = release_order(session), clerk(session)
    frozen = sets_of(session, order)[0]
    was = (frozen.parameters_sha256, frozen.results, frozen.code)
    edit(session, order, by, **HIGHER)
    done = put(session, order, by, reason=ReleaseReason.OTHER, note="门洞复尺")
    releases = session.scalars(
        select(Release).where(Release.order_id == order.id).order_by(Release.version)
    ).all()
    assert [(one.version, one.reason, one.note) for one in releases] == [
        (1, ReleaseReason.FIRST, ""),
        (2, ReleaseReason.OTHER, "门洞复尺"),
    ]
    assert (done.release.version, releases[1].released_by_id) == (2, by)
    touched = session.scalars(select(ReleasedLine).where(ReleasedLine.release_id == releases[1].id)).one()
    assert (touched.line_id, touched.set_count, touched.touch_count) == (lines(session, order)[0].id, 1, 1)
    now = sets_of(session, order)[0]
    assert now.code == was[2]
    assert now.parameters_sha256 != was[0]
    kept = session.scalars(select(ChangedSet)).one()
    assert (kept.before["parameters_sha256"], kept.before["results"], kept.fate) == (
        *was[:2],
        SetFate.CHANGED,
    )
    change = session.scalars(select(Change)).one()
    assert (change.lines[0]["before"]["height_mm"], change.lines[0]["after"]["height_mm"]) == (
        "2100.0",
        "2080.0",
    )
    pieces = session.scalars(select(ChangedPiece)).all()
    recut = [one for one in pieces if one.fate is Fate.RECUT]
    assert len(recut) == len(TALL)
    assert all(one.old_piece_id != one.new_piece_id for one in recut)
    told = session.scalars(select(Entry).where(Entry.verb == "change")).one()
    assert told.changes["1.height_mm"] == ["2100", "2080"]


def test_what_was_typed_is_gone_once_it_is_in_force_and_only_the_writers(session):
    order, by, other = release_order(session), clerk(session), clerk(session)
    edit(session, order, by, **HIGHER)
    edit(session, order, other, room="书房")
    put(session, order, by)
    assert session.scalars(select(Amendment.person_id)).all() == [other]


def test_a_promised_day_moves_with_the_change_and_not_into_the_past(session):
    order, by = release_order(session, due_on=FRIDAY + timedelta(days=9)), clerk(session)
    edit(session, order, by, **HIGHER)
    with pytest.raises(DueInPast), session.begin_nested():
        put(session, order, by, due_on=FRIDAY - timedelta(days=1))
    session.expire_all()
    put(session, order, by, due_on=FRIDAY + timedelta(days=16))
    assert session.get(Order, order.id).due_on == FRIDAY + timedelta(days=16)


def test_capacity_counts_the_sets_that_are_wanted(session):
    order, by = (
        release_order(session, make_line(set_count=3), due_on=FRIDAY + timedelta(days=9)),
        clerk(session),
    )
    edit(session, order, by, set_count=2)
    put(session, order, by)
    assert sum(load.plant(session, FRIDAY).booked.values()) == 2
    edit(session, order, by, set_count=4)
    put(session, order, by)
    assert sum(load.plant(session, FRIDAY).booked.values()) == 4


# --- refusals -------------------------------------------------------------------------


def test_a_piece_that_moved_since_the_clerk_looked_is_named_and_what_was_typed_is_kept(session):
    order, by = release_order(session), clerk(session)
    edit(session, order, by, **HIGHER)
    looked = plan(session, order, by)
    asked = asking(looked)
    jamb = next(one for one in live(session, order).values() if one.rule_code == "JAMB_L")
    assert splitting.advance(session, jamb.id, 0, PieceState.CUT, at=NOON)
    session.expire_all()
    for seen in (looked, plan(session, order, by)):  # before the page was sent, and after
        with pytest.raises(PieceMoved) as refused, session.begin_nested():
            service.change(session, seen, asked, by=by, at=NOON, on=FRIDAY)
        session.expire_all()
        assert refused.value.facts["label"] == jamb.code
    assert session.scalars(select(Amendment)).one().edits
    assert session.scalars(select(Change)).all() == []


def test_a_piece_that_moved_and_stays_stands_against_nothing(session):
    order, by = release_order(session), clerk(session)
    edit(session, order, by, **HIGHER)
    looked = plan(session, order, by)
    head = next(one for one in live(session, order).values() if one.rule_code == "HEAD")
    assert splitting.advance(session, head.id, 0, PieceState.CUT, at=NOON)
    service.change(session, looked, asking(looked), by=by, at=NOON, on=FRIDAY)
    assert faults(session) == []


def test_the_second_of_two_clerks_is_told_and_his_entries_then_stand_on_the_new_order(session):
    order, first, second = release_order(session), clerk(session), clerk(session)
    edit(session, order, first, **HIGHER)
    edit(session, order, second, width_mm=Decimal("920.0"))
    looked = plan(session, order, second)
    asked = asking(looked)
    put(session, order, first)
    with pytest.raises(AmendedMeanwhile), session.begin_nested():
        service.change(session, looked, asked, by=second, at=NOON, on=FRIDAY)
    session.expire_all()
    line = plan(session, order, second).draft.changed[0]
    assert (line.before.entry.height_mm, line.after.entry.width_mm) == (Decimal("2080.0"), Decimal("920.0"))


def test_a_change_that_changes_nothing_is_none(session):
    order, by = release_order(session), clerk(session)
    edit(session, order, by, **HIGHER)
    edit(session, order, by, height_mm=Decimal("2100.0"))  # typed back
    with pytest.raises(NothingAmended):
        put(session, order, by)


def test_without_a_reason_nothing_happens(session):
    order, by = release_order(session), clerk(session)
    edit(session, order, by, **HIGHER)
    for reason, note in ((None, "x"), (ReleaseReason.FIRST, "x"), (ReleaseReason.OTHER, "  ")):
        with pytest.raises(WhyMissing):
            put(session, order, by, reason=reason, note=note)


def test_a_size_that_cannot_be_made_is_shown_and_refused(session):
    order, by = release_order(session), clerk(session)
    edit(session, order, by, height_mm=Decimal("9000.0"))
    assert plan(session, order, by).draft.unready == [1]
    with pytest.raises(LinesUnmakeable):
        put(session, order, by)


@pytest.mark.parametrize("state", [OrderState.SHIPPED, OrderState.CLOSED, OrderState.CANCELLED])
def test_an_order_that_has_left_is_not_changed(session, state):
    order, by = release_order(session), clerk(session)
    order.state = state
    session.flush()
    with pytest.raises(NotAmendable):
        edit(session, order, by, **HIGHER)


def test_a_draft_is_changed_on_its_own_page(session):
    order, by = make_order(session), clerk(session)
    with pytest.raises(NotAmendable):
        edit(session, order, by, **HIGHER)


def test_a_dropped_line_is_taken_back_before_it_is_changed(session):
    order, by = release_order(session), clerk(session)
    key = str(lines(session, order)[0].id)
    sales.drop_line(session, order.id, key, by=by, at=NOON)
    with pytest.raises(LineDropped):
        edit(session, order, by, **HIGHER)
    sales.restore_line(session, order.id, key, by=by, at=NOON)
    edit(session, order, by, **HIGHER)


def test_what_is_changed_can_be_cancelled_afterwards(session):
    order, by = release_order(session, make_line(set_count=2)), clerk(session)
    edit(session, order, by, **HIGHER)
    put(session, order, by)
    assert cancel(session, order).state is OrderState.CANCELLED
    assert counts(session, order) == (0, 0, 0, 0, 0, 0)
    assert lines(session, order)[0].live_count == 0
    assert faults(session) == []
