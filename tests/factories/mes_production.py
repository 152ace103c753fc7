"""A small released order on the floor, made of plain rows."""

from datetime import UTC, date, datetime
from decimal import Decimal

from core.codelists import service as codelists
from core.codes import Letter
from core.numbers.service import next_codes
from erp.catalogue.model import Door, DoorVersion
from erp.catalogue.rules.document import DimBasis, DoorKind
from erp.materials.model import Article, Material
from erp.materials.rules import Grain, MaterialKind, Unit
from erp.parties.model import Party
from erp.parties.rules import PartyKind
from erp.sales.model import Line, Order
from erp.sales.rules.states import OrderState
from mes.cutting.model import CutLayout, CutPlan, Placement
from mes.cutting.rules import PlanState
from mes.planning.model import Batch
from mes.scanning import service as scanning
from mes.scanning.rules import StationKind
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import CutMethod, PieceState

FROZEN = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
OPERATIONS = [
    {"code": "CUT", "name": {"zh": "开料", "en": "cutting"}},
    {"code": "PRESS", "name": {"zh": "压合", "en": "pressing"}},
    {"code": "EDGE", "name": {"zh": "封边", "en": "edge banding"}},
    {"code": "QC", "name": {"zh": "终检", "en": "final inspection"}},
]
DRAWING = {
    **{"ow": 900, "oh": 2100, "wt": 240, "gi": 10, "gt": 10, "tb": 22, "co": 12, "aw": 80},
    **{"fw": 880, "fh": 2090, "gs": 3, "gb": 10, "gm": 4, "lock_up": 1000, "backset": 60},
    "leaves": [{"w": 830, "h": 2055, "hinge": "L", "active": True, "style": "two", "glass": None}],
    "out": False,
}


def make_station(session, operations=("EDGE",), kind=StationKind.FLOOR, name="封边机"):
    return scanning.add_station(session, name, "edge bander", kind, tuple(operations))


def make_device(session, station):
    return scanning.enrol(session, station.id, "平板", by=None, at=FROZEN)


def make_defects(session):
    codelists.put(session, "defect", "CHP", "崩边", "chipping", [], 1)
    codelists.put(session, "defect", "SCR", "划伤碰伤", "scratch or dent", [], 2)
    session.flush()


def make_door_version(session):
    door = Door(code="M-12", name="双格板", name_en="two panels", kind=DoorKind.SINGLE)
    session.add(door)
    session.flush()
    version = DoorVersion(
        door_id=door.id, position=1, document={"operations": OPERATIONS}, sha256="0" * 64, loaded_at=FROZEN
    )
    session.add(version)
    session.flush()
    door.current_version_id = version.id
    return version


def make_order(session, *, number="SO2611-0042", due_on=date(2026, 11, 28), piece_count=2):
    dealer = Party(code=f"D-{number}", kind=PartyKind.DEALER, name="衢州 柯城店")
    session.add(dealer)
    session.flush()
    order = Order(
        number=number,
        dealer_id=dealer.id,
        due_on=due_on,
        state=OrderState.RELEASED,
        created_at=FROZEN,
        released_at=FROZEN,
        set_count=1,
        piece_count=piece_count,
        package_count=1,
    )
    session.add(order)
    session.flush()
    return order


def make_set(session, order, version):
    line = Line(
        order_id=order.id,
        position=1,
        room="主卧",
        door_id=version.door_id,
        kind=DoorKind.SINGLE,
        colour_code="WHITE",
        dim_basis=DimBasis.OPENING,
        width_mm=Decimal(900),
        height_mm=Decimal(2100),
        wall_mm=Decimal(240),
        handing=None,
        options={},
        measures={},
        set_count=1,
        source={},
    )
    session.add(line)
    session.flush()
    (code,) = next_codes(session, Letter.DOOR_SET, 1)
    door_set = DoorSet(
        code=code,
        number=f"{order.number}-1-1",
        order_id=order.id,
        line_id=line.id,
        position=1,
        room="主卧",
        door_version_id=version.id,
        parameters_sha256="0" * 64,
        evaluator="1",
        results={},
        drawing=DRAWING,
        packages=[],
        frozen_at=FROZEN,
    )
    session.add(door_set)
    session.flush()
    return door_set


def make_piece(session, door_set, **over):
    """A left jamb that is to be cut, banded and inspected, unless told otherwise."""
    is_tracked = over.get("is_tracked", True)
    given = {
        "code": next_codes(session, Letter.PIECE, 1)[0] if is_tracked else None,
        "set_id": door_set.id,
        "order_id": door_set.order_id,
        "rule_code": "JAMB_L",
        "name": "左立板",
        "name_en": "left jamb",
        "part_group": "FRAME",
        "length_mm": Decimal(2090),
        "width_mm": Decimal(240),
        "cut_method": CutMethod.SHEET,
        "grain": Grain.LENGTH,
        "part_count": 1,
        "is_tracked": is_tracked,
        "edges": "",
        "mitre": "",
        "drawn_as": "JAMB_L",
        "route": ["CUT", "EDGE", "QC"],
        "step_count": 0,
        "state": PieceState.PLANNED,
        "is_urgent": False,
        "changed_at": FROZEN,
    }
    piece = Piece(**(given | over))
    session.add(piece)
    session.flush()
    return piece


def make_sheets(session, count=1, state=PlanState.READY):
    """A cut plan with some physical sheets."""
    board = Material(code="T-BOARD", name="密度板", kind=MaterialKind.SHEET, unit_code=Unit.SQUARE_METRE)
    session.add(board)
    session.flush()
    article = Article(
        material_id=board.id, code="T-BOARD-2440", length_mm=Decimal(2440), width_mm=Decimal(1220)
    )
    (batch_code,) = next_codes(session, Letter.BATCH, 1)
    batch = Batch(number="BA2611-0099", code=batch_code, created_at=FROZEN)
    session.add_all([article, batch])
    session.flush()
    plan = CutPlan(
        number="BA2611-0099-1",
        batch_id=batch.id,
        material_id=board.id,
        state=state,
        instance={},
        piece_count=count,
        created_at=FROZEN,
    )
    session.add(plan)
    session.flush()
    sheets = [
        CutLayout(code=code, plan_id=plan.id, position=position, pattern=0, article_id=article.id)
        for position, code in enumerate(next_codes(session, Letter.SHEET, count), 1)
    ]
    session.add_all(sheets)
    session.flush()
    return sheets


def place(session, sheet, piece, position=1):
    """Put one part of a piece on a sheet."""
    session.add(
        Placement(
            layout_id=sheet.id,
            piece_id=piece.id,
            position=position,
            x_mm=Decimal(10),
            y_mm=Decimal(10),
            length_mm=Decimal(2090),
            width_mm=Decimal(240),
            is_turned=False,
        )
    )
    session.flush()
