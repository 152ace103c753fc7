"""A storm of scans against real web processes while they and their database connections are killed; then the proof.

Scanners work on the same packages, places and vehicles at once, online and by batches, 5 % of their scans sent twice,
5 % wrong. A scan without an answer is sent again with its number, as a device does, until it has one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.pool import NullPool

from core.auth import service as auth
from core.codes import Letter, make
from core.web import invariants
from erp.stock.model import Place
from erp.stock.rules import FOR_PACKAGES
from mes.packing.model import Package
from mes.packing.rules import PackageState
from mes.scanning import service as scanning
from mes.scanning.model import Scan, Station
from mes.scanning.rules import ScanKind, StationKind
from tests.bench.serving import Server, _family, web
from tests.conftest import NOON
from tests.factories.factory import load_pack, make_line, release_order
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.shipping.dock import make_load
from tests.soak.replay import differences

TWICE, WRONG = 0.05, 0.05
WINDOW = 12  # packages that everybody works on at once
PATIENCE_S = 60.0  # until an unanswered scan must have its answer
WORKS = (
    # who scans, at which kind of station
    *(("packer", StationKind.PACK),) * 5,
    *(("keeper", StationKind.STORE),) * 1,
    *(("loader", StationKind.DOCK),) * 2,
)
ADDRESS = {False: "/api/v1/scans", True: "/api/v1/scans/batch"}


@dataclass(frozen=True)
class Plan:
    """What there is to be scanned."""

    url: str
    tokens: dict[str, str]  # by role
    devices: list[tuple[str, str]]  # (role, key), one for each scanner
    boxes: list[tuple[str, list[str]]]  # to be packed: code and its pieces
    sealed: list[tuple[str, str, str]]  # to be stored and loaded: code, one piece, load
    loads: list[str]
    places: list[str]


@dataclass
class Result:
    """What happened, as the scanners saw it."""

    answered: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # outcome and number by scan_id
    changed: list[str] = field(default_factory=list)  # answers that differ from the first one
    kills: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0  # requests that got none and were sent again
    seconds: float = 0.0

    def note(self, answer: dict[str, Any]) -> None:
        """Keep an answer, or compare it with the one that the same scan got before."""
        told = (answer["outcome"], answer["block_code"])
        if self.answered.setdefault(answer["scan_id"], told) != told:
            self.changed.append(f"{answer['scan_id']}: {self.answered[answer['scan_id']]}, then {told}")


def prepare(app: Flask, scanners: int, sets: int) -> Plan:
    """Release orders: one half to be packed, the other packed and sealed, on three loads; people, devices, places."""
    with app.app_context(), app.extensions["sessions"].writing() as session:
        load_pack(session)
        open_order, *closed = [
            release_order(session, make_line(set_count=count)) for count in (sets, *(max(1, sets // 6),) * 3)
        ]
        make_all(session, open_order)
        bench, loads, sealed = make_bench(session), [], []
        for order in closed:
            make_all(session, order)
            for box in packages(session, order):
                bench.fill(box)
                bench.scan(ScanKind.PACK_SEAL, box.code)
            load = make_load(session, order)
            loads.append(load.code)
            sealed += [
                (box.code, pieces_of(session, box)[0].code, load.code) for box in packages(session, order)
            ]
        tokens = {}
        for role in ("packer", "keeper", "loader"):
            auth.add_person(session, role, role, [role], password="long enough", by=None, at=NOON)
            tokens[role] = auth.create_token(session, role, "storm", by=None, at=NOON)
        devices = []
        for number in range(scanners):
            role, kind = WORKS[number % len(WORKS)]
            stand = session.scalars(select(Station).where(Station.kind == kind).order_by(Station.id)).first()
            devices.append((role, scanning.enrol(session, stand.id, f"D{number}", by=None, at=NOON).key))
        boxes = [
            (box.code, [piece.code for piece in pieces_of(session, box)])
            for box in packages(session, open_order)
        ]
        places = session.scalars(select(Place.code).where(Place.kind.in_(FOR_PACKAGES))).all()
        session.commit()
    return Plan(app.config["DATABASE_URL"], tokens, devices, boxes, sealed, loads, list(places))


class Scanner(threading.Thread):
    """One device: makes scans until it is time, each kept until it is answered."""

    def __init__(self, plan: Plan, number: int, port: int, result: Result, stop: threading.Event) -> None:
        super().__init__(name=f"scanner {number}")
        self.plan, self.port, self.result, self.stop = plan, port, result, stop
        self.chance = random.Random(number)  # noqa: S311  (no secret)
        self.role, self.key = plan.devices[number]
        self.is_batch = number % 8 == 7
        self.position = 0
        self.broken: str | None = None

    def run(self) -> None:
        """Scan until told to stop; an unexpected answer ends it."""
        try:
            while not self.stop.is_set():
                wanted = {"packer": self.pack, "keeper": self.store, "loader": self.load}[self.role]()
                scans = [self.body(*one) for one in wanted]
                for some in [scans] if self.is_batch else [[scan] for scan in scans]:
                    self.deliver(some)
        except Exception as wrong:  # noqa: BLE001  (told by the one who waits for all)
            self.broken = repr(wrong)

    # --- what is scanned -------------------------------------------------------

    def pack(self) -> Iterator[tuple[str, str, str | None, str | None]]:
        """Open one of the packages in the window, fill it in any order, seal it, sometimes take out or open again."""
        start = len(self.result.answered) // 40 % max(1, len(self.plan.boxes) - WINDOW)
        code, pieces = self.chance.choice(self.plan.boxes[start : start + WINDOW])
        yield ("PACK_OPEN", code, None, None)
        for piece in self.chance.sample(pieces, len(pieces)):
            yield ("PACK_ADD", piece, code, None)
            if self.chance.random() < 0.1:
                yield ("PACK_REMOVE", piece, code, None)
        yield ("PACK_SEAL", code, None, None)
        if self.chance.random() < 0.2:
            yield ("PACK_REOPEN", code, None, None)

    def store(self) -> Iterator[tuple[str, str, str | None, str | None]]:
        """Put a sealed package to a place, or move one."""
        code, piece, _ = self.chance.choice(self.plan.sealed)
        kind = self.chance.choice(("STORE_IN", "MOVE", "STAGE"))
        yield (kind, code, self.chance.choice(self.plan.places), piece if kind == "STORE_IN" else None)

    def load(self) -> Iterator[tuple[str, str, str | None, str | None]]:
        """Load packages, mostly onto their own vehicle, unload some, try to close."""
        code, _, load = self.chance.choice(self.plan.sealed)
        yield (
            "LOAD",
            code,
            load if self.chance.random() < 0.9 else self.chance.choice(self.plan.loads),
            None,
        )
        if self.chance.random() < 0.3:
            yield ("UNLOAD", code, load, None)
        if self.chance.random() < 0.01:
            yield ("SHIP_CLOSE", load, None, None)

    def wrong(self, code: str) -> str:
        """Return a code that is unreadable, unknown, of another kind, or of another thing."""
        boxes, pieces = self.plan.boxes, self.chance.choice(self.plan.boxes)[1]
        unreadable = code[:-1] + ("0" if code[-1] != "0" else "1")
        unknown = make(Letter(code[0]), 700_000 + self.chance.randrange(9000))
        return self.chance.choice((unreadable, unknown, self.chance.choice(boxes)[0], pieces[0]))

    def body(self, kind: str, code: str, context: str | None, witness: str | None) -> dict[str, Any]:
        """Return a scan with its number and its place in the device's order."""
        self.position += 1
        return {
            "scan_id": str(uuid.uuid4()),
            "kind": kind,
            "code": self.wrong(code) if self.chance.random() < WRONG else code,
            "context": context,
            "witness": witness,
            "device": self.key,
            "scanned_at": "2026-11-22T12:00:00+08:00",
            "position": self.position,
        }

    # --- how it is sent --------------------------------------------------------

    def deliver(self, scans: list[dict[str, Any]]) -> None:
        """Send scans until they have their answers; some are sent again although they have one."""
        times = 2 if self.chance.random() < TWICE else 1
        for _ in range(times):
            for answer in self.answers(scans):
                self.result.note(answer)

    def answers(self, scans: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the verdicts; whatever breaks on the way is tried again with the same numbers."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            answer = self.post({"scans": scans} if self.is_batch else scans[0])
            if answer is None:
                self.result.unanswered += 1
                time.sleep(self.chance.uniform(0.05, 0.3))
                continue
            return [item["verdict"] for item in answer["answers"]] if self.is_batch else [answer]
        raise TimeoutError(f"no answer in {PATIENCE_S:.0f} s")

    def post(self, sent: dict[str, Any]) -> dict[str, Any] | None:
        """Send once; nothing when no answer came, or none that says what became of the scan."""
        headers = {
            "Authorization": f"Bearer {self.plan.tokens[self.role]}",
            "Content-Type": "application/json",
        }
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            try:
                connection.request("POST", ADDRESS[self.is_batch], json.dumps(sent), headers)
                response = connection.getresponse()
                given = response.read()
            except (OSError, HTTPException):
                return None
        if response.status == 503:  # the database's connection was cut: nothing is known, so the same again
            return None
        if response.status != 200:
            raise AssertionError(f"{response.status} {given[:300]!r}")
        answer: dict[str, Any] = json.loads(given)
        return answer


def kill_web(server: Server, chance: random.Random) -> bool:
    """Kill one web process without warning; the server's keeper starts another."""
    workers = _family(server.pid)[1:]
    if not workers:
        return False
    os.kill(chance.choice(workers), signal.SIGKILL)
    return True


def kill_connections(url: str) -> int:
    """Cut a third of the database's connections, as a network that breaks would; how many."""
    database = make_url(url).database
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        cut = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = :name AND pid <> pg_backend_pid() AND random() < 0.33"
            ),
            {"name": database},
        )
        return len(cut.all())


