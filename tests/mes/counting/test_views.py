import io
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from erp.materials.model import Article
from erp.stock.model import Balance, Lot
from erp.stock.rules import PlaceKind
from mes.counting.model import Count
from mes.counting.rules import CountState
from tests.factories.stock import make_article, make_lot, make_place
from tests.mes.counting.shelf import last_count, make_counter

D = Decimal
PAGES = "/mes/counting/"


@pytest.fixture
def waiting(session):
    """A count that waits for approval: 8 counted of 10."""
    shelf = make_place(session)
    lot = make_lot(session, place=shelf, qty="10")
    counter = make_counter(session)
    for _ in range(2):
        counter.round(shelf, (lot, 8))
    session.commit()
    return last_count(session, shelf)


def text(answer):
    return answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("locale", "words"),
    [("zh_Hans_CN", ("库存准确率", "待审批")), ("en", ("Record accuracy", "Waits for approval"))],
)
def test_the_list_tells_the_accuracy_and_what_waits(client_for, waiting, locale, words):
    page = text(client_for("leader", locale=locale).get(PAGES))
    assert waiting.number in page
    for word in words:
        assert word in page


def test_places_are_chosen_to_be_counted(session, client_for):
    keeper, place = client_for("keeper"), make_place(session)
    session.commit()
    assert keeper.post(PAGES, data={}).status_code == 400
    assert keeper.post(PAGES, data={"place_id": place.id}).status_code == 303
    assert last_count(session, place).state is CountState.PLANNED
    assert place.name in text(keeper.get(f"{PAGES}scan"))


def test_while_it_is_counted_no_page_tells_book_or_count(session, client_for):
    shelf = make_place(session)
    lot = make_lot(session, place=shelf, qty="4217")
    counter = make_counter(session)
    counter.place(shelf)
    counter.lot(shelf, lot, 12)
    counter.place(shelf)
    session.commit()
    count, chief = last_count(session, shelf), client_for("leader")
    assert "4217" not in text(chief.get(f"{PAGES}{count.id}/"))
    assert chief.get(f"{PAGES}{count.id}.xlsx").status_code == 403


def test_a_second_person_approves_and_the_reason_that_is_missing_is_asked_for(session, client_for, waiting):
    chief = client_for("leader")
    url = f"{PAGES}{waiting.id}/"
    assert chief.get(url).status_code == 200
    refused = chief.post(f"{url}approve", data={"reason": ""})
    assert refused.status_code == 422
    assert "请写明原因" in text(refused)
    assert chief.post(f"{url}approve", data={"reason": "damaged by the fork lift"}).status_code == 303
    session.refresh(waiting)
    assert (waiting.state, waiting.closed_by_id) == (CountState.DONE, chief.person_id)
    assert chief.get(f"{PAGES}{waiting.id}.xlsx").status_code == 200


def test_the_keeper_who_counts_may_not_approve(client_for, waiting):
    assert (
        client_for("keeper").post(f"{PAGES}{waiting.id}/approve", data={"reason": "xxx"}).status_code == 403
    )


def test_a_count_is_sent_back_or_cancelled(session, client_for, waiting):
    chief = client_for("leader")
    chief.post(f"{PAGES}{waiting.id}/again")
    session.refresh(waiting)
    assert waiting.state is CountState.RECOUNT
    assert chief.post(f"{PAGES}{waiting.id}/cancel", data={"reason": ""}).status_code == 422
    chief.post(f"{PAGES}{waiting.id}/cancel", data={"reason": "wrong shelf"})
    session.refresh(waiting)
    assert waiting.state is CountState.CANCELLED


# --- spreadsheets -------------------------------------------------------------


