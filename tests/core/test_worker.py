"""The worker and what runs beside its jobs."""

import threading

import pytest

from core.jobs import worker


def test_what_runs_beside_the_jobs_does_not_keep_a_failed_worker_alive(app, monkeypatch):
    told = threading.Event()

    def fail(_app):
        raise RuntimeError("the database is away")

    monkeypatch.setattr(worker, "companions", lambda: {"beside": lambda _app, _until: told.wait()})
    monkeypatch.setattr(worker, "run_one", fail)
    with pytest.raises(RuntimeError, match="away"):
        worker.work(app, told.is_set)
    beside = [thread for thread in threading.enumerate() if thread.name == "beside"]
    assert [thread.daemon for thread in beside] == [True]
    told.set()
    beside[0].join(10)
    assert not beside[0].is_alive()
