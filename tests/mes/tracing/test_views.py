import pytest

from mes.shipping import service as shipping
from tests.conftest import NOON
from tests.mes.tracing.test_queries import box_of
from tests.mes.tracing.world import make_world

PAGE = "/mes/tracing/"


@pytest.fixture
def world(session):
    made = make_world(session)
    shipping.ship(session, made.load.id, by=None, at=NOON)
    session.commit()
    session.expire_all()
    return made


def text(answer):
    return answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh_Hans_CN", ("料批", "工序", "装车", "扫码与检验")),
        ("en", ("Material lots", "Operations", "On the vehicle", "Scans and checks")),
    ],
)
def test_any_label_leads_to_its_story_in_both_languages(session, client_for, world, locale, words):
    client = client_for("leader", locale=locale)
    box = box_of(session, world.piece)
    for code in (world.piece.code, box.code, box.code.lower()):
        page = text(client.get(PAGE, query_string={"code": code}, follow_redirects=True))
        for word in (*words, world.lot.code, world.layout.code, world.load.number, "刘敏"):
            assert word in page, word
    whole = client.get(f"{PAGE}sets/{world.piece.set_id}/")
    assert whole.status_code == 200


def test_a_lot_and_a_sheet_lead_to_the_dealers(client_for, world):
    client = client_for("clerk", locale="en")
    for code in (world.lot.code, world.layout.code):
        page = text(client.get(PAGE, query_string={"code": code}, follow_redirects=True))
        assert world.order.number in page
    assert client.get(f"{PAGE}lots/{world.lot.id}.xlsx").status_code == 200


def test_a_label_without_a_story_is_refused_with_what_is_expected(client_for, world):
    client = client_for("clerk", locale="en")
    for code in (world.load.code, "P0001A2B0", "nonsense"):
        answer = client.get(PAGE, query_string={"code": code})
        assert (answer.status_code, "is expected" in text(answer)) == (404, True)
    assert client.get(PAGE).status_code == 200
    for path in ("pieces/999999/", "lots/999999/", "sheets/999999/", "lots/999999.xlsx"):
        assert client.get(PAGE + path).status_code == 404


def test_the_search_box_finds_a_story_after_the_word_for_it(client_for, world):
    client = client_for("leader")
    for word in ("追溯", "trace "):
        answer = client.get("/find", query_string={"q": f"{word}{world.piece.code}"})
        assert answer.location.endswith(f"{PAGE}pieces/{world.piece.id}/")


def test_a_packer_reads_no_dealers(client_for, world):
    assert client_for("packer").get(f"{PAGE}lots/{world.lot.id}/").status_code == 403


@pytest.mark.parametrize(
    ("locale", "operation", "known"),
    [("zh_Hans_CN", "封边", "发给批次的料"), ("en", "edge banding", "Issued to the batch")],
)
def test_operations_are_told_by_name_and_lots_with_how_they_are_known(
    client_for, world, locale, operation, known
):
    page = text(client_for("leader", locale=locale).get(f"{PAGE}pieces/{world.piece.id}/"))
    assert operation in page
    assert known in page
    assert ">EDGE<" not in page
