"""A dumped factory carries the prices as they stand, and loads as the same factory."""

from decimal import Decimal

from erp.catalogue import queries as rules
from erp.catalogue import service as catalogue
from erp.catalogue.rules.pack import dump_pack, read_pack
from erp.pricing import queries, service
from tests.factories.factory import MORNING, load_pack

D = Decimal
BY = {"by": None, "at": MORNING}


def white_single(book):
    return next(one.price for one in book.bases if one.model == "M-SINGLE")


def test_a_price_that_was_edited_is_dumped_and_loading_the_dump_changes_nothing(session):
    load_pack(session)
    old = queries.published(session)[0]
    before = white_single(queries.content(old))
    draft = service.draft(session, queries.content(old), **BY)
    service.raise_all(session, draft.id, D("0.1"), D(1), **BY)
    service.publish(session, draft.id, **BY)
    (book,) = (one for one in read_pack(dump_pack(rules.pack(session))).prices if one.code == old.code)
    assert white_single(book) == (before * D("1.1")).to_integral_value()
    count = len(queries.published(session))
    loaded = catalogue.load_pack(session, read_pack(dump_pack(rules.pack(session))), **BY)
    assert (loaded.is_unchanged, len(queries.published(session))) == (True, count)


def test_a_book_out_of_force_is_no_longer_dumped(session):
    load_pack(session)
    for book in queries.published(session):
        service.retire(session, book.id, **BY)
    assert read_pack(dump_pack(rules.pack(session))).prices == ()
