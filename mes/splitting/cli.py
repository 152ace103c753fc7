"""Splitting on the command line: two commands of the group `orders`."""

from __future__ import annotations

import json

import click

from core.clock import now
from core.errors import AppError
from core.work import read, run_in_turn
from erp.sales import queries as sales
from erp.sales.cli import orders
from mes.splitting import queries, service
from mes.splitting.model import Piece


def _order_id(number: str) -> int:
    found = sales.id_of_number(read(), number)
    if found is None:
        raise click.ClickException(f"there is no order {number}")
    return found


@orders.command("release")
@click.argument("number")
def release(number: str) -> None:
    """Check, split, and freeze an order."""
    order_id = _order_id(number)
    try:
        frozen = queries.prepare(read(), order_id)
        run_in_turn(service.release_in_slices(frozen, by=None, at=now()))
    except AppError as wrong:
        lines = [str(wrong), *(f"line {f.position}: {f.refusal}" for f in queries.faults(read(), order_id))]
        raise click.ClickException("\n".join(lines)) from wrong
    click.echo(f"{number} released: {frozen.set_count} sets, {frozen.tracked_count} labelled pieces")


def _plain(piece: Piece) -> dict[str, object]:
    sizes = ("length_mm", "width_mm", "cut_length_mm", "cut_width_mm", "thickness_mm")
    return {
        "set": piece.set_id,
        "piece": piece.rule_code,
        "code": piece.code,
        "name": piece.name,
        "count": piece.part_count,
        "state": piece.state.value,
        "cut": piece.cut_method.value,
        **{name: None if (size := getattr(piece, name)) is None else str(size) for name in sizes},
    }


@orders.command("parts")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def parts(number: str, as_json: bool) -> None:
    """Show the pieces and requirements of a released order."""
    order_id = _order_id(number)
    pieces = [_plain(piece) for piece in queries.pieces(read(), order_id)]
    needed = [
        {"material": material.code, "quantity": str(wanted.needed_qty), "unit": material.unit_code.value}
        for wanted, material in queries.requirements(read(), order_id)
    ]
    packages = [
        {"set": one.number, **package} for one in queries.sets(read(), order_id) for package in one.packages
    ]
    if as_json:
        data = {"order": number, "pieces": pieces, "requirements": needed, "packages": packages}
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    for piece in pieces:
        size = "x".join(str(piece[name]) for name in ("length_mm", "width_mm") if piece[name] is not None)
        click.echo(
            f"{piece['code'] or '-':>10}  {piece['piece']:<14} {piece['count']} x {size:<14} {piece['state']}"
        )
    for row in needed:
        click.echo(f"{'':>10}  {row['material']:<14} {row['quantity']} {row['unit']}")
    for package in packages:
        click.echo(f"{package['set']}  {package['kind']} {package['index']}: {', '.join(package['pieces'])}")
