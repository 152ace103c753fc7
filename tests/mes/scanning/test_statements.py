"""What a scan costs, in statements: so many and no more, however long the list is that it belongs to."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event, select

from core.i18n import Named
from erp.stock.model import Place
from erp.stock.rules import PlaceKind
from mes.packing.rules import PackageState
from mes.production.scans import REPORT
from mes.scanning import service
from mes.scanning.rules import ScanKind, StationKind, Where
from mes.splitting.rules import PieceState
from mes.warehouse.scans import STORE
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order, station
from tests.factories.people import make_person
from tests.factories.scanner import Scanner
from tests.mes.packing.bench import packages, pieces_of
from tests.mes.shipping.dock import LOADER, make_load, sealed_order

DOOR = 7  # judged before? two labels in force? the savepoint, the log; here also who the person is
MOST = {ScanKind.LOAD: DOOR + 8, ScanKind.STORE_IN: DOOR + 5, ScanKind.OP_DONE: DOOR + 10}


@contextmanager
def counted(session):
    """Collect the statements that are sent meanwhile."""
    sent, engine = [], session.get_bind().engine
    listen = lambda *args: sent.append(args[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    yield sent
    event.remove(engine, "before_cursor_execute", listen)


def scanner(session, *permissions):
    person = make_person(session, roles=("loader",), name="赵强")
    return Scanner(session, person, LOADER | {STORE, REPORT, *permissions})


def statements(session, somebody, kind, *scanned, **over):
    with counted(session) as sent:
        assert somebody.block(kind, *scanned, **over) is None
    return len(sent)


def test_a_package_costs_the_same_on_a_short_and_on_a_long_list(session):
    loader, found = scanner(session), []
    for set_count in (1, 4):
        order = sealed_order(session, make_line(set_count=set_count))
        load = make_load(session, order, vehicle=f"浙H·{set_count}")
        first, second = packages(session, order)[:2]
        assert loader.block(ScanKind.LOAD, first.code, load.code) is None  # the first one begins the loading
        found.append(statements(session, loader, ScanKind.LOAD, second.code, load.code))
    assert found[0] == found[1] <= MOST[ScanKind.LOAD]


def test_a_refusal_at_the_dock_costs_the_same_on_a_short_and_on_a_long_list(session):
    loader, found = scanner(session), []
    for set_count in (1, 4):
        order = sealed_order(session, make_line(set_count=set_count))
        load = make_load(session, order, vehicle=f"浙H·{set_count}")
        box = packages(session, order)[0]
        loader.block(ScanKind.LOAD, box.code, load.code)
        with counted(session) as sent:
            assert loader.block(ScanKind.LOAD, box.code, load.code) == "E28"
        found.append(len(sent))
    assert found[0] == found[1] <= MOST[ScanKind.LOAD]


@pytest.mark.parametrize("set_count", [1, 4])
def test_a_package_is_put_away_in_few_statements(session, set_count):
    order = sealed_order(session, make_line(set_count=set_count))
    box = next(one for one in packages(session, order, "FRAME") if one.state is PackageState.SEALED)
    shelf = session.scalars(select(Place.code).where(Place.kind == PlaceKind.FINISHED)).first()
    witness = pieces_of(session, box)[0].code
    keeper = scanner(session)
    assert statements(session, keeper, ScanKind.STORE_IN, box.code, shelf, witness) <= MOST[ScanKind.STORE_IN]


@pytest.mark.parametrize("set_count", [1, 4])
def test_an_operation_is_reported_in_few_statements(session, set_count):
    order = release_order(session, make_line(set_count=set_count))
    box = packages(session, order, "FRAME")[0]
    piece = next(one for one in pieces_of(session, box) if one.route)
    assert piece.state is PieceState.PLANNED
    floor = station(session, StationKind.FLOOR)
    device = service.enrol(session, floor.id, "锯", by=None, at=NOON)
    where = Where(device.id, floor.id, Named(floor.name), floor.kind, tuple(piece.route))
    operator = scanner(session)
    sent = statements(session, operator, ScanKind.OP_DONE, piece.code, where=where)
    assert sent <= MOST[ScanKind.OP_DONE]
