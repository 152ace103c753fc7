"""Ten seconds of what `make soak` does for minutes."""

import pytest

from tests.conftest import ON_POSTGRES
from tests.soak.storm import prepare, prove, storm
from tests.with_factory import database, factory_template

__all__ = ["database", "factory_template"]


@pytest.mark.usefixtures("factory_template")
def test_whatever_is_killed_every_answered_scan_is_kept_once_and_all_tables_agree(database, tmp_path):
    plan = prepare(database.app, scanners=8, sets=6)
    result = storm(plan, tmp_path, seconds=10.0, every_s=2.0, processes=2 if ON_POSTGRES else 1)
    assert result.kills["web process"] >= 2
    assert len(result.answered) > 100
    assert {outcome for outcome, _ in result.answered.values()} >= {"ACCEPT", "BLOCK"}
    assert prove(database.app, result) == []
