"""Efficiency on the command line."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup

from core.clock import now
from core.work import read, run
from mes.efficiency import service
from mes.efficiency.queries import Intercept, Report
from mes.efficiency.queries.baselines import judged
from mes.efficiency.queries.rollups import days_to_keep
from mes.efficiency.queries.window import calendar_of
from mes.efficiency.rules import Figure, Part

efficiency = AppGroup("efficiency", help="The five figures of the retrofit.")
DAY = click.DateTime(["%Y-%m-%d"])


@efficiency.command("report")
@click.option("--from", "since", type=DAY, required=True, help="the first day, such as 2026-11-01")
@click.option("--to", "until", type=DAY, required=True, help="the last day")
@click.option("--json", "as_json", is_flag=True, help="print the report as JSON")
def report(since: datetime, until: datetime, as_json: bool) -> None:
    """Tell the five figures of some days, each with its numerator, denominator and what is missing."""
    if until < since:
        raise click.UsageError(f"--from {since:%Y-%m-%d} is after --to {until:%Y-%m-%d}")
    zone = ZoneInfo(current_app.config["TIMEZONE"])
    found = judged(read(), calendar_of(since.date(), until.date(), zone), at=now()).report
    if as_json:
        days = {"from": f"{since:%Y-%m-%d}", "to": f"{until:%Y-%m-%d}"}
        click.echo(json.dumps(days | _plain(found), ensure_ascii=False, indent=1))
        return
    for figure in found.figures:
        click.echo(_told(figure))
    for name, rate in (("bench", found.bench), ("store and dock", found.dock)):
        click.echo(f"Intercepted at {name}: {rate.wrong} wrong of {rate.scans} scans, per 1,000: {rate.rate}")


@efficiency.command("rebuild")
@click.option("--since", type=DAY, help="the first day to sum anew; without it all days from the first event")
def rebuild(since: datetime | None) -> None:
    """Sum the days anew out of the raw rows, each in a transaction of its own."""
    zone = ZoneInfo(current_app.config["TIMEZONE"])
    whole = days_to_keep(read(), zone, at=now(), is_anew=True)
    days = [] if whole is None else [day for day in whole.days if since is None or day >= since.date()]
    folded = sum(run(service.fold_day, day, zone, at=now()) for day in days)
    click.echo(f"{folded} days summed anew")


def _told(figure: Figure) -> str:
    value = "not yet" if figure.value is None else f"{figure.value} {figure.unit}"
    lines = [f"{figure.metric.value} {figure.metric.label}: {value}"]
    lines.append(f"  {figure.verdict.msgid % figure.verdict.facts}")
    for part in (figure.numerator, figure.denominator):
        lines.append(f"  {part.name}: {part.value} {part.unit}".rstrip())
    lines.append(f"  sample: {figure.sample} of {figure.sample_of} {figure.sample_name}")
    lines += [f"  missing: {text.msgid % text.facts}" for text in figure.missing]
    return "\n".join(lines)


def _plain(found: Report) -> dict[str, Any]:
    return {
        "figures": [_figure(figure) for figure in found.figures],
        "intercepted": {"bench": _intercept(found.bench), "dock": _intercept(found.dock)},
        "lead_hours_median": None if found.lead_hours is None else str(found.lead_hours),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "code": figure.metric.value,
        "name": figure.metric.label,
        "value": None if figure.value is None else str(figure.value),
        "unit": figure.unit,
        "standing": figure.standing.name,
        "verdict": figure.verdict.msgid % figure.verdict.facts,
        "numerator": _part(figure.numerator),
        "denominator": _part(figure.denominator),
        "sample": {"count": figure.sample, "of": figure.sample_of, "name": figure.sample_name},
        "missing": [text.msgid % text.facts for text in figure.missing],
        "further": [_part(part) for part in figure.further],
    }


def _part(part: Part) -> dict[str, Any]:
    return {"name": part.name, "value": str(part.value), "unit": part.unit}


def _intercept(found: Intercept) -> dict[str, Any]:
    rate = found.rate
    return {"wrong": found.wrong, "scans": found.scans, "per_1000": None if rate is None else str(rate)}
