from decimal import Decimal
from fractions import Fraction

import pytest

from erp.catalogue.rules.document import DoorKind
from mes.efficiency import rules
from mes.efficiency.rules import NO_BASELINE, ProofParameters, SplitLine, Standing, Work
from mes.efficiency.rules.sums import DaySums, count_error, split_sums, weigh

D, F = Decimal, Fraction
SURER = ProofParameters(target=F(995, 1000))


def together(lines):
    """Add lines up as a day keeps them."""
    cells = {}
    for line in lines:
        weigh(cells, line)
        count_error(cells, line)
    return split_sums(DaySums(cells), sum(line.is_young for line in lines))


@pytest.mark.parametrize(
    ("line", "weight"),
    [
        (SplitLine(DoorKind.SINGLE, 1), F(1)),
        (SplitLine(DoorKind.SINGLE, 1, has_glass=True), F("1.2")),
        (SplitLine(DoorKind.SINGLE, 1, has_glass=True, has_transom=True), F("1.5")),
        (SplitLine(DoorKind.UNEQUAL, 1), F("1.6")),
        (SplitLine(DoorKind.SLIDING, 1), F("1.5")),
        (SplitLine(DoorKind.CASED_OPENING, 1), F("0.7")),
        (SplitLine(DoorKind.SINGLE, 11), F(2)),  # 1 + 0.1 × 10
        (SplitLine(DoorKind.DOUBLE, 3, has_glass=True), F("2.16")),  # (1.6 + 0.2) × 1.2
        (SplitLine(DoorKind.SINGLE, 1, hand_edit_count=1), F(3)),
        (SplitLine(DoorKind.DOUBLE, 3, has_glass=True, hand_edit_count=2), F("3.6")),  # 3.0 × 1.2, no glass
    ],
)
def test_a_line_weighs_its_class_times_the_factor_of_its_equal_sets(line, weight):
    assert rules.line_weight(line) == weight


def test_every_kind_of_line_has_a_weight():
    assert set(rules.SPLIT.weights) == set(DoorKind)


def test_below_five_recorded_hours_splitting_is_not_told():
    lines = [SplitLine(DoorKind.SINGLE, 1)] * 40
    figure = rules.splitting(together(lines), F(299))
    assert (figure.value, figure.standing) == (None, Standing.NOT_YET)
    assert (figure.verdict.facts["hours"], figure.verdict.facts["least"]) == (D("5.0"), 5)  # 299 min = 4.98 h
    assert figure.evidence == F(299, 300)
    told = rules.splitting(together(lines), F(300))
    # 40 doors in 5 hours
    assert (told.value, told.standing, told.missing) == (D("8.00"), Standing.OPEN, (NO_BASELINE,))


def test_splitting_divides_weights_by_every_recorded_minute():
    lines = [SplitLine(DoorKind.UNEQUAL, 1), SplitLine(DoorKind.CASED_OPENING, 3, is_young=True)]
    figure = rules.splitting(together(lines), F(400))
    # (1.6 + 0.7 × 1.2) × 60 / 400 = 2.44 × 0.15 = 0.366
    assert (figure.value, figure.numerator.value, figure.denominator.value) == (
        D("0.37"),
        D("2.44"),
        D("400.0"),
    )
    assert (figure.sample, figure.further[0].value) == (2, 1)
    assert figure.missing[1].facts == {"count": 1, "days": 10}


def test_the_warehouse_earns_its_standard_minutes_but_has_no_figure_without_paid_ones():
    counts = {Work.RECEIVE: 2, Work.ISSUE: 3, Work.STORE_IN: 5, Work.LOAD: 4}
    figure = rules.warehouse(counts, F(0), 28)
    # 2 × 3.0 + 3 × 1.5 + 5 × 0.5 + 4 × 1.0 = 17.0
    assert (figure.numerator.value, figure.value, figure.standing) == (D("17.0"), None, Standing.NOT_YET)
    assert (figure.sample, figure.sample_of, figure.evidence) == (0, 14, 0)
    assert figure.missing[0].facts == {"days": 28}
    paid = rules.warehouse(counts, F(34), 28)
    assert (paid.value, paid.sample, paid.missing) == (D("0.500"), 14, (NO_BASELINE,))


def test_equipment_without_a_machine_says_none_of_how_many():
    figure = rules.equipment(F(0), F(0), 0, 8)
    assert (figure.value, figure.sample, figure.sample_of) == (None, 0, 8)
    assert figure.missing[0].facts == {"count": 0, "total": 8}
    # 276 of 600 planned machine minutes: 46 %
    assert rules.equipment(F(276), F(600), 3, 3).value == D("46.0")


