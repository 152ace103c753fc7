"""The benchmarks' tools measure what they say."""

import sqlite3

import pytest

from tests.bench import reference, serving
from tests.bench.load import Figures, Request, _percentile_ms, load, median, ratio


def figures(rate):
    return Figures(1, 10, 0, rate, 1.0, 2.0, 3.0, 4.0, "")


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (1.0, 100.0)])
def test_a_percentile_is_a_time_that_was_measured(share, expected):
    times_s = [n / 1000 for n in range(1, 101)]  # 1 … 100 ms

    assert _percentile_ms(times_s, share) == expected


def test_a_ratio_is_of_the_medians_not_of_the_best():
    found = {
        "ours": [figures(rate) for rate in (90, 10, 30)],
        "reference": [figures(r) for r in (60, 600, 50)],
    }

    assert median(found["ours"]).rate_per_s == 30
    assert ratio(found, "ours", "reference") == 0.5


def requests_with_failures(_argument, _client):
    """Three scans, the second of an unknown piece."""
    for number in (1, reference.PIECE_COUNT + 1, 2):
        scan = {"scan_id": str(number), "code": reference.code_of(number)}
        yield Request.of_json("/scan", scan, expected=b"ACCEPT")


def test_every_answered_scan_of_the_reference_is_kept_and_failures_are_counted(tmp_path):
    url = f"sqlite:///{tmp_path / 'reference.db'}"
    reference.make_tables(url)

    with serving.web("tests.bench.reference:app", {"MORTISE_BENCH_URL": url}) as server:
        good = load(server.port, clients=2, seconds=0.5, maker="tests.bench.reference:scans")
        bad = load(server.port, clients=1, seconds=30, maker="tests.bench.test_load:requests_with_failures")
        memory = server.memory_mb()

    kept = sqlite3.connect(tmp_path / "reference.db")
    assert good.failed_count == 0
    assert (bad.done_count, bad.failed_count) == (2, 1)
    assert bad.failure.startswith("500")
    assert kept.execute("SELECT count(*) FROM scan").fetchone() == (good.done_count + 2,)
    assert len(memory) == 2  # the server's keeper and its one worker
    kept.close()
