"""Pages of jobs."""

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.clock import now
from core.errors import NotFound
from core.jobs import service
from core.jobs.model import Job
from core.web.access import requires
from core.work import read, run

bp = Blueprint("core_jobs", __name__)


@bp.get("/<int:job_id>.json")
@requires("core.jobs.read")
def job_state(job_id: int) -> ResponseReturnValue:
    """Say how far a job is."""
    job = read().get(Job, job_id)
    if job is None:
        raise NotFound
    return jsonify(
        state=job.state.value,
        label=gettext(job.state.label),
        done=job.done_count,
        total=job.total_count,
        error=job.error,
    )


@bp.post("/<int:job_id>/stop")
@requires("core.jobs.stop")
def job_stop(job_id: int) -> ResponseReturnValue:
    """Ask for a job to be stopped."""
    run(service.stop, job_id, at=now())
    if request.accept_mimetypes.best == "application/json":
        return jsonify(stopping=True)
    back = request.form.get("next", "")
    return redirect(back if back.startswith(("/mes/", "/erp/")) else url_for("core_auth.home"))
