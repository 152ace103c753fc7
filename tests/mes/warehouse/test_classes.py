"""Every class of refusal at every step of the warehouse where a scan can meet it, in the words of both languages."""

from decimal import Decimal

import pytest
from flask_babel import force_locale

from core.codes import Letter, make
from core.numbers.service import next_codes
from erp.stock.rules import PlaceKind
from mes.cutting.model import CutPlan, Offcut
from mes.cutting.rules.offcuts import OffcutState
from mes.packing.rules import PackageState
from mes.planning.rules import BatchState
from mes.scanning import service as scanning
from mes.scanning.api import answer_of
from mes.scanning.rules import ScanKind
from tests.conftest import NOON
from tests.factories.factory import place as demo_place
from tests.factories.factory import release_order
from tests.factories.mes_production import make_sheets
from tests.factories.people import make_person
from tests.factories.stock import make_article, make_lot, make_place
from tests.mes.counting.shelf import COUNTER, Counter
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.warehouse.keeper import KEEPER, Keeper, make_batch

D = Decimal
UNREADABLE = "R0000110"  # its check character does not fit


class Store:
    """What the scans below meet; every name is a code."""


def make_store(session):
    store = Store()
    article = make_article(session)
    dock, shelf, finished, lane = (
        demo_place(session, PlaceKind.RECEIVING),
        make_place(session),
        demo_place(session, PlaceKind.FINISHED),
        demo_place(session, PlaceKind.STAGING),
    )
    store.shelf, store.empty, store.finished, store.lane = (
        shelf.code,
        make_place(session).code,
        finished.code,
        lane.code,
    )
    for name, kind in (
        ("shut", PlaceKind.STORE),
        ("shut_finished", PlaceKind.FINISHED),
        ("shut_lane", PlaceKind.STAGING),
    ):
        place = make_place(session, kind)
        place.is_active = False
        setattr(store, name, place.code)
    store.waiting = make_lot(session, article, dock, "10").code
    store.lot = make_lot(session, article, shelf, "10").code
    store.used = make_lot(session, article, shelf, "1").code
    batch = make_batch(session, {article.material_id: D(20)})
    store.batch, store.done = batch.code, make_batch(session, {}, BatchState.DONE).code
    _packages(session, store, finished)
    store.old_lot, store.old_package = make(Letter.LOT, 888_888), make(Letter.PACKAGE, 888_888)
    scanning.supersede(session, store.old_lot, store.lot, "torn", by=None, at=NOON)
    scanning.supersede(session, store.old_package, store.box, "torn", by=None, at=NOON)
    store.rest = _rest(session)
    session.flush()
    return store


def _packages(session, store, finished):
    order = release_order(session)
    make_all(session, order)
    bench = make_bench(session)
    boxes = packages(session, order)
    for box in boxes[:3]:
        bench.fill(box)
        assert bench.block(ScanKind.PACK_SEAL, box.code) is None
    box, stored, gone, unsealed = boxes[:4]
    stored.state, stored.place_id = PackageState.IN_STORE, finished.id
    gone.state = PackageState.LOADED
    store.box, store.stored, store.gone, store.open = (one.code for one in (box, stored, gone, unsealed))
    store.piece, store.strange = pieces_of(session, box)[0].code, pieces_of(session, stored)[0].code
    store.stored_piece = store.strange


def _rest(session):
    """The label of an offcut whose sheet is not reported as cut."""
    (sheet,) = make_sheets(session)
    (code,) = next_codes(session, Letter.SHEET, 1)
    material_id = session.get_one(CutPlan, sheet.plan_id).material_id
    session.add(
        Offcut(
            code=code, layout_id=sheet.id, material_id=material_id, x_mm=D(0), y_mm=D(0), length_mm=D(900),
            width_mm=D(400), state=OffcutState.PLANNED,
        )
    )  # fmt: skip
    session.flush()
    return code


NOBODY = {"permissions": frozenset({"mes.scanning.scan"})}
PLACE, LOT, PACKAGE, BATCH = (
    make(letter, 777_777) for letter in (Letter.PLACE, Letter.LOT, Letter.PACKAGE, Letter.BATCH)
)


def one(kind, block, code, context=None, witness=None, **over):
    """A case; capitals are codes as they stand, other words name a code of the store."""
    return pytest.param(kind, block, code, context, witness, over, id=f"{kind}-{block}-{code}-{context}")


