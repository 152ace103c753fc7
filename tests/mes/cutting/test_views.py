import csv
import io
import zipfile
from decimal import Decimal

import pypdfium2
from sqlalchemy import select

from core.jobs.worker import run_waiting
from erp.materials.model import Article
from mes.cutting.model import CutLayout, CutPlan, Offcut, Placement
from mes.cutting.queries import settings
from mes.cutting.rules import PlanState
from mes.nesting.rules.instance import Kind
from mes.planning.service import create_batch
from mes.splitting.model import DoorSet, Piece
from tests.conftest import NOON
from tests.factories.factory import load_pack, make_line, release_order
from tests.mes.cutting.ptx_reader import replayed


def make_batch(session, set_count=2):
    order = release_order(session, make_line(set_count=set_count))
    batch = create_batch(session, [order.id], by=None, at=NOON)
    session.commit()
    return batch, order


def plans_of(session, batch, kind):
    session.expire_all()
    rows = session.scalars(select(CutPlan).where(CutPlan.batch_id == batch.id).order_by(CutPlan.id))
    return [plan for plan in rows if plan.instance["kind"] == kind.value]


def planned(client, app, session):
    batch, order = make_batch(session)
    client.post(f"/mes/cutting/batches/{batch.id}/plan")
    run_waiting(app)
    return batch, order


def text_of(answer):
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    document = pypdfium2.PdfDocument(io.BytesIO(answer.data))
    return [page.get_textpage().get_text_bounded() for page in document]


def test_the_page_of_a_batch_has_the_button_then_the_progress_then_the_plans(client_for, app, session):
    batch, _ = make_batch(session)
    client, address = client_for("splitter"), f"/mes/planning/batches/{batch.id}/"
    assert f"/mes/cutting/batches/{batch.id}/plan" in client.get(address).text
    assert client.post(f"/mes/cutting/batches/{batch.id}/plan").status_code == 303
    assert "data-job=" in client.get(address).text
    run_waiting(app)
    done = client.get(address).text
    assert "data-job=" not in done
    for plan in plans_of(session, batch, Kind.SHEET):
        assert f"/mes/cutting/plans/{plan.id}/plan.pdf" in done


def test_a_sheet_is_shown_with_its_parts_and_numbered_cuts(client_for, app, session):
    client = client_for("splitter", locale="en")
    batch, _ = planned(client, app, session)
    plan = plans_of(session, batch, Kind.SHEET)[0]
    page = client.get(f"/mes/cutting/plans/{plan.id}/?sheet=1")
    assert page.status_code == 200
    assert page.text.count('class="no"') > 0
    code = session.scalars(select(CutLayout.code).where(CutLayout.plan_id == plan.id)).first()
    assert code in page.text
    assert "Yield" in page.text


def test_bars_are_shown_below_each_other(client_for, app, session):
    client = client_for("splitter")
    batch, _ = planned(client, app, session)
    plan = plans_of(session, batch, Kind.BAR)[0]
    page = client.get(f"/mes/cutting/plans/{plan.id}/").text
    codes = session.scalars(select(CutLayout.code).where(CutLayout.plan_id == plan.id)).all()
    assert [code for code in codes if code not in page] == []
    assert (
        page.count("bar-plan") == len(plan.result["layouts"]) < plan.stock_count
    )  # equal bars are one picture


def test_a_sheet_beyond_the_last_shows_the_last(client_for, app, session):
    client = client_for("splitter")
    batch, _ = planned(client, app, session)
    plan = plans_of(session, batch, Kind.SHEET)[0]
    assert client.get(f"/mes/cutting/plans/{plan.id}/?sheet=9999").status_code == 200
    assert client.get(f"/mes/cutting/plans/{plan.id}/?sheet=x").status_code == 200


def test_the_plan_as_pdf_names_every_sheet(client_for, app, session):
    client = client_for("splitter")
    batch, _ = planned(client, app, session)
    for kind in Kind:
        plan = plans_of(session, batch, kind)[0]
        text = "".join(text_of(client.get(f"/mes/cutting/plans/{plan.id}/plan.pdf")))
        codes = session.scalars(select(CutLayout.code).where(CutLayout.plan_id == plan.id)).all()
        assert all(code in text for code in codes)
        assert plan.number in text


