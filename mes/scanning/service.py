"""Commands of scanning: judge one scan, log it with its answer; labels and stations."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import codes
from core.activity import service as activity
from core.audit import service as audit
from core.codes import CodeUnreadable, Letter
from core.errors import NotFound
from core.i18n import N_, Named
from core.numbers.service import next_codes
from core.printing.model import Printer
from mes.scanning import queries
from mes.scanning.model import Device, FormerLabel, Station
from mes.scanning.rules import (
    Accepted,
    Block,
    Blocked,
    Outcome,
    PositionTaken,
    ScanKind,
    ScanRequest,
    ScanReused,
    StationKind,
    Text,
    verdict,
)

WORK = {
    StationKind.FLOOR: "production",
    StationKind.PACK: "packing",
    StationKind.STORE: "warehouse",
    StationKind.DOCK: "loading",
}
LONGEST_CODE = 64  # what is kept of an unreadable code
CANCELLED = "cancelled"  # why a label without a new one is refused: nobody wants the thing any more
LOG = insert(queries.SCANS)  # made once, like the reads


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a printed code stands for, in one line, and where its page is."""

    object_type: str
    object_id: int
    name: Named | str
    state: Any = None  # a Choice, or nothing
    endpoint: str | None = None
    arguments: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """What one kind of scan does: `judge` returns Accepted or raises Blocked; it runs in a savepoint.

    One that `reads_log` finds every earlier scan in the log; a batch writes its log at its end otherwise.
    """

    kind: ScanKind
    permission: str
    judge: Callable[[Session, ScanRequest], Accepted]
    letters: tuple[Letter, ...]
    context_letters: tuple[Letter, ...] = ()
    override_permission: str | None = None
    reads_log: bool = False


Resolver = Callable[[Session, str], Resolved | None]
_handlers: dict[ScanKind, Handler] = {}
_resolvers: dict[Letter, Resolver] = {}


def handle(handler: Handler) -> None:
    """Have one handler judge all scans of its kind."""
    _handlers[handler.kind] = handler


def resolve_with(letter: Letter, resolver: Resolver) -> None:
    """Have one function say what the codes of a letter stand for."""
    _resolvers[letter] = resolver


def handler(kind: ScanKind) -> Handler | None:
    """Return who judges a kind of scan."""
    return _handlers.get(kind)


def resolve(session: Session, code: str) -> Resolved:
    """Return what a code stands for. Raises Blocked: E20, E21, E26."""
    code = _read(code)
    _refuse_former(session, code)
    resolver = _resolvers.get(Letter(code[0])) if code[0] in set(Letter) else None
    found = resolver(session, code) if resolver else None
    if found is None:
        raise unknown(session, code)
    return found


def unknown(session: Session, code: str) -> Blocked:
    """Return the refusal of a readable code that stands for nothing: E26 for an old label, else E21."""
    former = queries.former_label(session, code)
    if former is None:
        return Blocked(
            Block.E21,
            expected=Text(N_("A label that Mortise printed")),
            got=Text("%(code)s", {"code": code}),
            todo=Text(N_("Put it aside and call the team leader.")),
        )
    if former.reason == CANCELLED:
        todo = Text(N_("It was cancelled. Put it aside and call the team leader."))
    elif former.new_code is None:
        todo = Text(N_("It was made void. Put it aside and call the team leader."))
    else:
        todo = Text(N_("Use the new label %(code)s; throw this one away."), {"code": former.new_code})
    return Blocked(
        Block.E26,
        expected=Text("%(code)s", {"code": former.new_code})
        if former.new_code
        else Text(N_("A label in force")),
        got=Text(N_("Old label %(code)s"), {"code": code}),
        todo=todo,
    )


def _refuse_former(session: Session, code: str) -> None:
    """Refuse a label that is not in force any more, whatever row still carries it. Raises Blocked E26."""
    if queries.is_former(session, code):
        raise unknown(session, code)


def _read(text: str) -> str:
    try:
        return codes.read(text)
    except CodeUnreadable as wrong:
        raise Blocked(
            Block.E20,
            expected=Text(N_("A code with its check character")),
            got=Text("%(code)s", {"code": text[:20] or "—"}),
            todo=Text(N_("Scan again. If the label is torn, print a new one.")),
        ) from wrong