def storm(plan: Plan, folder: Path, seconds: float, every_s: float, processes: int) -> Result:
    """Let all devices scan for so long, killing something every few seconds."""
    result, stop, chance = Result(), threading.Event(), random.Random(6250)  # noqa: S311
    settings = {
        "MORTISE_DATABASE_URL": plan.url,
        "MORTISE_VAR_DIR": str(folder),
        "MORTISE_SECRET_KEY": "storm",
    }
    with web("wsgi:app", settings, processes=processes) as server:
        scanners = [Scanner(plan, number, server.port, result, stop) for number in range(len(plan.devices))]
        began = time.monotonic()
        for scanner in scanners:
            scanner.start()
        while time.monotonic() - began < seconds:
            time.sleep(every_s * chance.uniform(0.5, 1.5))
            result.kills["web process"] += kill_web(server, chance)
            if plan.url.startswith("postgresql"):
                result.kills["connection"] += kill_connections(plan.url)
        stop.set()
        for scanner in scanners:
            scanner.join(PATIENCE_S + 30)
        result.seconds = time.monotonic() - began
    broken = [
        f"{scanner.name}: {scanner.broken}" for scanner in scanners if scanner.broken or scanner.is_alive()
    ]
    assert broken == []
    return result


def prove(app: Flask, result: Result) -> list[str]:
    """Return everything that is not as it must be."""
    with app.app_context(), app.extensions["sessions"].reading() as session:
        faults = [f"{name}: {fault}" for name, found in invariants.verify(session).items() for fault in found]
        kept: dict[str, list[tuple[str, str | None]]] = {}
        for scan_id, outcome, block in session.execute(select(Scan.scan_id, Scan.outcome, Scan.block_code)):
            kept.setdefault(scan_id, []).append((outcome.value, block and block.value))
        faults += [f"{scan_id}: logged {len(rows)} times" for scan_id, rows in kept.items() if len(rows) != 1]
        faults += [
            f"{scan_id}: answered {told}, logged {kept.get(scan_id)}"
            for scan_id, told in result.answered.items()
            if kept.get(scan_id) != [told]
        ]
        faults += differences(session)
        sealed = session.scalars(select(Package.id).where(Package.state != PackageState.PLANNED)).all()
        assert sealed, "nothing was done"
    return faults + result.changed


def summary(kind: str, result: Result) -> str:
    """Return in one line what happened."""
    outcomes = Counter(outcome for outcome, _ in result.answered.values())
    rate = len(result.answered) / result.seconds
    return (
        f"{kind}: {len(result.answered)} scans answered in {result.seconds:.0f} s ({rate:.0f}/s), {dict(outcomes)}; "
        f"{result.unanswered} requests without an answer were sent again; killed: {dict(result.kills)}"
    )
