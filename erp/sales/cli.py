"""Orders on the command line. mes adds `release` and `parts` to the same group."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from core.clock import day_of, now
from core.errors import AppError
from core.work import read, run
from erp.parties import queries as parties
from erp.sales import service
from erp.sales.queries.imports import import_page
from erp.sales.queries.lessons import habits_of
from erp.sales.queries.offer import judged, offer, vocabulary
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import Issue
from erp.sales.rules.lines import ReadOrder, read_order
from erp.sales.rules.review import count_open
from erp.sales.rules.vocabulary import PROFILES
from erp.sales.service import Upload

orders = AppGroup("orders", help="Orders: import a dealer's sheet, release, show the parts.")


@orders.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dealer", required=True, help="the dealer's code")
@click.option(
    "--profile", type=click.Choice(sorted(PROFILES)), default="plain", help="how this dealer fills in sheets"
)
@click.option("--dry-run", is_flag=True, help="only read and tell; keep nothing")
@click.option("--json", "as_json", is_flag=True, help="print what was read as JSON")
def import_sheet(file: Path, dealer: str, profile: str, dry_run: bool, as_json: bool) -> None:
    """Import a dealer's order sheet (.xlsx, .xls, .ods or .csv).

    A sheet without open questions becomes a draft order. Any other is kept for review in the browser, and the
    command ends with 1.
    """
    try:
        upload = replace(_upload(file, dealer), profile=profile)
        offered = offer(read())
        words = vocabulary(offered, habits_of(read(), upload.dealer_id, PROFILES[profile]))
        order = judged(read_order(read_sheets(upload.content, upload.name), words), offered)
        number, import_id, stops, asks = _keep(upload, order) if not dry_run else (None, None, *_open(order))
    except AppError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    _tell(order, number, import_id, as_json=as_json)
    if stops or asks:
        where = "" if import_id is None else f"; review it at /erp/sales/imports/{import_id}/"
        raise click.ClickException(f"{stops} places must be corrected and {asks} confirmed{where}")


def _upload(file: Path, dealer: str) -> Upload:
    """Return the file with its dealer. Raises a ClickException for an unknown dealer."""
    found = parties.by_code(read(), dealer)
    if found is None:
        raise click.ClickException(f"there is no dealer {dealer}; enter it first, or choose another code")
    return Upload(found.id, file.name, file.read_bytes())


def _keep(upload: Upload, order: ReadOrder) -> tuple[str | None, int, int, int]:
    """Keep the sheet, and take it in when nothing is open. Returns order number, import id, stops, asks."""
    at = now()
    kept = run(service.start_import, upload, order, by=None, at=at)
    stops, asks = import_page(read(), kept.id).open_counts
    if stops or asks:
        return None, kept.id, stops, asks
    on = day_of(at, current_app.config["TIMEZONE"])
    made = run(service.take_in, kept.id, by=None, at=at, on=on)
    return made.number, kept.id, 0, 0


def _open(order: ReadOrder) -> tuple[int, int]:
    """Return how many places of a sheet that is only read must be corrected and confirmed."""
    return count_open((*order.issues, *(one for row in order.rows for one in row.issues)))


def _tell(order: ReadOrder, number: str | None, import_id: int | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_plain(order, number, import_id), ensure_ascii=False))
        return
    for row in order.rows:
        values = dict(row.values.texts())
        click.echo(f"row {row.row_number}: " + " ".join(f"{k}={v}" for k, v in values.items() if v))
        for one in row.issues:
            click.echo(f"  {one.severity.value} {_sentence(one)}")
    for one in order.issues:
        click.echo(f"{one.severity.value} {_sentence(one)}")
    if number is not None:
        click.echo(f"{number} made of {len(order.rows)} lines")


def _sentence(one: Issue) -> str:
    facts = {name: str(value) for name, value in one.facts}
    return f"{one.cell or '-'} {one.code.value}: {one.sentence % facts}"


def _plain(order: ReadOrder, number: str | None, import_id: int | None) -> dict[str, Any]:
    return {
        "order": number,
        "import_id": import_id,
        "sheet": order.sheet_name,
        "facts": {fact.name.value: {"value": fact.value, "cell": fact.cell} for fact in order.facts},
        "lines": [
            {
                "row": row.row_number,
                "values": dict(row.values.texts()),
                "source": {one.field.value: {"cell": one.cell, "text": one.text} for one in row.source},
                "issues": [_issue(one) for one in row.issues],
            }
            for row in order.rows
        ],
        "issues": [_issue(one) for one in order.issues],
    }


def _issue(one: Issue) -> dict[str, Any]:
    return {
        "code": one.code.value,
        "severity": one.severity.value,
        "field": one.field.value if one.field else None,
        "cell": one.cell,
        "confidence": float(one.confidence),
        "message": one.sentence % {name: str(value) for name, value in one.facts},
        "offers": [{change.field.value: change.value for change in offer} for offer in one.offers],
    }
