"""What runs in the background: drawing a paper of more than two hundred pages, outside any transaction."""

from __future__ import annotations

from core.clock import now
from core.company.views import company
from core.jobs.registry import JobRun
from core.work import close_session, read, run
from mes.worksheets import pdf, queries, service
from mes.worksheets.rules import PaperKind, Scope


def draw_paper(job: JobRun) -> None:
    """Draw one paper and keep it, unless it was kept by another worker or is not wanted any more."""
    asked = job.arguments
    if queries.paper(read(), asked["paper_id"]).file_id is not None:
        return
    kind = PaperKind(asked["kind"])
    sheet = queries.sheet(
        read(), kind, Scope(tuple(asked["order_ids"]), asked.get("batch_id")), asked["operation"]
    )
    close_session()  # drawing takes long; nobody waits for a reader meanwhile
    job.progress(0, len(sheet.pieces))
    printing = pdf.Printing(
        company().named(asked["locale"].startswith("zh")), asked["printed"], asked["subject"], asked["locale"]
    )
    paper = pdf.draw(kind, sheet, asked["operation"], printing)
    if not job.is_stopped():
        job.progress(len(sheet.pieces), len(sheet.pieces))
        run(service.keep, asked["paper_id"], paper.content, at=now())
