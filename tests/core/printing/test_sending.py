"""Every label comes out once, whatever the wire does: a printer simulated by a TCP server."""

import threading
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from core.printing import queries, sender, service
from core.printing.model import PrintJob
from core.printing.rules import Language, NameTaken, PrinterGone, PrintState, Problem, SizeUnfit
from core.work import run
from tests.bench.serving import free_port
from tests.conftest import NOON
from tests.core.printing import printer as simulated
from tests.core.printing.test_rules import label_pdf
from tests.factories.people import make_person

MUCH_LATER = NOON + timedelta(hours=1)


def entry(port, name="包装台", language=Language.ZPL, *, is_answering=True, is_active=True, size=(60, 40)):
    return service.PrinterEntry(
        name, "127.0.0.1", port, language, 8, *size, Decimal(2), is_answering, is_active
    )


@pytest.fixture
def shop(database):
    """Somebody who prints, in a database of the test's own; starts simulated printers and stops them."""
    with database.session as session:
        person_id = make_person(session).id
        session.commit()
    return Shop(database, person_id)


class Shop:
    def __init__(self, database, person_id):
        self.database, self.app, self.person_id = database, database.app, person_id

    def printer(self, port, **how):
        with self.app.app_context():
            return run(service.put_printer, None, entry(port, **how), by=self.person_id, at=NOON).id

    def queue(self, printer_id, count=3, key="a-key-of-8"):
        texts = [f"标签 {number}" for number in range(count)]
        with self.app.app_context():
            return run(
                service.queue, printer_id, "标签", label_pdf(*texts), key, by=self.person_id, at=NOON
            ).id

    def send(self, printer_id):
        return sender.send_one(self.app, printer_id, lambda: False)

    def job(self, job_id):
        with self.database.session as session:
            job = session.get_one(PrintJob, job_id)
            return job.state, job.printed_count, job.problem

    def answer(self, job_id, *, came_out):
        with self.app.app_context():
            run(service.answer, job_id, came_out=came_out, at=NOON)

    def due(self, at):
        with self.database.session as session:
            return queries.due_printers(session, at)

    def no_waiting(self):
        """Let the time pass after which a printer that was not reached is tried again."""
        with self.database.session as session:
            session.execute(update(PrintJob).values(seen_at=None))
            session.commit()


@pytest.fixture
def started():
    """Start simulated printers; they are stopped at the end."""
    made = []

    def start(faults=None, port=0):
        made.append(simulated.Printer(faults, port))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.mark.parametrize("language", list(Language))
def test_all_labels_come_out_once_and_in_order(shop, started, language):
    device = started()
    printer_id = shop.printer(device.port, language=language)
    job_id = shop.queue(printer_id)
    assert shop.send(printer_id)
    assert shop.job(job_id) == (PrintState.PRINTED, 3, None)
    assert len(device.labels) == 3
    assert len({image.tobytes() for image in device.labels}) == 3
    assert not shop.send(printer_id)


def test_the_same_button_pressed_twice_prints_once(shop, started):
    device = started()
    printer_id = shop.printer(device.port)
    assert shop.queue(printer_id) == shop.queue(printer_id)
    while shop.send(printer_id):
        pass
    assert len(device.labels) == 3


def test_a_printer_that_is_off_is_tried_again_later(shop, started):
    port = free_port()
    printer_id = shop.printer(port)
    job_id = shop.queue(printer_id)
    assert shop.send(printer_id)
    assert shop.job(job_id) == (PrintState.QUEUED, 0, Problem.UNREACHABLE)
    assert not shop.send(printer_id)  # not at once
    device = started(port=port)
    shop.no_waiting()
    assert shop.send(printer_id)
    assert shop.job(job_id) == (PrintState.PRINTED, 3, None)
    assert len(device.labels) == 3


@pytest.mark.parametrize("language", list(Language))
def test_a_label_that_was_cut_off_in_the_middle_is_sent_again_by_itself(shop, started, language):
    device = started(simulated.Faults(cut_in=2))
    printer_id = shop.printer(device.port, language=language)
    job_id = shop.queue(printer_id)
    shop.send(printer_id)
    state, printed, problem = shop.job(job_id)
    if state is PrintState.UNSURE:  # the system had taken all of it into its own buffer: a person looks
        assert problem is Problem.LOST
        shop.answer(job_id, came_out=len(device.labels) > printed)
    else:
        assert (state, problem) == (PrintState.QUEUED, Problem.UNREACHABLE)
        shop.no_waiting()
    while shop.send(printer_id):
        pass
    assert shop.job(job_id) == (PrintState.PRINTED, 3, None)
    assert len({image.tobytes() for image in device.labels}) == len(device.labels) == 3