def test_labels_come_in_cutting_order_one_a_piece_and_in_chinese(client_for, app, session):
    client = client_for("splitter", locale="en")
    batch, order = planned(client, app, session)
    plan = plans_of(session, batch, Kind.SHEET)[0]
    pages = text_of(client.get(f"/mes/cutting/plans/{plan.id}/labels.pdf"))
    pieces = session.scalars(
        select(Piece).where(
            Piece.order_id == order.id, Piece.material_id == plan.material_id, Piece.is_tracked
        )
    ).all()
    sheets = session.scalars(select(CutLayout.code).where(CutLayout.plan_id == plan.id)).all()
    offcuts = session.scalars(select(Offcut).join(CutLayout).where(CutLayout.plan_id == plan.id)).all()
    assert len(pages) == len(pieces) + len(sheets) + len(offcuts)
    assert sheets[0] in pages[0]
    for piece in pieces:
        (label,) = [page for page in pages if piece.code in page]
        assert piece.name in label


def test_all_labels_of_a_batch_come_in_one_go_its_own_first(client_for, app, session):
    client = client_for("splitter")
    batch, order = planned(client, app, session)
    pages = text_of(client.get(f"/mes/cutting/batches/{batch.id}/labels.pdf"))
    sheets = session.scalars(select(CutLayout.code)).all()
    cut = session.scalars(
        select(Piece.code).where(Piece.order_id == order.id, Piece.is_tracked, Piece.material_id.is_not(None))
    ).all()
    offcuts = session.scalars(select(Offcut.code)).all()
    assert (batch.code in pages[0], len(pages)) == (True, 1 + len(sheets) + len(cut) + len(offcuts))
    text = "".join(pages)
    assert [code for code in (*sheets, *cut, *offcuts) if code not in text] == []


def test_labels_of_a_book_come_as_its_parts_come_off(client_for, app, session):
    client = client_for("splitter")
    batch, _ = make_batch(session, set_count=6)
    saw = settings.saw_rows(session)[0].station
    told = {"book_height_mm": "70", "ptx_version": "1.08"}
    assert client.post(f"/mes/cutting/saws/{saw.id}", data=told).status_code == 303
    client.post(f"/mes/cutting/batches/{batch.id}/plan")
    run_waiting(app)
    plan, sheets = stacked(session, batch)
    pages = text_of(client.get(f"/mes/cutting/plans/{plan.id}/labels.pdf"))
    own = [next(n for n, page in enumerate(pages) if code in page) for code, _ in sheets]
    assert own[1] == own[0] + 1  # both boards of the book are labelled before anything comes off them
    places = session.execute(
        select(Piece.code, Placement.layout_id)
        .join(Placement, Placement.piece_id == Piece.id)
        .where(Placement.layout_id.in_([key for _, key in sheets]), Placement.position == 1)
        .order_by(Placement.layout_id)
    ).all()
    first = [next(n for n, page in enumerate(pages) if code in page) for code, _ in places]
    assert first[1] == first[0] + 1  # the first part of each board, side by side


def stacked(session, batch):
    """A plan with a pattern that is cut twice with labelled parts, and (code, id) of its first two boards."""
    for plan in plans_of(session, batch, Kind.SHEET):
        rows = session.execute(
            select(CutLayout.pattern, CutLayout.code, CutLayout.id)
            .join(Placement, Placement.layout_id == CutLayout.id)
            .join(Piece, Piece.id == Placement.piece_id)
            .where(
                CutLayout.plan_id == plan.id, Placement.position == 1, Piece.is_tracked, Piece.part_count == 1
            )
            .order_by(CutLayout.position)
        ).all()
        for pattern in {row.pattern for row in rows}:
            found = [(row.code, row.id) for row in rows if row.pattern == pattern]
            if len(found) > 1:
                return plan, found[:2]
    raise AssertionError("no pattern is cut twice")