def test_opening_stock_comes_out_of_a_file_and_twice_is_once(session, client_for):
    article, place, keeper = make_article(session), make_place(session), client_for("keeper")
    session.commit()
    sheet = f"料号,数量,库位\n{article.code},12,{place.name}\n{article.code},3,{place.code}\n"

    def send():
        file = (io.BytesIO(sheet.encode("gb18030")), "期初.csv")
        return keeper.post(f"{PAGES}opening", data={"file": file, "form_key": "one page"})

    assert send().status_code == 303
    assert send().status_code == 303
    assert session.scalar(select(func.sum(Balance.on_hand_qty)).where(Balance.place_id == place.id)) == 15
    lots = session.scalars(select(Lot).where(Lot.article_id == article.id)).all()
    assert [(lot.supplier_reference, lot.code[0]) for lot in lots] == [("期初库存", "R")] * 2


def test_a_wrong_row_is_named_nothing_is_taken_and_nothing_is_lost(session, client_for):
    article, place, keeper = make_article(session), make_place(session), client_for("keeper", locale="en")
    packages = make_place(session, PlaceKind.FINISHED)
    session.commit()
    lines = (
        "Article code\tQuantity\tPlace",
        f"{article.code}\t12\t{place.name}",
        f"NO-SUCH\t3\t{place.name}",
        f"{article.code}\ttwelve\t{place.name}",
        f"{article.code}\t1\tNOWHERE",
        f"{article.code}\t1.5\t{place.name}",
        f"{article.code}\t2\t{packages.name}",
        f"{article.code}\t0\t{place.name}",
    )
    answer = keeper.post(f"{PAGES}opening", data={"rows": "\n".join(lines), "form_key": "k"})
    page = text(answer)
    assert answer.status_code == 422
    for words in (
        "“NO-SUCH”",
        "“twelve”",
        "“NOWHERE”",
        "not a whole number",
        "material does not go there",
        "6 rows need",
    ):
        assert words in page
    for line in lines[1:]:
        assert line.split("\t")[0] in page
    assert "twelve" in page.split("<textarea")[1]
    assert session.scalar(select(func.count()).select_from(Lot).where(Lot.article_id == article.id)) == 0


def test_a_file_that_cannot_be_read_says_why(client_for):
    keeper = client_for("keeper")
    answer = keeper.post(f"{PAGES}opening", data={"file": (io.BytesIO(b"\x89PNG\r\n"), "a.png")})
    assert answer.status_code == 422
    assert keeper.post(f"{PAGES}opening", data={"rows": ""}).status_code == 422


def test_a_count_on_paper_is_one_round_of_each_place(session, client_for):
    right, wrong, keeper = make_place(session), make_place(session), client_for("keeper")
    a, b = make_lot(session, place=right, qty="5"), make_lot(session, place=wrong, qty="7")
    session.commit()
    code = session.get(Article, b.article_id).code
    rows = f"料批,料号,数量,库位\n{a.code},,5,{right.name}\n,{code},6,{wrong.name}\n"
    assert keeper.post(f"{PAGES}sheet", data={"rows": rows}).status_code == 303
    states = dict(session.execute(select(Count.place_id, Count.state)).all())
    assert states == {right.id: CountState.DONE, wrong.id: CountState.RECOUNT}


def test_a_paper_row_that_fits_several_lots_or_none_is_refused(session, client_for):
    place, article, keeper = make_place(session), make_article(session), client_for("keeper", locale="en")
    lots = [make_lot(session, article, place, "5") for _ in range(2)]
    other = make_article(session)
    session.commit()
    rows = (
        "Lot\tArticle code\tQuantity\tPlace\n"
        f"\t{article.code}\t10\t{place.name}\n"
        f"\t{other.code}\t1\t{place.name}\n"
        f"{lots[0].code}\t\t5\t{place.name}\n"
        f"{lots[0].code}\t\t5\t{place.name}\n"
    )
    page = text(keeper.post(f"{PAGES}sheet", data={"rows": rows}))
    assert f"{lots[0].code}, {lots[1].code}" in page
    assert "has no lot at" in page
    assert "in line 3 already" in page
    assert session.scalar(select(func.count()).select_from(Count)) == 0
