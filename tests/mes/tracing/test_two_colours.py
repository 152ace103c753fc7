"""One order in two colours: each colour lot is a batch of its own, and neither has anything of the other's lots."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from erp.catalogue.rules.document import Group
from erp.materials.model import Article
from erp.sales.model import Line
from erp.stock import service as stock
from mes.planning.model import BatchOrder
from mes.planning.rules.batching import Chosen
from mes.splitting.model import DoorSet, Piece, Requirement
from mes.splitting.rules import CutMethod
from mes.tracing import queries
from mes.tracing.rules import Chapter, told
from tests.factories.stock import make_lot, make_place
from tests.mes.planning.test_lots import accept, two_colours
from tests.mes.tracing.world import issue, make_layout

SETS = {"WHITE": 2, "WALNUT": 1}


@pytest.fixture
def colours(session):
    """By colour: its batch, a core piece of it on a board, a lot of boards and one of hinges issued to the batch."""
    order = two_colours(session)
    shelf = make_place(session)
    return {colour: made_of(session, order, colour, shelf) for colour in SETS}


def made_of(session, order, colour, shelf):
    made = SimpleNamespace(
        order=order, shelf=shelf, batch=accept(session, Chosen(order.id, colour, SETS[colour]))
    )
    of_colour = (
        select(Piece)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Line, Line.id == DoorSet.line_id)
        .where(Piece.order_id == order.id, Line.colour_code == colour)
    )
    inside = of_colour.where(Piece.rule_code.startswith("INFILL"), Piece.cut_method == CutMethod.SHEET)
    made.piece = session.scalars(inside.order_by(Piece.id)).first()  # both colours have the same core inside
    made.article = article_of(session, made.piece.material_id)
    made.boards = make_lot(session, made.article, shelf, "20")
    made.kit = session.scalars(
        of_colour.where(Piece.set_id == made.piece.set_id, Piece.part_group == Group.HARDWARE)
    ).first()
    hinge = session.scalars(
        select(Requirement).where(
            Requirement.set_id == made.piece.set_id, Requirement.joins == made.kit.rule_code
        )
    ).first()
    need = {made.piece.material_id: Decimal(5), hinge.material_id: Decimal(50)}
    stock.put_demand(session, "mes.planning.batch", made.batch.id, need)
    made.hinges = make_lot(session, article_of(session, hinge.material_id), shelf, "50")
    for lot in (made.boards, made.hinges):
        issue(session, made, lot, 2)
    make_layout(session, made)
    session.flush()
    return made


def article_of(session, material_id):
    return session.scalars(
        select(Article).where(Article.material_id == material_id).order_by(Article.id)
    ).first()


def lots_of(session, piece):
    return {event.code for event in told(queries.trace(session, "piece", piece.id))[Chapter.LOT]}


def test_a_piece_names_the_lots_of_its_own_colour(session, colours):
    white, walnut = colours["WHITE"], colours["WALNUT"]
    assert (white.piece.material_id, white.article) == (walnut.piece.material_id, walnut.article)
    for one in (white, walnut):
        assert lots_of(session, one.piece) == {one.boards.code}
        assert lots_of(session, one.kit) == {one.hinges.code}


def test_a_lot_names_the_sets_of_its_own_colour(session, colours):
    for colour, one in colours.items():
        (boards,) = queries.dealers(session, "lot", one.boards.id)
        assert (boards.order_id, boards.set_count, boards.piece_count) == (one.order.id, 1, 1)
        (hinges,) = queries.dealers(session, "lot", one.hinges.id)
        assert (hinges.order_id, hinges.set_count) == (one.order.id, SETS[colour])


def test_a_colour_is_in_one_batch_with_all_its_sets(session, colours):
    rows = session.execute(select(BatchOrder.colour_code, BatchOrder.batch_id)).all()
    assert sorted(rows) == sorted((colour, one.batch.id) for colour, one in colours.items())