def take(
    session: Session,
    scan: ScanRequest,
    fingerprint: str,
    refused: Blocked | None = None,
    *,
    is_beat: bool = True,
) -> tuple[dict[str, Any], bool]:
    """Judge and log one scan; return its answer (without a language) and whether it is a stored one.

    The same scan_id gets the stored answer and does nothing. Raises ScanReused
    when its body was another, PositionTaken when the device counted another scan
    so. Log, effect and answer are one transaction. A scan that is `refused` already
    (who scanned or signed is in doubt; the device refused it) is only logged. It is a
    sign of work unless `is_beat` says that this very moment has been told already.
    """
    before = queries.stored(session, scan.scan_id)
    if before is not None:
        if before[0] != fingerprint:
            raise ScanReused
        return before[1], True
    device_id = None if scan.where is None else scan.where.device_id
    if device_id and scan.position and queries.is_position_taken(session, device_id, scan.position):
        raise PositionTaken
    answer = refused or _judge(session, scan)
    said = verdict(answer)
    _log(session, scan, fingerprint, answer, said)
    if is_beat and scan.where is not None:
        activity.beat(session, scan.who.id, WORK[scan.where.station_kind], None, None, at=scan.at)
    return said, False


def _judge(session: Session, scan: ScanRequest) -> Accepted | Blocked:
    try:
        judging = _handlers[scan.kind]
        clean = _cleaned(session, scan, judging)
        if judging.reads_log:
            write_log(session)
        with session.begin_nested():  # a refusal takes back what its handler had begun
            return judging.judge(session, clean)
    except Blocked as refused:
        return refused
    except IntegrityError:  # the database is the judge: another was first
        return Blocked(
            Block.E27,
            expected=Text(N_("As it was a moment ago")),
            got=Text(N_("Changed by another meanwhile")),
            todo=Text(N_("Scan again.")),
        )


def _cleaned(session: Session, scan: ScanRequest, judging: Handler) -> ScanRequest:
    """Return the scan with its codes read. Raises Blocked: E20, E21, E26, E22, E25, in this order."""
    code = _read(scan.code)
    context = _read(scan.context) if judging.context_letters and scan.context else scan.context
    _refuse_former(session, code)
    allowed = judging.permission in scan.who.permissions
    wrong_letter = code[0] not in judging.letters or bool(
        judging.context_letters and (not context or context[0] not in judging.context_letters)
    )
    if wrong_letter or not allowed:
        is_code_right = wrong_letter and code[0] in judging.letters
        wrong = (is_code_right and context) or code  # what was scanned last, not what is in hand
        found = resolve(session, wrong)  # an unknown or an old label is told first
        if wrong_letter:
            raise _wrong_step(found, judging, context)
        raise _no_right(scan)
    if context and judging.context_letters:
        _refuse_former(session, context)
    return replace(scan, code=code, context=context)


def _wrong_step(found: Resolved, judging: Handler, context: str | None) -> Blocked:
    lacks_context = judging.context_letters and not context
    return Blocked(
        Block.E22,
        expected=Text(N_("First what it belongs to, then this code"))
        if lacks_context
        else Text(N_("A code for: %(step)s"), {"step": judging.kind}),
        got=Text("%(name)s", {"name": found.name}),
        todo=Text(N_("Scan the label that this step asks for.")),
        object_type=found.object_type,
        object_id=found.object_id,
    )


def _no_right(scan: ScanRequest) -> Blocked:
    return Blocked(
        Block.E25,
        expected=Text(N_("Somebody who may do this: %(step)s"), {"step": scan.kind}),
        got=Text("%(name)s", {"name": scan.who.name}),
        todo=Text(N_("Scan the badge of somebody who may.")),
    )


def _log(
    session: Session, scan: ScanRequest, fingerprint: str, answer: Accepted | Blocked, said: dict[str, Any]
) -> None:
    row = {
        "scan_id": scan.scan_id,
        "body_sha256": fingerprint,
        "kind": scan.kind,
        "code": codes.clean(scan.code)[:LONGEST_CODE],
        "context": scan.context and scan.context[:LONGEST_CODE],
        "witness": scan.witness and scan.witness[:LONGEST_CODE],
        "person_id": scan.who.id,
        "device_id": scan.where and scan.where.device_id,
        "station_id": scan.where and scan.where.station_id,
        "device_position": scan.position,
        "scanned_at": scan.scanned_at,
        "received_at": scan.at,
        "scan_count": scan.quantity,
        "is_manual": scan.is_manual,
        "outcome": Outcome(said["outcome"]),
        "block_code": said["block_code"] and Block(said["block_code"]),
        "object_type": answer.object_type or None,
        "object_id": answer.object_id,
        "context_id": answer.context_id,
        "override_by_id": scan.signer and scan.signer.id,
        "override_reason": scan.reason,
        "answer": said,
    }
    ahead = queries.ahead(session)
    if ahead is None:
        session.execute(LOG, row)
        return
    ahead.unwritten.append(row)
    ahead.stored[scan.scan_id] = (fingerprint, said)
    if scan.where is not None and scan.position:
        ahead.positions[scan.where.device_id, scan.position] = True


