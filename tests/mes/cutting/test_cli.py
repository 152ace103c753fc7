"""`cutting solve` needs no database: it is tried without an application."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mes.cutting.cli import cutting
from tests.factories.nesting import sheet

INSTANCE = sheet(kerf_mm=4.0)


@pytest.fixture
def solve(tmp_path):
    def run(content, *options):
        source = tmp_path / "instance.json"
        source.write_text(content, encoding="utf-8")
        out = tmp_path / "plan.json"
        result = CliRunner().invoke(cutting, ["solve", str(source), "--out", str(out), *options])
        return result, json.loads(out.read_text(encoding="utf-8")) if out.exists() else None

    return run


def test_a_plan_is_written_as_the_contract_says(solve):
    result, plan = solve(json.dumps(INSTANCE))
    assert result.exit_code == 0
    # 2065 and 840 are more than half of 2420 and 1200: twelve parts need twelve sheets
    assert plan["stock_used"] == {"MDF18": 12}
    assert plan["layouts"] == [
        {
            "stock": "MDF18",
            "repeat": 12,
            "placements": [
                {"part": "a", "x_mm": 10, "y_mm": 10, "length_mm": 2065, "width_mm": 840, "turned": False}
            ],
            # beside the part: 2420 - 2065 - 4 = 351 wide and the whole 1200 high; above it 1200 - 840 - 4
            "offcuts": [
                {"x_mm": 10, "y_mm": 854, "length_mm": 2065, "width_mm": 356},
                {"x_mm": 2079, "y_mm": 10, "length_mm": 351, "width_mm": 1200},
            ],
        }
    ]
    assert plan["bound"]["stock_cost"] == 12
    assert (plan["gap"], plan["unplaced"]) == (0, [])


def test_a_program_reads_the_figures_and_nothing_else(tmp_path):
    """A process of its own: what the solver itself writes goes past what a test catches."""
    source = tmp_path / "instance.json"
    smaller = {"id": "b", "length_mm": 665, "width_mm": 340, "quantity": 17, "grain": "length"}
    larger = {"id": "a", "length_mm": 1065, "width_mm": 440, "quantity": 12, "grain": "length"}
    source.write_text(json.dumps(INSTANCE | {"parts": [larger, smaller]}), encoding="utf-8")
    solve_it = ("cutting", "solve", str(source), "--out", str(tmp_path / "plan.json"), "--json")
    command = (sys.executable, "-m", "flask", "--app", "wsgi", *solve_it)
    said = subprocess.run(command, capture_output=True, check=True)  # noqa: S603
    assert json.loads(said.stdout)["bound"]["method"] == "column generation (Farley)"


def test_figures_come_as_json_on_demand(solve):
    result, plan = solve(json.dumps(INSTANCE), "--json", "--seconds", "2")
    figures = json.loads(result.stdout)
    assert figures == {name: plan[name] for name in plan if name != "layouts"}


def test_a_refused_instance_ends_with_1_and_names_every_fault(solve):
    bad = json.loads(json.dumps(INSTANCE))
    bad["kerf_mm"], bad["parts"][0]["width_mm"] = 3.25, "wide"
    result, plan = solve(json.dumps(bad))
    assert (result.exit_code, plan) == (1, None)
    assert "kerf_mm:" in result.stderr
    assert "parts[0].width_mm:" in result.stderr


@pytest.mark.parametrize("content", ["", "no json", "[1, 2]", "[" * 100_000])
def test_what_is_no_instance_is_refused_with_1(solve, content):
    result, plan = solve(content)
    assert (result.exit_code, plan) == (1, None)


def test_a_missing_option_is_usage(tmp_path):
    assert CliRunner().invoke(cutting, ["solve", str(tmp_path / "x.json")]).exit_code == 2


def test_a_missing_file_is_refused_with_1(tmp_path):
    result = CliRunner().invoke(
        cutting, ["solve", str(tmp_path / "x.json"), "--out", str(tmp_path / "y.json")]
    )
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr
