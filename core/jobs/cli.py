"""Commands of jobs on the command line."""

import signal
import threading

import click
from flask import current_app
from flask.cli import AppGroup

from core.jobs import worker

jobs = AppGroup("jobs", help="Background jobs.")


@jobs.command("work")
@click.option(
    "--only-jobs", is_flag=True, help="a further worker: what runs beside the jobs runs in the first"
)
def work(only_jobs: bool) -> None:
    """Run background jobs until told to stop."""
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: told.set())
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    worker.work(app, told.is_set, only_jobs=only_jobs)


@jobs.command("run")
def run_waiting() -> None:
    """Run the jobs that wait now, and end."""
    click.echo(worker.run_waiting(current_app._get_current_object()))  # type: ignore[attr-defined]
