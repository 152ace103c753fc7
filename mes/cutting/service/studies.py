"""Commands of cutting: which stock sizes to buy is asked and answered. None commits; no plan is touched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from core.audit import service as audit
from core.errors import NotFound
from core.i18n import Named
from core.jobs import service as jobs
from erp.materials import queries as materials
from erp.materials.model import Material
from mes.cutting import queries
from mes.cutting.model import Study
from mes.cutting.queries import studies
from mes.cutting.queries.studies import Released
from mes.cutting.rules import cut_job
from mes.cutting.rules.study import SIZES_MOST, NoDemand, NoSizes, StockSize, size_data

SUBJECT = "mes.cutting.study"
STUDY = "cutting.study"  # the kind of job


def ask(
    session: Session,
    material_id: int,
    sizes: Sequence[StockSize],
    released: Released,
    days: tuple[date, date],
    *,
    by: int | None,
    at: datetime,
) -> Study:
    """Have each choice of `sizes` planned, in the background, for what was released in `days` (first, last).

    Raises NotFound, NoSizes, NoDemand, NoStockSize.
    """
    material = session.get(Material, material_id)
    if material is None or material.kind not in studies.CUT_KINDS:
        raise NotFound
    if not 1 <= len(sizes) <= SIZES_MOST:
        raise NoSizes(most=SIZES_MOST)
    weeks = studies.by_week(session, material_id, released)
    if not weeks:
        raise NoDemand(material=Named(material.name, material.name_en))
    articles = materials.articles(session, material_id)
    facts = queries.material_facts(session, material, articles)
    demands = [cut_job(facts, queries.pieces_facts(session, pieces)).instance for pieces in weeks.values()]
    study = Study(
        material_id=material_id,
        since_on=days[0],
        until_on=days[1],
        piece_count=sum(part["quantity"] for demand in demands for part in demand["parts"]),
        question={"sizes": [size_data(size) for size in sizes], "weeks": demands},
        asked_at=at,
        asked_by_id=by,
    )
    session.add(study)
    session.flush()  # for its id, which the job needs
    study.job_id = jobs.enqueue(session, STUDY, {"study_id": study.id}, by=by, at=at).id
    audit.record(session, subject=SUBJECT, subject_id=study.id, verb="ask", by=by, at=at)
    return study


def answer(session: Session, study_id: int, results: list[dict[str, Any]]) -> None:
    """Keep what came of a study; a second worker's answer changes nothing."""
    study = session.get(Study, study_id, with_for_update=True)
    if study is not None and study.answer is None:
        study.answer = results