def look_ahead(session: Session, scans: Collection[ScanRequest]) -> None:
    """Look up for the scans of one transaction what each would ask by itself; `write_log` ends it."""
    positions: dict[int, list[int]] = {}
    for scan in scans:
        if scan.where is not None and scan.position:
            positions.setdefault(scan.where.device_id, []).append(scan.position)
    labels = {codes.clean(text) for scan in scans for text in (scan.code, scan.context) if text}
    queries.look_ahead(session, {scan.scan_id for scan in scans}, positions, labels)


def write_log(session: Session) -> None:
    """Write down the scans of a batch that are judged and not in the log yet, in their order."""
    ahead = queries.ahead(session)
    if ahead is not None and ahead.unwritten:
        session.execute(LOG, ahead.unwritten)
        ahead.unwritten = []


def _forget_labels(session: Session) -> None:
    """Have every label looked up anew: one of them was just made an old one."""
    ahead = queries.ahead(session)
    if ahead is not None:
        ahead.former.clear()


def supersede(
    session: Session, code: str, new_code: str | None, reason: str, *, by: int | None, at: datetime
) -> None:
    """Have a label refused from now on, naming the one that stands in its place, if any.

    Earlier labels that named this one name the new one from now on.
    """
    _forget_labels(session)
    session.execute(update(FormerLabel).where(FormerLabel.new_code == code).values(new_code=new_code))
    session.execute(
        insert(FormerLabel).values(
            code=code, new_code=new_code, reason=reason, replaced_at=at, replaced_by_id=by
        )
    )


def cancel_labels(session: Session, codes: Collection[str], *, by: int | None, at: datetime) -> None:
    """Have labels refused from now on because what they are on was cancelled; nothing stands in their place.

    Earlier labels that named one of them say so too.
    """
    if not codes:
        return
    _forget_labels(session)
    session.execute(
        update(FormerLabel)
        .where(FormerLabel.new_code.in_(codes))
        .values(new_code=None, reason=CANCELLED)
        .execution_options(synchronize_session=False)
    )
    common = {"new_code": None, "reason": CANCELLED, "replaced_at": at, "replaced_by_id": by}
    session.execute(insert(FormerLabel), [{"code": code, **common} for code in codes])


def add_station(
    session: Session, name: str, name_en: str, kind: StationKind, operations: tuple[str, ...]
) -> Station:
    """Set up a station with a label of its own."""
    (code,) = next_codes(session, Letter.STATION, 1)
    station = Station(code=code, name=name, name_en=name_en, kind=kind, operation_codes=list(operations))
    session.add(station)
    session.flush()  # for its id
    return station


def choose_printer(
    session: Session, station_id: int, printer_id: int | None, *, by: int, at: datetime
) -> None:
    """Say which label printer stands beside a station, or none. Raises NotFound."""
    station = session.get(Station, station_id, with_for_update=True)
    if station is None or (printer_id is not None and session.get(Printer, printer_id) is None):
        raise NotFound
    audit.record(
        session,
        subject="mes.scanning.station",
        subject_id=station_id,
        verb="printer",
        by=by,
        at=at,
        changes={"printer_id": [station.printer_id, printer_id]},
    )
    station.printer_id = printer_id


def enrol(session: Session, station_id: int, name: str, *, by: int | None, at: datetime) -> Device:
    """Enrol a device at a station; its key is what it shows from then on. Raises NotFound."""
    if session.get(Station, station_id) is None:
        raise NotFound
    device = Device(
        key=secrets.token_urlsafe(16), name=name, station_id=station_id, enrolled_at=at, enrolled_by_id=by
    )
    session.add(device)
    session.flush()  # for its id
    audit.record(session, subject="mes.scanning.device", subject_id=device.id, verb="enrol", by=by, at=at)
    return device


def retire_device(session: Session, device_id: int, *, by: int, at: datetime) -> None:
    """Take a device out of service: lost, broken or moved. Raises NotFound."""
    device = session.get(Device, device_id)
    if device is None:
        raise NotFound
    device.is_active = False
    audit.record(session, subject="mes.scanning.device", subject_id=device_id, verb="retire", by=by, at=at)
