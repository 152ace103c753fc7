"""Stock on the command line."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from core.web import invariants
from core.work import read

stock = AppGroup("stock", help="The ledger of stock.")


@stock.command("verify")
@click.option("--json", "as_json", is_flag=True, help="print the result as JSON")
def verify(as_json: bool) -> None:
    """Prove every registered invariant; end with 1 and the differences when one does not hold."""
    found = invariants.verify(read())
    if as_json:
        click.echo(json.dumps({"ok": not any(found.values()), "differences": found}, ensure_ascii=False))
    else:
        for name, faults in found.items():
            click.echo(f"{name}: {'proved' if not faults else f'{len(faults)} differences'}")
            for fault in faults:
                click.echo(f"  {fault}", err=True)
    if any(found.values()):
        raise SystemExit(1)
