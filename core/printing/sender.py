"""The sender: one thread a printer, so that one without paper keeps nobody else waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask

from core.clock import now
from core.printing import queries, raster, rules, service
from core.printing.model import Printer, PrintJob
from core.printing.rules import Language, Problem
from core.printing.wire import NotConfirmed, NotSent, Wire
from core.work import close_session, read, run

LOG = structlog.get_logger()
IDLE_S = 0.5
ALIVE_EVERY_S = 5.0  # several times within service.LOST_AFTER


def send_waiting(app: Flask, until: Callable[[], bool]) -> None:
    """Send what waits, as it comes, until `until()` is true."""
    busy: dict[int, threading.Thread] = {}
    while not until():
        with app.app_context():
            waiting = queries.due_printers(read(), now())
            close_session()
        for printer_id in waiting:
            thread = busy.get(printer_id)
            if thread is None or not thread.is_alive():
                busy[printer_id] = threading.Thread(target=_serve, args=(app, printer_id, until), daemon=True)
                busy[printer_id].start()
        time.sleep(IDLE_S)


def _serve(app: Flask, printer_id: int, until: Callable[[], bool]) -> None:
    while not until() and send_one(app, printer_id, until):
        pass


def send_one(app: Flask, printer_id: int, until: Callable[[], bool]) -> bool:
    """Send a printer's next job; say whether there was one."""
    with app.app_context():
        job = run(service.claim, printer_id, at=now())
        if job is None:
            return False
        printer = read().get_one(Printer, printer_id)
        close_session()
        _Sending(job, printer, until).all()
        return True


class _Sending:
    """One job on its way to its printer."""

    def __init__(self, job: PrintJob, printer: Printer, until: Callable[[], bool]) -> None:
        self.job, self.printer, self.until = job, printer, until
        self.printed, self.told_at = job.printed_count, 0.0
        self.told_problem: Problem | None = None

    def all(self) -> None:
        """Send what has not come out yet, label by label, and keep how it ended."""
        printer = self.printer
        wire = Wire(printer.host, printer.port, printer.language, printer.is_answering)
        try:
            for page in range(self.job.printed_count, self.job.page_count):
                wire.send(self._label(page), self._waits)
                self.printed += 1
                if not run(service.tell, self.job.id, self.printed, None, at=now()) or self.until():
                    break
        except NotSent:
            LOG.warning("printer not reached", printer=printer.name)
            run(service.give_back, self.job.id, self.printed, Problem.UNREACHABLE, at=now())
            return
        except NotConfirmed:
            LOG.warning("label not confirmed", printer=printer.name, job=self.job.id, label=self.printed + 1)
            run(service.leave_unsure, self.job.id, self.printed)
            return
        finally:
            wire.close()
        self._end()

    def _end(self) -> None:
        if self.printed == self.job.page_count:
            run(service.finish, self.job.id, self.printed, at=now())
        else:  # told to stop, or cancelled, between two labels
            run(service.give_back, self.job.id, self.printed, None, at=now())

    def _label(self, page: int) -> bytes:
        dots = raster.bitmap(self.job.content, page, self.printer.dots_per_mm)
        if self.printer.language is Language.ZPL:
            return rules.zpl(dots)
        width, height = str(self.printer.width_mm), str(self.printer.height_mm)
        return rules.tspl(dots, width, height, f"{self.printer.gap_mm:f}")

    def _waits(self, problem: Problem | None) -> None:
        """Keep what stands in the way, and a sign of life. Raises NotConfirmed when told to stop, or cancelled."""
        if self.until():
            raise NotConfirmed
        if problem is not self.told_problem or time.monotonic() - self.told_at > ALIVE_EVERY_S:
            self.told_problem, self.told_at = problem, time.monotonic()
            if not run(service.tell, self.job.id, self.printed, problem, at=now()):
                raise NotConfirmed
