from dataclasses import replace
from decimal import Decimal

import pytest

from core.pdf.blocks import (
    Beside,
    Column,
    Facts,
    Figure,
    Heading,
    NewPage,
    Paragraph,
    Signatures,
    Table,
    Together,
)
from core.pdf.frame import Document, render_document
from core.pdf.shapes import Align, Fill, Picture, Words, rect
from tests.core.pdf.paper import page_count, scanned, size_mm, words

COLUMNS = (Column("序", 1, Align.RIGHT), Column("名称", 6), Column("重量", 2, Align.RIGHT))
SHEET = Picture(
    2440,
    1220,
    (
        rect(0, 0, 2440, 1220),
        rect(10, 854, 2065, 350, fill=Fill.HATCH),
        Words(1000, 1000, "余料", is_on_white=True),
        Words(60, 400, "立着八百四", is_upright=True, room=400),
    ),
)


def document(*blocks, **over):
    return replace(Document("发货单", "DN2611-0007", "江山榫木门厂", "打印于 2026-11-22", blocks), **over)


def rows(count):
    return tuple((f"N{n}", f"第{n}包", f"{n}.5") for n in range(count))


def test_every_page_says_what_it_is_and_which_of_how_many():
    content = render_document(document(Table(COLUMNS, rows(120)))).content
    assert page_count(content) == 3
    for page in range(3):
        text = words(content, page)
        assert all(part in text for part in ("发货单", "DN2611-0007", "江山榫木门厂", "打印于2026-11-22"))
        assert f"{page + 1}/3" in text


def test_a_table_repeats_its_header_and_loses_no_row():
    content = render_document(document(Table(COLUMNS, rows(120)))).content
    pages = [words(content, page) for page in range(page_count(content))]
    assert all("序名称重量" in page for page in pages)
    assert all("".join(pages).count(f"N{n}第{n}包{n}.5") == 1 for n in range(120))


def test_a_total_does_not_stand_alone_on_a_page():
    for count in range(30, 45):
        content = render_document(document(Table(COLUMNS, rows(count), total=("", "合计", "99.0")))).content
        last = words(content, page_count(content) - 1)
        assert "合计" in last
        assert f"N{count - 1}" in last


def test_long_chinese_in_a_cell_is_broken_and_all_there():
    long = "门套含立板、横板、档条（长短各一）以及五金配件包，" * 4
    content = render_document(document(Table(COLUMNS, (("1", long, "2.5"),)))).content
    assert long in words(content)


def test_a_row_longer_than_a_page_goes_on_overleaf():
    long = "内容很长" * 1500
    content = render_document(document(Table(COLUMNS, (("1", long, "2.5"),)))).content
    pages = [words(content, page) for page in range(page_count(content))]
    assert len(pages) > 1
    assert sum(page.count("内") for page in pages) == 1500


def test_a_heading_goes_over_with_what_it_heads():
    for count in range(35, 42):
        blocks = Table(COLUMNS, rows(count)), Heading("排版图"), Paragraph("标题下的第一行")
        content = render_document(document(*blocks)).content
        pages = [words(content, page) for page in range(page_count(content))]
        assert ["排版图" in page for page in pages] == ["标题下的第一行" in page for page in pages]


def test_facts_figures_and_signatures_are_all_on_the_paper():
    blocks = (
        Facts((("经销商", "衢州柯城店"), ("地址", "很长的地址" * 12), ("电话", "13800000000"))),
        Together((Heading("排版图"), Figure(SHEET, width_mm=150))),
        Signatures(("发货人", "司机", "收货人")),
    )
    text = words(render_document(document(*blocks)).content)
    parts = ("经销商", "衢州柯城店", "13800000000", "余料", "立着八百四", "发货人", "收货人")
    assert all(part in text for part in parts)
    assert text.count("很长的") == 12


def test_a_figure_too_high_for_the_page_is_made_smaller():
    tower = Picture(100, 5000, (rect(0, 0, 100, 5000), Words(50, 4990, "底", size_mm=1)))
    content = render_document(document(Figure(tower))).content
    assert (page_count(content), "底" in words(content)) == (1, True)


@pytest.mark.parametrize(("count", "is_beside"), [(10, True), (60, False)])
def test_a_table_stands_beside_a_figure_where_it_is_not_higher_than_allowed(count, is_beside):
    beside = Beside(Figure(SHEET), Table(COLUMNS, rows(count)), Decimal("0.6"), height_mm=120)
    first, *others = beside.strips(500, 700)
    assert (not others) == is_beside
    content = render_document(document(beside)).content
    text = "".join(words(content, page) for page in range(page_count(content)))
    assert "余料" in text
    assert [row[1] for row in rows(count) if row[1] not in text] == []


def test_a_new_page_begins_where_it_is_asked_and_no_empty_one_follows():
    content = render_document(document(Paragraph("甲"), NewPage(), Paragraph("乙"), NewPage())).content
    assert page_count(content) == 2
    assert "乙" in words(content, 1)


def test_a_document_lies_down_and_carries_its_code():
    content = render_document(document(code="N000042A", is_landscape=True)).content
    assert size_mm(content) == (297, 210)
    assert list(scanned(content).values()) == ["N000042A"]


def test_missing_characters_are_told_wherever_they_stand():
    blocks = (
        Heading("䶮"),
        Facts((("名", "🙂"),)),
        Table(COLUMNS, (("1", "𠮷", ""),)),
        Paragraph("𫚉"),
        Figure(Picture(10, 10, (Words(5, 5, "𩽾"),))),
    )
    printed = render_document(document(*blocks))
    assert printed.missing == ("䶮", "🙂", "𠮷", "𫚉", "𩽾")
    assert words(printed.content).count("□") == 5


def test_the_same_document_gives_the_same_bytes():
    blocks = Table(COLUMNS, rows(50)), Figure(SHEET)
    assert render_document(document(*blocks)) == render_document(document(*blocks))


def test_a_document_without_blocks_is_one_page():
    assert page_count(render_document(document()).content) == 1
