"""The worker: claims jobs one after the other and runs them outside any transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask

from core.clock import now
from core.jobs import queries, service
from core.jobs.model import Job
from core.jobs.registry import companions, handler
from core.jobs.rules import JobState
from core.work import close_session, read, run

LOG = structlog.get_logger()
TELL_EVERY_S = 1.0
ALIVE_EVERY_S = 5.0  # several times within service.LOST_AFTER
IDLE_S = 0.5
AGAIN_S = 5.0  # before a companion is started again


class Run:
    """One job being run; a thread beside it keeps telling that the worker lives."""

    def __init__(self, app: Flask, job: Job) -> None:
        self.app, self.job_id, self.arguments = app, job.id, job.arguments
        self.done, self.total = 0, 0
        self.stopped, self.ended = threading.Event(), threading.Event()
        self.told_at = 0.0

    def progress(self, done: int, total: int) -> None:
        """Say how far the work is; kept at most once a second."""
        self.done, self.total = done, total
        if time.monotonic() - self.told_at >= TELL_EVERY_S:
            self.tell()

    def is_stopped(self) -> bool:
        """Say whether somebody wants the work stopped."""
        return self.stopped.is_set()

    def tell(self) -> None:
        """Keep progress and sign of life."""
        self.told_at = time.monotonic()
        if run(service.tell, self.job_id, self.done, self.total, at=now()):
            self.stopped.set()

    def stay_alive(self) -> None:
        """Tell a sign of life until the job has ended."""
        while not self.ended.wait(ALIVE_EVERY_S):
            with self.app.app_context():
                self.tell()


def run_one(app: Flask) -> bool:
    """Run the next job to its end; say whether there was one."""
    with app.app_context():
        waiting = queries.is_any_waiting(read(), at=now())
        close_session()
        job = run(service.claim, at=now()) if waiting else None
        if job is None:
            return False
        if job.state is not JobState.RUNNING:
            return True
        state, error = _do(app, job)
        run(service.end, job.id, state, error, at=now())
    return True


def _do(app: Flask, job: Job) -> tuple[JobState, str | None]:
    current = Run(app, job)
    alive = threading.Thread(target=current.stay_alive, daemon=True)
    alive.start()
    try:
        handler(job.kind)(current)
    except Exception as wrong:
        LOG.exception("job failed", job=job.id, kind=job.kind)
        return JobState.FAILED, f"{type(wrong).__name__}: {wrong}"
    finally:
        current.ended.set()
        alive.join()
    if not current.is_stopped():
        current.tell()
        return JobState.DONE, None
    return JobState.CANCELLED, None


def run_waiting(app: Flask) -> int:
    """Run everything that waits and return how many jobs that were (tests, command line)."""
    count = 0
    while run_one(app):
        count += 1
    return count


def work(app: Flask, until: Callable[[], bool], *, only_jobs: bool = False) -> None:
    """Run jobs as they come, and unless `only_jobs` what runs beside them, until `until()` is true.

    What runs beside them does not keep a worker alive that has failed: `serve` starts another one.
    """
    threads = [
        threading.Thread(target=_keep_going, args=(name, app, until), name=name, daemon=True)
        for name in ([] if only_jobs else companions())
    ]
    for thread in threads:
        thread.start()
    while not until():
        if not run_one(app):
            time.sleep(IDLE_S)
    for thread in threads:
        thread.join()


def _keep_going(name: str, app: Flask, until: Callable[[], bool]) -> None:
    """Run a companion again after whatever stopped it, such as a database that was away."""
    while not until():
        try:
            companions()[name](app, until)
        except Exception:
            LOG.exception("companion failed", companion=name)
            time.sleep(AGAIN_S)
