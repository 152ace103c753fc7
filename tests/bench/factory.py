"""A factory for benchmarks: the demo pack, released orders, pieces ready to be packed; filled by the real commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from sqlalchemy import delete, select, text, update

from core.auth import service as auth
from core.work import run, run_in_turn
from erp.catalogue.rules.document import Handing
from erp.parties import queries as parties
from erp.sales import service as sales
from erp.sales.rules.orders import LineEntry, OrderHead
from erp.stock.model import Place
from erp.stock.rules import PlaceKind
from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.production.model import WorkReport
from mes.scanning import service as scanning
from mes.scanning.rules import StationKind
from mes.shipping import service as shipping
from mes.shipping.model import LoadPackage
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


# of ten packages, by their id: one is moved or loaded, one put away, three are still being made, the rest are packed
SHARE = 10
ROUND_THE_YARD, PUT_AWAY, IN_WORK = (0,), (1,), (5, 6, 7)
SEALED = (*ROUND_THE_YARD, *PUT_AWAY)


def _of(remainders: Sequence[int]) -> Any:
    """Say which packages have one of these remainders."""
    return (Package.id % SHARE).in_(remainders)


def _pieces_of(remainders: Sequence[int]) -> Any:
    """Select the pieces that belong into such packages."""
    return select(Content.piece_id).join(Package, Package.id == Content.package_id).where(_of(remainders))


def ready_to_scan(app: Flask, sets: int, file: Path) -> dict[str, str]:
    """Release sets, make their pieces, open, fill and seal packages, list some; write what is to be scanned by kind.

    Returns who may scan, where, and the file.
    """
    for order_id in confirm_orders(sets // 5, 5):
        release(app, order_id)

    def open_all(session: Any) -> dict[str, str]:
        _stand(session)
        yard = list(session.scalars(select(Package.id).where(_of(ROUND_THE_YARD)).order_by(Package.id)))
        moved, loaded = yard[::2], yard[1::2]
        work = {
            "PACK_ADD": _pairs(session, Package.state == PackageState.OPEN),
            "PACK_OPEN": _codes(session, Package.state == PackageState.OPEN),
            "MOVE": _codes(session, Package.id.in_(moved)),
            "LOAD": _on_loads(session, loaded),
            "STORE_IN": list(
                {package: [package, piece] for package, piece in _pairs(session, _of(PUT_AWAY))}.values()
            ),
            "OP_DONE": [piece for _, piece in _pairs(session, _of(IN_WORK))],
            "places": _two_places(session, PlaceKind.FINISHED, PlaceKind.STAGING),
            "shelves": _two_places(session, PlaceKind.FINISHED),
        }
        file.write_text(json.dumps(work))
        roles = ["packer", "keeper", "loader", "operator"]
        auth.add_person(session, "packer", "王芳", roles, password="long enough", by=None, at=NOON)  # noqa: S106
        routes = session.scalars(select(Piece.route).where(Piece.is_tracked)).all()
        operations = tuple(sorted({operation for route in routes for operation in route}))
        bench = station(session, StationKind.PACK)
        floor = scanning.add_station(session, "all", "", StationKind.FLOOR, operations)
        return {
            "token": auth.create_token(session, "packer", "bench", by=None, at=NOON),
            "device": scanning.enrol(session, bench.id, "bench", by=None, at=NOON).key,
            "floor": scanning.enrol(session, floor.id, "floor", by=None, at=NOON).key,
            "file": str(file),
        }

    return run(open_all)


def _stand(session: Any) -> None:
    """Bring pieces and packages to where their scans begin; what is built in is cut."""
    session.execute(update(Piece).where(Piece.is_tracked).values(state=PieceState.MADE))
    session.execute(update(Piece).where(Piece.is_tracked.is_(False)).values(state=PieceState.CUT))
    session.execute(
        update(Content)
        .where(Content.package_id.in_(select(Package.id).where(_of(SEALED))))
        .values(packed_at=NOON)
    )
    session.execute(update(Package).where(~_of(IN_WORK)).values(state=PackageState.OPEN))
    _reset(session)


def _reset(session: Any) -> None:
    made = (Piece.state == PieceState.PACKED) & Piece.id.not_in(_pieces_of(SEALED))
    session.execute(update(Piece).where(made).values(state=PieceState.MADE))
    packed = Content.package_id.not_in(select(Package.id).where(_of(SEALED)))
    session.execute(update(Content).where(packed).values(packed_at=None, packed_by_id=None))
    session.execute(update(Package).where(_of(SEALED)).values(state=PackageState.SEALED, place_id=None))
    session.execute(update(LoadPackage).values(loaded_at=None, loaded_by_id=None))
    session.execute(delete(WorkReport))
    in_work = Piece.is_tracked & Piece.id.in_(_pieces_of(IN_WORK))
    session.execute(update(Piece).where(in_work).values(state=PieceState.PLANNED, step_count=0))


def set_back() -> None:
    """Put everything that was scanned back to where it was, so that it can be scanned again."""
    run(_reset)


def _pairs(session: Any, wanted: Any) -> list[list[str]]:
    """Return the labelled pieces of some packages, each with its package, by code."""
    rows = session.execute(
        select(Package.code, Piece.code)
        .join(Content, Content.package_id == Package.id)
        .join(Piece, Piece.id == Content.piece_id)
        .where(wanted, Piece.code.is_not(None))
        .order_by(Piece.id)
    )
    return [list(row) for row in rows]


def _codes(session: Any, wanted: Any) -> list[str]:
    return list(session.scalars(select(Package.code).where(wanted).order_by(Package.id)))


def _two_places(session: Any, *kinds: PlaceKind) -> list[str]:
    return list(session.scalars(select(Place.code).where(Place.kind.in_(kinds)).order_by(Place.id).limit(2)))


def _on_loads(session: Any, package_ids: Sequence[int]) -> list[tuple[str, str]]:
    """Put packages onto the lists of loads, 40 on each as on a small lorry; return package and load by their codes."""
    found = []
    for start in range(0, len(package_ids), 40):
        some = package_ids[start : start + 40]
        lorry = shipping.create_load(session, "浙H·A1234", "", "", DAY, by=None, at=NOON)  # type: ignore[arg-type]
        shipping.add_packages(session, lorry.id, some, by=None, at=NOON)  # type: ignore[arg-type]
        found += [(code, lorry.code) for code in _codes(session, Package.id.in_(some))]
    return found


def fill_log(app: Flask, count: int) -> None:
    """Put so many old scans into the log, by the database itself."""
    with app.extensions["sessions"].engine.begin() as connection:
        connection.execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
                "INSERT INTO mes_scanning_scan (scan_id, body_sha256, kind, code, person_id, scanned_at, "
                "received_at, scan_count, is_manual, outcome, object_type, object_id, answer) "
                "SELECT 'old-' || i, '', 'PACK_ADD', 'P', (SELECT min(id) FROM core_auth_person), :at, :at, "
                "1, :no, 'ACCEPT', 'piece', i % 200000, '{}' FROM n"
            ),
            {"count": count, "at": NOON, "no": False},
        )
