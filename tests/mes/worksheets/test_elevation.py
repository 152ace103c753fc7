"""The door on paper: what a drawing has is drawn, where it is."""

from decimal import Decimal

from core.pdf.shapes import Path, Words
from erp.catalogue.rules.explode import explode
from mes.worksheets.pdf.elevation import elevation
from tests.factories.catalogue import demo_model, make_spec

D = Decimal


def drawn(**over):
    return elevation(explode(demo_model(), make_spec(**over)).drawing.to_dict())


def boxes(picture):
    """Return every closed shape as (left, top, right, bottom)."""
    found = [shape.points for shape in picture.shapes if isinstance(shape, Path) and shape.is_closed]
    return [
        (min(x for x, _ in one), min(y for _, y in one), max(x for x, _ in one), max(y for _, y in one))
        for one in found
    ]


def test_a_transom_is_drawn_between_head_and_beam_with_its_height():
    # 900 × 2400: gap 10, head 22, light 300 -> glass from 32 to 332, between the jambs 32 … 868; beam of 50 below
    drawing = explode(
        demo_model(), make_spec("900", "2400", options={"top_glass": "CLEAR"}, measures={"light": D(300)})
    ).drawing.to_dict()
    beam = D(str(drawing["beam"]))
    found = boxes(elevation(drawing))
    assert (D(32), D(32), D(868), D(332)) in found
    assert (D(32), D(332), D(868), 332 + beam) in found
    words = [one.text for one in elevation(drawing).shapes if isinstance(one, Words)]
    assert "300" in words


def test_a_door_without_a_transom_has_nothing_above_its_leaf():
    picture = drawn(width="900", height="2100")
    assert "300" not in [one.text for one in picture.shapes if isinstance(one, Words)]
    assert all((left, top) != (D(32), D(32)) for left, top, _right, _bottom in boxes(picture))