def test_the_evidence_for_an_accuracy_is_that_of_the_trade_s_table():
    assert [rules.checks_needed(bad) for bad in range(6)] == [299, 473, 628, 773, 913, 1049]
    assert [rules.checks_needed(bad, SURER) for bad in range(4)] == [598, 947, 1258, 1549]


def test_the_verdict_and_the_bound_beside_it_are_one_and_the_same():
    for bad, needed in enumerate([299, 473, 628]):
        assert rules.is_proved(needed, bad)
        assert not rules.is_proved(needed - 1, bad)
        assert rules.lower_bound(needed, bad) >= 99 > rules.lower_bound(needed - 1, bad)
    # 0 errors in 187: 1 - 0.05^(1/187) = 1.5892 %, so at least 98.41 %
    assert rules.lower_bound(187, 0) == D("98.410")
    # every one of 5 wrong: nothing is sure
    assert rules.lower_bound(5, 5) == D("0.000")


def test_the_chance_of_few_errors_is_exact():
    # two checks, one error at most, half of all wrong: 1 - 1/4
    assert rules.chance(2, 1, F(1, 2)) == F(3, 4)
    assert rules.chance(3, 0, F(1, 10)) == F(729, 1000)


def test_an_accuracy_without_a_check_is_not_told_and_never_called_proved():
    figure = rules.packing(0, 0, 120)
    assert (figure.value, figure.standing, figure.evidence) == (None, Standing.NOT_YET, 0)
    assert (figure.sample, figure.sample_of, figure.verdict.facts["needed"]) == (0, 120, 299)
    assert figure.missing[0].facts == {"count": 0, "total": 120}


@pytest.mark.parametrize(
    ("checked", "bad", "standing", "value"),
    [
        (187, 0, Standing.OPEN, "100.00"),
        (299, 0, Standing.PROVED, "100.00"),
        (472, 1, Standing.OPEN, "99.79"),
        (812, 3, Standing.PROVED, "99.63"),
        (100, 2, Standing.FAILED, "98.00"),
    ],
)
def test_more_than_99_percent_is_only_said_with_the_checks_for_it(checked, bad, standing, value):
    figure = rules.shipping(checked, bad, 900)
    assert (figure.standing, figure.value) == (standing, D(value))


def test_intercepts_are_told_per_thousand_scans_and_not_without_scans():
    assert rules.per_thousand(3, 812) == D("3.7")  # 3000 / 812 = 3.694…
    assert rules.per_thousand(0, 0) is None


def test_the_median_lead_time_is_in_hours():
    assert rules.median_hours([]) is None
    assert rules.median_hours([F(60), F(600), F(120)]) == D("2.0")
    assert rules.median_hours([F(60), F(120)]) == D("1.5")


def test_a_line_that_came_back_within_its_gate_earns_nothing_and_its_minutes_stay():
    single = SplitLine(DoorKind.SINGLE, 1)
    back = SplitLine(DoorKind.SINGLE, 1, is_split_error=True, came_back=True)
    late = SplitLine(DoorKind.SINGLE, 1, is_split_error=True)
    figure = rules.splitting(together([single] * 18 + [back, late]), F(600))
    # 18 right ones and a late one earn 19 single doors; 19 doors in 10 hours
    assert (figure.numerator.value, figure.value, figure.sample) == (D("19.00"), D("1.90"), 20)


def test_the_auto_split_rate_is_told_of_the_lines_whose_touches_are_known():
    lines = [
        *[SplitLine(DoorKind.SINGLE, 1, is_untouched=True)] * 5,
        SplitLine(DoorKind.SINGLE, 1, is_untouched=False),
        SplitLine(DoorKind.SINGLE, 1, is_untouched=False, is_split_error=True),
        SplitLine(DoorKind.SINGLE, 1),  # released before touches were recorded
    ]
    told = {part.name: part.value for part in rules.split_quality(together(lines))}
    assert told["Auto-split rate"] == D("71.4")  # 5 of 7 known: 71.43 %
    assert told["Split error rate"] == D("12.5")  # 1 of all 8
    assert (told["Lines released without a touch"], told["Lines with recorded touches"]) == (5, 7)


def test_without_a_line_there_is_no_rate():
    assert {part.name for part in rules.split_quality(together([]))}.isdisjoint(
        {"Auto-split rate", "Split error rate"}
    )
