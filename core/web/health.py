"""Is it alive, is it ready, and how fast is it: for those who watch servers."""

from __future__ import annotations

import os
import time

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest, multiprocess
from sqlalchemy import String, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from core.web.access import public
from core.work import read

bp = Blueprint("core_health", __name__)
REVISION = select(column("version_num", String)).select_from(table("alembic_version"))
SECONDS = Histogram("mortise_request_seconds", "Seconds a request took", ["method", "endpoint", "status"])


def head_revision(root: str) -> str | None:
    """Return the newest migration of this code."""
    return ScriptDirectory.from_config(_config(root)).get_current_head()


def _config(root: str) -> Config:
    config = Config()
    config.set_main_option("script_location", f"{root}/migrations")
    return config


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(status="alive")


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Say whether the database is reachable and migrated."""
    try:
        found = read().scalar(REVISION)
    except SQLAlchemyError:
        return jsonify(status="no database"), 503
    wanted = head_revision(current_app.root_path)
    if found != wanted:
        return jsonify(status="not migrated", found=found, wanted=wanted), 503
    return jsonify(status="ready", revision=found)


@bp.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Show the request timings of all processes in Prometheus' format."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        every = CollectorRegistry()
        multiprocess.MultiProcessCollector(every)  # type: ignore[no-untyped-call]
        return Response(generate_latest(every), mimetype=CONTENT_TYPE_LATEST)
    return Response(generate_latest(), mimetype=CONTENT_TYPE_LATEST)


def _begin() -> None:
    g.begun = time.perf_counter()


def _end(response: Response) -> Response:
    if "begun" in g:
        SECONDS.labels(request.method, request.endpoint or "", response.status_code).observe(
            time.perf_counter() - g.begun
        )
    return response


def init_app(app: Flask) -> None:
    """Measure every request."""
    app.register_blueprint(bp)
    app.before_request(_begin)
    app.after_request(_end)
