"""A factory for benchmarks: the demo pack, released orders, pieces ready to be packed; filled by the real commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from core.auth import service as auth
from core.work import run, run_in_turn
from erp.catalogue.rules.document import Handing
from erp.parties import queries as parties
from erp.sales import service as sales
from erp.sales.rules.orders import LineEntry, OrderHead
from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.scanning import service as scanning
from mes.scanning.rules import StationKind
from mes.splitting import queries as splitting_queries
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests import postgres
from tests.conftest import build, migrate
from tests.factories.factory import load_pack, station

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)
WIDTHS, WALLS = (780, 800, 850, 900), (120, 150, 180, 200, 240)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Give the address of an empty, migrated database of a kind ("sqlite", "postgresql") that syncs to the disk."""
    with TemporaryDirectory(prefix="mortise-bench-") as folder:
        if kind == "sqlite":
            url = f"sqlite:///{folder}/bench.db"
            migrate(url)
            yield url
            return
        postgres.start_server(durable=True)
        url = postgres.make_database("mortise_bench")
        migrate(url)
        yield url
        postgres.drop_database("mortise_bench")


@contextmanager
def application(url: str) -> Iterator[Flask]:
    """Give an application on a database, for commands in this process."""
    app = build(url)
    with app.app_context():
        yield app
    app.extensions["sessions"].engine.dispose()


def _line(number: int) -> LineEntry:
    return LineEntry(
        door_code="M-SINGLE",
        width_mm=Decimal(WIDTHS[number % len(WIDTHS)]),
        height_mm=Decimal(2000 + number % 30 * 5),
        wall_mm=Decimal(WALLS[number % len(WALLS)]),
        set_count=1,
        room=f"{number % 5 + 1} 号房",
        colour_code="WHITE",
        handing=list(Handing)[number % 4],
    )


def confirm_orders(count: int, lines: int) -> list[int]:
    """Make confirmed orders of single doors in many sizes and return their ids."""

    def make(session: Any) -> list[int]:
        load_pack(session)
        dealer = parties.dealers(session)[0].id
        made = []
        for number in range(count):
            order = sales.create_order(session, OrderHead(dealer_id=dealer), by=None, at=NOON, on=DAY)
            for line in range(lines):
                sales.add_line(session, order.id, _line(number * lines + line), by=None, at=NOON)
            sales.confirm(session, order.id, on=NOON.date(), by=None, at=NOON)
            made.append(order.id)
        return made

    return run(make)


def release(app: Flask, order_id: int) -> None:
    """Release an order as the page does: split on a reading session, then short transactions."""
    with app.extensions["sessions"].reading() as reading:
        frozen = splitting_queries.prepare(reading, order_id)
    run_in_turn(splitting.release_in_slices(frozen, by=None, at=NOON))


def ready_to_pack(app: Flask, sets: int, file: Path) -> dict[str, str]:
    """Release sets, make all pieces, open all packages; write [package, piece] pairs; return who may pack."""
    for order_id in confirm_orders(sets // 5, 5):
        release(app, order_id)

    def open_all(session: Any) -> dict[str, str]:
        session.execute(update(Piece).where(Piece.is_tracked).values(state=PieceState.MADE))
        session.execute(update(Package).values(state=PackageState.OPEN))
        pairs = session.execute(
            select(Package.code, Piece.code)
            .join(Content, Content.package_id == Package.id)
            .join(Piece, Piece.id == Content.piece_id)
            .order_by(Piece.id)
        )
        file.write_text(json.dumps([[package, piece] for package, piece in pairs]))
        auth.add_person(session, "packer", "王芳", ["packer"], password="long enough", by=None, at=NOON)  # noqa: S106
        bench = station(session, StationKind.PACK)
        device = scanning.enrol(session, bench.id, "bench", by=None, at=NOON)
        return {
            "token": auth.create_token(session, "packer", "bench", by=None, at=NOON),
            "device": device.key,
            "file": str(file),
        }

    return run(open_all)


def take_out_all() -> None:
    """Put every packed piece back to made, so that it can be packed again."""

    def reset(session: Any) -> None:
        session.execute(update(Piece).where(Piece.state == PieceState.PACKED).values(state=PieceState.MADE))
        session.execute(update(Content).values(packed_at=None, packed_by_id=None))

    run(reset)
