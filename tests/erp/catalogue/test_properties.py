"""What holds for every size inside the limits of every model: nothing absurd, growth, mirroring, sameness."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp.catalogue.rules.document import CheckKind, Field, Handing
from erp.catalogue.rules.explode import attempt, explode
from erp.catalogue.rules.line import GlassTooLarge, LeafTooNarrow, OutOfLimits, StockTooShort
from erp.catalogue.rules.samples import sample
from tests.factories.catalogue import demo_pack

MODELS = demo_pack().documents
TENTH = Decimal("0.1")
OF_THE_SIZE = (GlassTooLarge, LeafTooNarrow, OutOfLimits, StockTooShort)  # what a size may be refused for


def sizes(limit):
    """Sizes inside a limit, to the tenth of a millimetre."""
    return st.integers(int(limit.min * 10), int(limit.max * 10)).map(lambda tenths: tenths * TENTH)


def specs(model):
    wall = sizes(model.limits.wall) if model.limits.wall else st.just(Decimal(0))
    plain = st.builds(
        lambda w, h, wt: sample(model, w, h, wt), sizes(model.limits.width), sizes(model.limits.height), wall
    )
    options = st.fixed_dictionaries(
        {one.code: st.sampled_from([value.code for value in one.values]) for one in model.options}
    )
    return st.builds(lambda spec, chosen: replace(spec, options=chosen), plain, options)


def by_code(made):
    return {piece.code: piece for piece in made.pieces}


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.code)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_no_size_inside_the_limits_gives_an_absurd_piece(model, data):
    spec = data.draw(specs(model))
    made, refusals = attempt(model, spec)
    assert {type(one) for one in refusals} <= set(OF_THE_SIZE), refusals
    if refusals:
        return
    # nothing is longer than the opening and what architraves, laps and a track beside it add
    most = 2 * max(spec.width_mm, spec.height_mm) + 300
    for piece in made.pieces:
        for size in (piece.length_mm, piece.width_mm, piece.cut_length_mm, piece.cut_width_mm):
            assert size is None or 0 < size <= most, piece
        assert piece.count > 0
    packed = {piece.code for piece in made.pieces if piece.package}
    assert packed == {code for one in made.packages for code in one.piece_codes}


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.code)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_larger_opening_has_no_smaller_piece(model, data):
    spec = data.draw(specs(model))
    width, height = data.draw(sizes(model.limits.width)), data.draw(sizes(model.limits.height))
    larger = replace(spec, width_mm=max(spec.width_mm, width), height_mm=max(spec.height_mm, height))
    (small, wrong), (large, also) = attempt(model, spec), attempt(model, larger)
    if wrong or also:
        return
    after = by_code(large)
    assert after.keys() == by_code(small).keys()
    for code, piece in by_code(small).items():
        grown = after[code]
        assert (piece.length_mm or 0) <= (grown.length_mm or 0), code
        assert (piece.width_mm or 0) <= (grown.width_mm or 0), code


@pytest.mark.parametrize(
    "model", [one for one in MODELS if Field.HANDING in one.requires], ids=lambda one: one.code
)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_a_mirrored_door_differs_in_its_hinge_side_only(model, data):
    spec = replace(data.draw(specs(model)), handing=data.draw(st.sampled_from(list(Handing))))
    mirrored = replace(spec, handing=spec.handing.mirrored)
    made, wrong = attempt(model, spec)
    if wrong:
        return
    other = by_code(explode(model, mirrored))
    for code, piece in by_code(made).items():
        twin = other[code]
        assert replace(piece, machining="", drawn_as="") == replace(twin, machining="", drawn_as=""), code
        if piece.machining in list(Handing):
            assert twin.machining == Handing(piece.machining).mirrored
    assert made.requirements == explode(model, mirrored).requirements


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.code)
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_the_same_line_always_gives_the_same_set(model, data):
    spec = data.draw(specs(model))
    assert attempt(model, spec)[0] == attempt(replace(model), replace(spec))[0]


def test_the_demo_uses_every_kind_of_check():
    kinds = {check.kind for model in MODELS for check in model.checks}
    assert kinds == set(CheckKind)
