"""The promise of the intake: two hundred lines of five dealers, each held against what the dealer meant."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from erp.sales.queries.offer import Offer, judged, offer, vocabulary
from erp.sales.rules.files import read_sheets
from erp.sales.rules.lines import read_order
from erp.sales.rules.row import ReadRow
from tests.erp.sales.dealers import DEALERS, FAULTS, LINES_OF_ONE, DealerSheet, Truth
from tests.factories.erp_sales import make_catalogue

UNTOUCHED_MIN = 0.95


@dataclass(frozen=True, slots=True)
class Compared:
    """One line as it was read beside what the dealer meant."""

    dealer: str
    truth: Truth
    row: ReadRow

    @property
    def open_codes(self) -> set[object]:
        """What somebody must act on."""
        return {one.code for one in self.row.issues if one.is_open}

    @property
    def is_true(self) -> bool:
        """Whether every value is what the dealer meant."""
        texts = dict(self.row.values.texts())
        return {name: texts[name] for name in self.truth.values()} == self.truth.values()


def _compare(sheet: DealerSheet, offered: Offer) -> list[Compared]:
    order = judged(
        read_order(read_sheets(sheet.content, sheet.name), vocabulary(offered, sheet.habits)), offered
    )
    assert not [one.code for one in order.issues if one.is_open], "the sheet as a whole asks nothing"
    rows = {row.values.room: row for row in order.rows}
    assert len(order.rows) == len(rows) == LINES_OF_ONE
    return [Compared(sheet.dealer, truth, rows[truth.room]) for truth in sheet.truths]


@pytest.fixture
def compared(session):
    make_catalogue(session)
    offered = offer(session)
    return [line for make in DEALERS for line in _compare(make(), offered)]


def test_two_hundred_lines_of_five_dealers(compared, capsys):
    complete = [line for line in compared if line.truth.fault is None]
    doubtful = [line for line in compared if line.truth.fault is not None]
    untouched = [line for line in complete if not line.open_codes]
    stopped = [line for line in doubtful if line.truth.fault in line.open_codes]
    guessed = [line for line in compared if not line.open_codes and not line.is_true]
    with capsys.disabled():
        print(
            f"\nfive dealers: {len(compared)} lines; complete {len(complete)}, taken untouched {len(untouched)} "
            f"({len(untouched) / len(complete):.1%}); doubtful {len(doubtful)}, stopped with the right word "
            f"{len(stopped)} ({len(stopped) / len(doubtful):.1%}); guessed {len(guessed)}"
        )
    assert len(compared) == 200
    assert {line.truth.fault for line in doubtful} == {
        fault.code for faults in FAULTS.values() for fault in faults
    }
    touched = [(one.dealer, one.row.row_number, one.open_codes) for one in complete if one.open_codes]
    assert len(untouched) >= UNTOUCHED_MIN * len(complete), touched
    assert [(o.dealer, o.truth.fault, o.open_codes) for o in doubtful if o not in stopped] == []
    assert [(one.dealer, one.truth, one.row.values) for one in guessed] == []