GOODS_IN, ISSUE, RETURN = ScanKind.GOODS_IN, ScanKind.ISSUE, ScanKind.RETURN
STORE_IN, MOVE, STAGE, COUNT = ScanKind.STORE_IN, ScanKind.MOVE, ScanKind.STAGE, ScanKind.COUNT
CASES = [
    *(
        one(kind, "E20", UNREADABLE, context)
        for kind, context in (
            (GOODS_IN, "shelf"), (ISSUE, "batch"), (RETURN, "batch"), (STORE_IN, "finished"), (MOVE, "shelf"),
            (STAGE, "lane"), (COUNT, "shelf"),
        )
    ),
    one(STORE_IN, "E20", "box", "finished", "P0001A2B0"),
    one(RETURN, "E20", "lot", "batch", "L0000110"),
    one(MOVE, "E20", "lot", "empty", "L0000110"),
    *(
        one(kind, "E21", code, context, witness)
        for kind, code, context, witness in (
            (GOODS_IN, LOT, "shelf", None), (GOODS_IN, "waiting", PLACE, None), (ISSUE, LOT, "batch", None),
            (ISSUE, "lot", BATCH, None), (RETURN, LOT, "batch", "shelf"), (RETURN, "lot", BATCH, "shelf"),
            (RETURN, "lot", "batch", PLACE), (STORE_IN, PACKAGE, "finished", None), (STORE_IN, "box", PLACE, None),
            (STORE_IN, "box", "finished", make(Letter.PIECE, 777_777)), (MOVE, PACKAGE, "finished", None),
            (MOVE, LOT, "shelf", None), (MOVE, "lot", PLACE, None), (STAGE, PACKAGE, "lane", None),
            (STAGE, "box", PLACE, None), (COUNT, LOT, "shelf", None), (COUNT, PACKAGE, "finished", None),
            (COUNT, "lot", PLACE, None),
        )
    ),
    *(
        one(kind, "E22", code, context, witness)
        for kind, code, context, witness in (
            (GOODS_IN, "box", "shelf", None), (GOODS_IN, "waiting", "finished", None),
            (GOODS_IN, "waiting", None, None),
            (ISSUE, "box", "batch", None), (ISSUE, "lot", "shelf", None), (ISSUE, "lot", "batch", "empty"),
            (RETURN, "box", "batch", "shelf"), (RETURN, "lot", "batch", "finished"), (RETURN, "lot", "batch", None),
            (STORE_IN, "lot", "finished", None), (STORE_IN, "box", "shelf", "piece"), (MOVE, "batch", "shelf", None),
            (MOVE, "lot", "finished", None), (MOVE, "box", "shelf", None), (STAGE, "lot", "lane", None),
            (STAGE, "box", "finished", None), (COUNT, "batch", "shelf", None), (COUNT, "lot", "finished", None),
            (COUNT, "box", "shelf", None), (COUNT, "empty", "shelf", None),
        )
    ),
    one(GOODS_IN, "E23", "rest", "shelf"),
    one(MOVE, "E23", "rest", "shelf"),
    one(COUNT, "E23", "rest", "shelf"),
    *(
        one(kind, "E24", code, context, witness)
        for kind, code, context, witness in (
            (GOODS_IN, "waiting", "shut", None), (GOODS_IN, "lot", "empty", None), (ISSUE, "lot", "done", None),
            (RETURN, "lot", "batch", "shut"), (STORE_IN, "box", "shut_finished", "piece"),
            (STORE_IN, "gone", "finished", None), (MOVE, "lot", "shut", None), (MOVE, "gone", "finished", None),
            (STAGE, "box", "shut_lane", None), (STAGE, "gone", "lane", None), (COUNT, "shut", "shut", None),
        )
    ),
    *(
        one(kind, "E13", "open", context)
        for kind, context in ((STORE_IN, "finished"), (MOVE, "finished"), (STAGE, "lane"))
    ),
    *(
        one(kind, "E25", code, context, witness, **NOBODY)
        for kind, code, context, witness in (
            (GOODS_IN, "waiting", "shelf", None), (ISSUE, "lot", "batch", None), (RETURN, "lot", "batch", "shelf"),
            (STORE_IN, "box", "finished", "piece"), (MOVE, "lot", "empty", None), (STAGE, "box", "lane", None),
            (COUNT, "lot", "shelf", None),
        )
    ),
    *(
        one(kind, "E26", code, context)
        for kind, code, context in (
            (GOODS_IN, "old_lot", "shelf"), (ISSUE, "old_lot", "batch"), (RETURN, "old_lot", "batch"),
            (STORE_IN, "old_package", "finished"), (MOVE, "old_package", "finished"), (MOVE, "old_lot", "shelf"),
            (STAGE, "old_package", "lane"), (COUNT, "old_lot", "shelf"), (COUNT, "old_package", "finished"),
        )
    ),
    *(
        one(kind, "E28", code, context, witness)
        for kind, code, context, witness in (
            (GOODS_IN, "lot", "shelf", None), (STORE_IN, "stored", "finished", "stored_piece"),
            (MOVE, "stored", "finished", None), (MOVE, "lot", "shelf", None),
        )
    ),
    one(STORE_IN, "E09", "box", "finished", "strange"),
    one(STORE_IN, "E09", "box", "finished"),
    one(ISSUE, "E30", "lot", "batch", quantity=11),
    one(RETURN, "E30", "lot", "batch", "shelf", quantity=1),
    one(MOVE, "E30", "lot", "empty", quantity=11),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "block", "code", "context", "witness", "over"), CASES)
def test_each_class_at_each_step_says_what_was_expected_what_came_and_what_to_do(
    app, session, kind, block, code, context, witness, over
):
    store = make_store(session)
    person = make_person(session, roles=("keeper",), name="陈国强")
    keeper = Keeper(session, person, over.pop("permissions", KEEPER | COUNTER))
    codes = [getattr(store, one, one) if one else None for one in (code, context, witness)]
    said = keeper.scan(kind, *codes, **over)
    assert said["block_code"] == block
    told = {}
    for locale in ("zh_Hans_CN", "en"):
        with app.test_request_context(), force_locale(locale):
            answer = answer_of("x", said, replayed=False)
        told[locale] = (answer.expected, answer.got, answer.todo)
        assert all(told[locale])
        assert answer.expected != answer.got
        assert answer.message.startswith(block)
    assert told["zh_Hans_CN"][2] != told["en"][2]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told["zh_Hans_CN"][2])
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in told["en"][2])


def test_e27_two_who_count_one_shelf_and_e28_what_is_counted(session):
    store = make_store(session)
    first, second = (Counter(session, make_person(session, roles=("keeper",)), COUNTER) for _ in range(2))
    assert first.block(COUNT, store.finished, store.finished) is None
    assert second.block(COUNT, store.finished, store.finished) == "E27"
    assert first.block(COUNT, store.stored, store.finished) is None
    assert first.block(COUNT, store.stored, store.finished) == "E28"
