"""Two people and one piece, on two connections."""

import threading

from sqlalchemy import func, select

from core.work import run
from mes.production import service
from mes.production.model import WorkReport
from mes.scanning import queries as scanning
from mes.scanning.rules import Accepted, Blocked
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.mes_production import (
    make_device,
    make_door_version,
    make_order,
    make_piece,
    make_set,
    make_station,
)
from tests.factories.people import make_person

ROUNDS = 5


def test_of_two_people_who_report_one_piece_at_once_exactly_one_wins(database):
    with database.session as session:
        people = [make_person(session, roles=("operator",)).id for _ in range(2)]
        door_set = make_set(session, make_order(session, number="SO2611-0098"), make_door_version(session))
        pieces = [
            make_piece(session, door_set, step_count=1, state=PieceState.CUT).code for _ in range(ROUNDS)
        ]
        keys = [make_device(session, make_station(session, name=f"封边 {n}")).key for n in range(2)]
        wheres = [scanning.where(session, key) for key in keys]
        session.commit()
    outcomes = [_both(database.app, code, people, wheres) for code in pieces]
    assert [sorted(kind.__name__ for kind in both) for both in outcomes] == [["Accepted", "Blocked"]] * ROUNDS
    with database.session as session:
        assert session.scalar(select(func.count()).select_from(WorkReport)) == ROUNDS


def _both(app, code, people, wheres):
    start, kinds = threading.Barrier(2), []

    def work(person, where):
        with app.app_context():
            start.wait()
            try:
                run(service.report, code, where=where, by=person, at=NOON)
                kinds.append(Accepted)
            except Blocked:
                kinds.append(Blocked)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(people, wheres, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return kinds
