"""Commands of jobs on the command line."""

import signal
import threading

import click
from flask import current_app
from flask.cli import AppGroup

from core.jobs import worker

jobs = AppGroup("jobs", help="Background jobs.")


@jobs.command("work")
def work() -> None:
    """Run background jobs until told to stop."""
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: told.set())
    worker.work(current_app._get_current_object(), told.is_set)  # type: ignore[attr-defined]


@jobs.command("run")
def run_waiting() -> None:
    """Run the jobs that wait now, and end."""
    click.echo(worker.run_waiting(current_app._get_current_object()))  # type: ignore[attr-defined]