def test_a_plan_is_taken_to_other_programs_as_ptx_dxf_and_csv(client_for, app, session):
    client = client_for("operator")
    batch, _ = planned(client_for("splitter"), app, session)
    plan = plans_of(session, batch, Kind.SHEET)[0]
    made, used, _ = replayed(client.get(f"/mes/cutting/plans/{plan.id}/plan.ptx").data)
    assert (sum(made.values()), sum(used.values())) == (plan.piece_count, plan.stock_count)
    assert b"PATTERNS" not in client.get(f"/mes/cutting/plans/{plan.id}/plan.ptx?parts=1").data
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"/mes/cutting/plans/{plan.id}/layouts.zip").data))
    assert len(archive.namelist()) == len(plan.result["layouts"])
    text = client.get(f"/mes/cutting/plans/{plan.id}/parts.csv").data.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == plan.piece_count
    assert [int(line["张号"]) for line in lines] == sorted(int(line["张号"]) for line in lines)


def test_a_plan_of_bars_is_taken_to_a_bar_saw_as_ptx(client_for, app, session):
    client = client_for("splitter")
    batch, _ = planned(client, app, session)
    plan = plans_of(session, batch, Kind.BAR)[0]
    made, used, _ = replayed(client.get(f"/mes/cutting/plans/{plan.id}/plan.ptx").data)
    assert (sum(made.values()), sum(used.values())) == (plan.piece_count, plan.stock_count)
    assert b"PATTERNS" not in client.get(f"/mes/cutting/plans/{plan.id}/plan.ptx?parts=1").data
    assert "plan.ptx" in client.get(f"/mes/cutting/plans/{plan.id}/").text


def test_bars_whose_parts_do_not_agree_in_width_have_no_ptx(client_for, app, session):
    client = client_for("splitter")
    batch, _ = planned(client, app, session)
    plan = plans_of(session, batch, Kind.BAR)[0]
    on_it = select(Placement.piece_id).join(CutLayout, CutLayout.id == Placement.layout_id)
    piece = session.get(Piece, session.scalars(on_it.where(CutLayout.plan_id == plan.id)).first())
    piece.width_mm += 10
    session.commit()
    answer = client.get(f"/mes/cutting/plans/{plan.id}/plan.ptx")
    assert (answer.status_code, "WIDTH" in answer.text) == (422, True)


def test_saws_and_materials_are_told_how_to_cut(client_for, session):
    load_pack(session)
    session.commit()
    client = client_for("splitter")
    page = client.get("/mes/cutting/saws/").text
    saw = settings.saw_rows(session)[0].station
    assert saw.name in page
    bar = next(one.material for one in settings.material_rows(session) if one.material.kind.value == "BAR")
    told = {"offcut_length_mm": "500", "offcut_percent": "30", "mitre_mm": "80", "station_id": saw.id}
    assert client.post(f"/mes/cutting/saws/materials/{bar.id}", data=told).status_code == 303
    kept = settings.setting_of(session, bar.id)
    assert (kept.offcut_length_mm, kept.offcut_rate, kept.mitre_mm) == (500, Decimal("0.3"), 80)
    wrong = client.post(f"/mes/cutting/saws/materials/{bar.id}", data=told | {"offcut_percent": "130"})
    assert (wrong.status_code, 'value="130"' in wrong.text) == (400, True)
    assert client.post(f"/mes/cutting/saws/{saw.id}", data={"ptx_version": "x"}).status_code == 400
    assert client_for("operator").post(f"/mes/cutting/saws/{saw.id}", data={}).status_code == 403