@pytest.mark.parametrize(
    ("fault", "came_out"),
    [({"lost_after": 2}, True), ({"swallowed": 2}, False)],
    ids=["it came out", "it did not"],
)
def test_a_label_that_may_have_come_out_waits_for_a_person(shop, started, fault, came_out):
    device = started(simulated.Faults(**fault))
    printer_id = shop.printer(device.port)
    job_id, next_id = shop.queue(printer_id), shop.queue(printer_id, 1, "another-key")
    shop.send(printer_id)
    assert shop.job(job_id) == (PrintState.UNSURE, 1, Problem.LOST)
    assert not shop.send(printer_id)  # nothing is sent by itself, and no other job overtakes it
    assert shop.job(next_id)[0] is PrintState.QUEUED
    shop.answer(job_id, came_out=came_out)
    while shop.send(printer_id):
        pass
    assert shop.job(job_id) == (PrintState.PRINTED, 3, None)
    assert shop.job(next_id) == (PrintState.PRINTED, 1, None)
    assert len(device.labels) == 4
    assert len({image.tobytes() for image in device.labels}) == 3  # the last is the first label once more


def test_without_paper_the_job_says_so_and_goes_on_by_itself(shop, started, monkeypatch):
    device = started(simulated.Faults(no_paper=2))
    printer_id = shop.printer(device.port)
    job_id = shop.queue(printer_id)
    heard = []
    tell = service.tell

    def listening(session, job, printed, problem, *, at):
        heard.append(problem)
        return tell(session, job, printed, problem, at=at)

    monkeypatch.setattr(service, "tell", listening)
    shop.send(printer_id)
    assert Problem.PAPER in heard
    assert shop.job(job_id) == (PrintState.PRINTED, 3, None)
    assert len(device.labels) == 3


def test_a_silent_printer_is_believed_when_it_has_taken_everything(shop, started):
    device = started(simulated.Faults(is_silent=True))
    printer_id = shop.printer(device.port, is_answering=False)
    job_id = shop.queue(printer_id)
    shop.send(printer_id)
    assert shop.job(job_id) == (PrintState.PRINTED, 3, None)
    until = time.monotonic() + 10
    while len(device.labels) < 3 and time.monotonic() < until:  # it reads at its own pace
        time.sleep(0.01)
    assert len(device.labels) == 3


def test_a_sender_that_died_leaves_its_job_to_a_person(shop, started):
    device = started()
    printer_id = shop.printer(device.port)
    job_id = shop.queue(printer_id)
    with shop.app.app_context():
        assert run(service.claim, printer_id, at=NOON).id == job_id
        assert run(service.claim, printer_id, at=NOON + timedelta(seconds=30)) is None
        assert shop.job(job_id)[0] is PrintState.SENDING
        assert run(service.claim, printer_id, at=MUCH_LATER) is None
    assert shop.job(job_id) == (PrintState.UNSURE, 0, Problem.LOST)
    assert device.labels == []


def test_two_senders_never_take_the_same_job(shop):
    printer_id = shop.printer(free_port())
    job_id = shop.queue(printer_id)
    barrier, taken = threading.Barrier(4), []

    def take():
        with shop.app.app_context():
            barrier.wait()
            job = run(service.claim, printer_id, at=NOON)
            taken.append(job.id if job else None)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=str) == [job_id, None, None, None]


def test_a_cancelled_job_is_not_sent(shop, started):
    device = started()
    printer_id = shop.printer(device.port)
    job_id = shop.queue(printer_id)
    with shop.app.app_context():
        run(service.cancel, job_id, at=NOON)
    assert not shop.send(printer_id)
    assert shop.job(job_id) == (PrintState.CANCELLED, 0, None)
    assert device.labels == []


def test_a_printer_in_trouble_keeps_no_other_waiting(shop, started):
    """The sender as it runs in the worker: one printer is off, the other prints."""
    good = started()
    off_id, good_id = shop.printer(free_port(), name="切割"), shop.printer(good.port)
    shop.queue(off_id, key="for the one that is off")
    job_id = shop.queue(good_id)
    told = threading.Event()
    thread = threading.Thread(target=sender.send_waiting, args=(shop.app, told.is_set))
    thread.start()
    until = time.monotonic() + 30
    while shop.job(job_id)[0] is not PrintState.PRINTED and time.monotonic() < until:
        time.sleep(0.05)
    told.set()
    thread.join()
    assert shop.job(job_id) == (PrintState.PRINTED, 3, None)
    assert len(good.labels) == 3


def test_refusals_name_what_is_wrong(shop):
    printer_id = shop.printer(free_port(), size=(100, 70))
    with pytest.raises(SizeUnfit, match=r"holds labels of 100×70 mm, these are 60×40 mm"):
        shop.queue(printer_id)
    with pytest.raises(NameTaken, match="包装台"):
        shop.printer(free_port())
    with shop.app.app_context():
        off = entry(free_port(), is_active=False)
        run(service.put_printer, printer_id, off, by=shop.person_id, at=NOON)
    with pytest.raises(PrinterGone, match="包装台 is out of service"):
        shop.queue(printer_id, key="another-key")


def test_which_printers_have_something_to_do(shop):
    first, second = shop.printer(free_port()), shop.printer(free_port(), name="切割")
    shop.queue(first)
    assert shop.due(NOON) == [first]
    with shop.app.app_context():
        assert run(service.claim, first, at=NOON) is not None
    shop.queue(first, key="behind the first")
    shop.queue(second, key="on the second one")
    assert shop.due(NOON) == [second]  # the first one is being served
    assert shop.due(MUCH_LATER) == [first, second]  # its sender died
