"""Commands of cutting on the command line; solving an instance needs no database."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from mes.nesting.rules.instance import InstanceRefused, read_instance
from mes.nesting.rules.plan import Plan
from mes.nesting.rules.solve import TimeTooShort, solve

cutting = AppGroup("cutting", help="Cut plans.")

INPUT_MOST_BYTES = 50_000_000  # a file beyond it is no cutting instance


@cutting.command("solve", with_appcontext=False)
@click.argument("instance_file", metavar="INSTANCE.json", type=click.Path(path_type=Path))
@click.option(
    "--out", "plan_file", required=True, type=click.Path(path_type=Path), help="Where the plan goes."
)
@click.option(
    "--seconds",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1, 3600.0),
    help="Stop after so long.",
)
@click.option("--seed", default=1, show_default=True, type=int, help="Another seed, another search.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def solve_file(instance_file: Path, plan_file: Path, seconds: float, seed: int, as_json: bool) -> None:
    """Solve a cutting instance and write the plan.

    Exit code 1 with the reasons on stderr when the instance or a file is refused.
    """
    try:
        plan = solve(read_instance(_read(instance_file)), seconds=seconds, seed=seed)
    except InstanceRefused as refused:
        raise click.ClickException("\n".join(fault.text for fault in refused.faults)) from refused
    except TimeTooShort as refused:
        raise click.ClickException(str(refused)) from refused
    _write(plan_file, plan)
    click.echo(json.dumps(_figures(plan)) if as_json else _sentence(plan))


def _read(path: Path) -> Any:
    """Return the file's JSON with numbers as they are written. Raises ClickException."""
    try:
        if path.stat().st_size > INPUT_MOST_BYTES:
            raise click.ClickException(
                f"{path}: larger than {INPUT_MOST_BYTES} bytes; expected a cutting instance"
            )
        return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as wrong:
        raise click.ClickException(f"{path}: cannot be read ({wrong.strerror})") from wrong
    except (ValueError, RecursionError) as wrong:
        raise click.ClickException(f"{path}: expected JSON, {wrong}") from wrong


def _write(path: Path, plan: Plan) -> None:
    """Write the plan as JSON. Raises ClickException."""
    try:
        path.write_text(json.dumps(plan.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as wrong:
        raise click.ClickException(f"{path}: cannot be written ({wrong.strerror})") from wrong


def _figures(plan: Plan) -> dict[str, Any]:
    """Return the plan without its layouts."""
    return {name: value for name, value in plan.to_dict().items() if name != "layouts"}


def _sentence(plan: Plan) -> str:
    used = ", ".join(f"{count} × {stock}" for stock, count in plan.stock_used.items()) or "no stock"
    gap = "unknown" if plan.gap_rate is None else f"{plan.gap_rate:.2%}"
    left = sum(row.quantity for row in plan.unplaced)
    figures = f"yield {plan.yield_rate:.2%}; at most {gap} above the bound; {left} unplaced"
    return f"{used}; {figures}; {plan.seconds} s"