def test_what_a_saw_takes_for_mitred_ends_is_in_the_plan_its_picture_and_its_list(client_for, app, session):
    order = release_order(session, make_line(options={"corner": "MITRE45"}))
    batch = create_batch(session, [order.id], by=None, at=NOON)
    saw = settings.saw_rows(session)[0].station
    session.commit()
    client = client_for("splitter", locale="en")
    told = {"ptx_version": "1.08", "mitre_mm": "1.7", "is_wedge_lost": "1"}
    assert client.post(f"/mes/cutting/saws/{saw.id}", data=told).status_code == 303
    assert 'value="1.7"' in client.get("/mes/cutting/saws/").text
    client.post(f"/mes/cutting/batches/{batch.id}/plan")
    run_waiting(app)
    session.expire_all()
    piece = session.scalars(
        select(Piece).where(Piece.order_id == order.id, Piece.rule_code == "ARCH_OPEN_H")
    ).one()
    assert piece.mitre == "45/45"
    plan = session.scalars(select(CutPlan).where(CutPlan.material_id == piece.material_id)).one()
    file = client.get(f"/mes/cutting/plans/{plan.id}/parts.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    found = {row["Label"]: row["Mitre allowance, mm"] for row in rows}
    # two ends, each 1.7 and a wedge as long as the profile is wide
    assert Decimal(found[piece.code]) == 2 * (Decimal("1.7") + piece.width_mm)
    drawn = sum(len(layout["placements"]) for layout in plan.result["layouts"])  # equal bars are one picture
    assert client.get(f"/mes/cutting/plans/{plan.id}/").text.count('class="offcut"') >= drawn
    paper = " ".join(text_of(client.get(f"/mes/cutting/plans/{plan.id}/plan.pdf")))
    # the stop is set to the piece's own length; what the mitres take stands beside it
    assert f"{piece.cut_length_mm.normalize():f} 45° / 45°" in paper
    assert f"{(2 * (Decimal('1.7') + piece.width_mm)).normalize():f}" in paper


def test_the_paper_of_boards_begins_with_trimming_and_fits_its_first_pattern_on_the_first_page(
    client_for, app, session
):
    client = client_for("splitter", locale="en")
    batch, _ = planned(client, app, session)
    for plan in plans_of(session, batch, Kind.SHEET):
        pages = text_of(client.get(f"/mes/cutting/plans/{plan.id}/plan.pdf"))
        assert "Pattern 1 " in pages[0]
        assert f"at first trim the four edges {plan.instance['trim_mm']['left']} 4" in pages[0]
        assert "right through" in pages[0]


def test_papers_of_a_plan_that_is_not_computed_are_not_found(client_for, session):
    batch, _ = make_batch(session)
    client = client_for("splitter")
    client.post(f"/mes/cutting/batches/{batch.id}/plan")
    plan = plans_of(session, batch, Kind.SHEET)[0]
    assert plan.state is PlanState.QUEUED
    assert client.get(f"/mes/cutting/plans/{plan.id}/").status_code == 200
    assert client.get(f"/mes/cutting/plans/{plan.id}/plan.pdf").status_code == 404
    assert client.get(f"/mes/cutting/plans/{plan.id}/labels.pdf").status_code == 404


def test_planning_twice_says_that_it_is_running(client_for, session):
    batch, _ = make_batch(session)
    client = client_for("splitter")
    client.post(f"/mes/cutting/batches/{batch.id}/plan")
    answer = client.post(f"/mes/cutting/batches/{batch.id}/plan")
    assert answer.status_code == 409
    assert batch.number in answer.text


def test_an_operator_reads_plans_and_computes_none(client_for, app, session):
    batch, _ = planned(client_for("splitter"), app, session)
    client = client_for("operator")
    plan = plans_of(session, batch, Kind.SHEET)[0]
    assert client.get(f"/mes/cutting/plans/{plan.id}/").status_code == 200
    assert client.post(f"/mes/cutting/batches/{batch.id}/plan").status_code == 403


def test_a_packer_sees_no_plans(client_for):
    assert client_for("packer").get("/mes/cutting/plans/").status_code == 403


def test_the_list_of_plans_finds_by_material_and_is_exported(client_for, app, session):
    client = client_for("splitter", locale="en")
    batch, _ = planned(client, app, session)
    assert batch.number in client.get("/mes/cutting/plans/").text
    assert client.get("/mes/cutting/plans/export.xlsx").data.startswith(b"PK")
    assert "No cut plan fits this search." in client.get("/mes/cutting/plans/?q=nothing").text


def test_the_label_of_a_sheet_leads_to_its_picture(client_for, app, session):
    client = client_for("splitter")
    batch, _ = planned(client, app, session)
    plan = plans_of(session, batch, Kind.SHEET)[0]
    code = session.scalars(select(CutLayout.code).where(CutLayout.plan_id == plan.id)).first()
    found = client_for("operator").get(f"/api/v1/scans/resolve?code={code}")
    assert (found.status_code, plan.number in found.text) == (200, True)


def test_a_pair_of_leaves_is_planned_side_by_side_and_says_so_on_plan_and_label(client_for, app, session):
    order = release_order(
        session, make_line(door_code="M-DOUBLE", width_mm=Decimal(1200), set_count=2), make_line()
    )
    batch = create_batch(session, [order.id], by=None, at=NOON)
    faces = session.scalars(select(Piece).where(Piece.rule_code == "FACE_1")).first()
    large = {"length_mm": Decimal(2440), "width_mm": Decimal(1830), "cost_price": Decimal(51)}
    session.add(Article(material_id=faces.material_id, code="SK4-LARGE", is_active=True, **large))
    session.commit()
    client = client_for("splitter", locale="en")
    told = {"offcut_percent": "50", "is_matched": "1"}
    assert client.post(f"/mes/cutting/saws/materials/{faces.material_id}", data=told).status_code == 303
    assert "Pairs matched" in client.get("/mes/cutting/saws/").text
    client.post(f"/mes/cutting/batches/{batch.id}/plan")
    run_waiting(app)
    plan = next(one for one in plans_of(session, batch, Kind.SHEET) if one.material_id == faces.material_id)
    assert (plan.state, plan.unplaced_count) == (PlanState.READY, 0)
    lying = session.execute(
        select(Placement, Piece)
        .join(Piece, Piece.id == Placement.piece_id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .where(CutLayout.plan_id == plan.id, Piece.set_id != session.scalar(last_set(order)))
        .order_by(Placement.layout_id, Placement.position)
    ).all()
    assert len(lying) == 8  # two sets, two leaves, two faces
    for (left, one), (right, other) in zip(lying[::2], lying[1::2], strict=True):
        assert (left.layout_id, one.set_id, one.rule_code, other.rule_code) == (
            right.layout_id,
            other.set_id,
            "FACE_1",
            "FACE_2",
        )
        assert (right.x_mm, right.y_mm) == (left.x_mm, left.y_mm + left.width_mm + Decimal("3.2"))
    sheet = session.get(CutLayout, lying[0][0].layout_id).position
    assert "pair 1/2" in client.get(f"/mes/cutting/plans/{plan.id}/?sheet={sheet}").text
    assert "pair 2/2" in "".join(text_of(client.get(f"/mes/cutting/plans/{plan.id}/plan.pdf")))
    assert "成对" in "".join(text_of(client.get(f"/mes/cutting/plans/{plan.id}/labels.pdf")))


def last_set(order):
    return select(DoorSet.id).where(DoorSet.order_id == order.id).order_by(DoorSet.id.desc()).limit(1)


def test_a_saw_says_which_way_it_begins(client_for, app, session):
    batch, _ = make_batch(session)
    client = client_for("splitter", locale="en")
    saw = settings.saw_rows(session)[0].station
    told = {"ptx_version": "1.08", "first_cut": "length"}
    assert client.post(f"/mes/cutting/saws/{saw.id}", data=told).status_code == 303
    assert "Along the length" in client.get("/mes/cutting/saws/").text
    assert client.post(f"/mes/cutting/saws/{saw.id}", data=told | {"first_cut": "no"}).status_code == 400
    client.post(f"/mes/cutting/batches/{batch.id}/plan")
    assert {plan.instance["first_cut"] for plan in plans_of(session, batch, Kind.SHEET)} == {"length"}
