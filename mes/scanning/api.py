"""The scan protocol over HTTP (contracts: scans)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from flask import Blueprint, current_app, request
from flask_babel import get_locale, gettext
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.auth import queries as people
from core.auth import service as auth
from core.auth.queries import Known
from core.clock import now
from core.codes import CodeUnreadable, clean
from core.codes import read as read_code
from core.errors import AppError, InvalidInput
from core.i18n import N_
from core.web.access import me
from core.web.api import ErrorDetail, endpoint
from core.web.errors import text_of
from core.web.forms import Body, half_width
from core.web.photo import PhotoUnreadable, code_in
from core.web.registry import registry
from core.work import read, run
from mes.scanning import queries, service
from mes.scanning.rules import (
    Block,
    Blocked,
    DeviceUnknown,
    PositionTaken,
    ScanKind,
    ScanRequest,
    Text,
    Where,
    Who,
    encode,
    refused_on_device,
    verdict,
)

bp = Blueprint("mes_scanning_api", __name__)
SCAN = "mes.scanning.scan"
ShortText = Annotated[str, Field(max_length=200)]
SLICE = 25  # scans of a batch that are committed together: nobody waits long behind it


class Override(Body):
    """A supervisor's signature."""

    badge: ShortText
    pin: Annotated[str, BeforeValidator(half_width), Field(max_length=20)]
    reason: Annotated[str, Field(min_length=3, max_length=200)]


class QueuedScan(Body):
    """One gesture with a scanner, as a device keeps it until the network is back."""

    scan_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{8,64}$")]
    kind: ScanKind
    code: ShortText
    context: ShortText | None = None
    witness: ShortText | None = None
    badge: ShortText | None = None
    device: ShortText | None = None
    scanned_at: AwareDatetime
    quantity: Annotated[int, Field(ge=1, le=9999)] = 1
    manual: bool = False
    position: Annotated[int | None, Field(ge=1, le=2_000_000_000)] = None  # the how-manieth of its device
    blocked: Block | None = None  # refused on the device, without the network: it is logged, nothing else


class ScanBody(QueuedScan):
    """One gesture with a scanner, sent at once: a supervisor may sign for it."""

    override: Override | None = None


class BatchBody(Body):
    """Gestures of one device, in the order in which they were made; each is read by itself."""

    scans: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=500)]


class ProgressAnswer(BaseModel):
    """How far the thing in hand is."""

    done: int
    total: int
    missing: list[str]


class ScanAnswer(BaseModel):
    """The verdict of one scan."""

    scan_id: str
    outcome: str
    block_code: str | None
    message: str  # one sentence with all of it, for those who show nothing else
    block_name: str | None  # the refusal's short name
    say: str | None
    expected: str | None
    got: str | None
    todo: str | None
    progress: ProgressAnswer | None
    shown: dict[str, Any]
    replayed: bool


class BatchItem(BaseModel):
    """What became of one scan of a batch: its verdict, or why it was not judged and never will be."""

    scan_id: str
    verdict: ScanAnswer | None
    error: ErrorDetail | None
    box: str | None  # of a refused one: what is to be opened and looked into


class BatchAnswer(BaseModel):
    """The verdicts of a batch, in its order."""

    answers: list[BatchItem]
    next_position: int | None  # with which the device that sent it counts on


class PhotoBody(Body):
    """A photo of a label."""

    photo: Annotated[str, Field(max_length=8_000_000)]  # base64 of JPEG, PNG or WebP


class PhotoAnswer(BaseModel):
    """The code that a photo shows."""

    code: str


class ResolveAnswer(BaseModel):
    """What a code stands for."""

    code: str
    object_type: str | None
    name: str | None
    state: str | None
    url: str | None
    block_code: str | None
    todo: str | None


def _shown(value: Any) -> Any:
    """Return a stored part of an answer in the person's language."""
    if isinstance(value, dict) and set(value) == {"msgid", "facts"}:
        sentence = value["msgid"]
        return gettext(sentence) % {name: _fact(fact) for name, fact in value["facts"].items()}
    if isinstance(value, dict) and set(value) == {"zh", "en"}:
        return value["en"] if _is_english() and value["en"] else value["zh"]
    if isinstance(value, dict):
        return {name: _shown(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_shown(part) for part in value]
    return value


def _fact(value: Any) -> Any:
    """Return a fact as it stands in its sentence; several things are listed."""
    shown = _shown(value)
    return (", " if _is_english() else "、").join(map(str, shown)) if isinstance(shown, list) else shown


def _is_english() -> bool:
    return str(get_locale()).startswith("en")


def _message(said: dict[str, Any]) -> str:
    if said["block_code"] is None:
        return str(_shown(said["say"]))
    facts = {name: _shown(said[name]) for name in ("expected", "got", "todo")}
    name = gettext(Block(said["block_code"]).label)
    message: str = gettext(
        "%(code)s %(name)s. Expected: %(expected)s. Got: %(got)s. %(todo)s",
        code=said["block_code"],
        name=name,
        **facts,
    )
    return message


def answer_of(scan_id: str, said: dict[str, Any], *, replayed: bool) -> ScanAnswer:
    """Return a stored answer in the language of this request."""
    block = said["block_code"]
    return ScanAnswer(
        scan_id=scan_id,
        outcome=said["outcome"],
        block_code=block,
        block_name=block and gettext(Block(block).label),
        message=_message(said),
        replayed=replayed,
        **{name: _shown(said[name]) for name in ("say", "expected", "got", "todo", "progress", "shown")},
    )


def _who(known: Known) -> Who:
    grants = registry().grants
    return Who(known.id, known.name, frozenset().union(*(grants.get(role, set()) for role in known.roles)))


def _person(badge: str | None, where: Where | None) -> Who:
    """Return who scanned: the badge on an enrolled device, else who is logged in."""
    here = me()
    if badge is None or where is None:
        return Who(here.id, here.name, here.permissions)  # type: ignore[attr-defined]
    known = people.by_badge(read(), clean(badge))
    if known is None:
        raise Blocked(
            Block.E25,
            expected=Text(N_("A badge in force")),
            got=Text("%(code)s", {"code": clean(badge)[:20]}),
            todo=Text(N_("Scan your own badge, or see the office.")),
        )
    return _who(known)


def _signer(override: Override | None, kind: ScanKind, who: Who) -> Who | None:
    """Return who signed, when the signature is good for this kind of scan; nobody signs for themselves."""
    if override is None:
        return None
    judging = service.handler(kind)
    right = judging.override_permission if judging else None
    known = run(
        auth.check_signature, clean(override.badge), override.pin, at=now()
    )  # keeps count of wrong PINs
    signer = None if known is None else _who(known)
    if signer is not None and signer.id == who.id:
        raise Blocked(
            Block.E25,
            expected=Text(N_("The signature of somebody else")),
            got=Text("%(name)s", {"name": who.name}),
            todo=Text(N_("Nobody signs for their own work: another team leader signs.")),
        )
    if signer is None or right is None or right not in signer.permissions:
        raise Blocked(
            Block.E25,
            expected=Text(N_("Badge and PIN of somebody who may sign this")),
            got=Text(N_("A signature that is not accepted")),
            todo=Text(N_("The team leader signs with their own badge and PIN.")),
        )
    return signer


def _fingerprint(body: QueuedScan) -> str:
    """Return what tells two bodies apart; the PIN is left out, it is stored nowhere."""
    plain = body.model_dump(mode="json", exclude={"override": {"pin"}})
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _request(
    body: QueuedScan,
    at: datetime,
    where_is: Callable[[str], Where | None],
    who_is: Callable[[str | None, Where | None], Who],
) -> tuple[ScanRequest, Blocked | None]:
    """Return the scan with who and where, and the refusal when badge or signature are no good. Raises DeviceUnknown."""
    where = where_is(body.device) if body.device else None
    if body.device and where is None:
        raise DeviceUnknown
    override = body.override if isinstance(body, ScanBody) else None
    who, signer, refused = who_is(None, where), None, None
    try:
        who = who_is(body.badge, where)
        signer = _signer(override, body.kind, who)
    except Blocked as doubt:  # logged under whoever is logged in
        refused = doubt
    asked = ScanRequest(
        scan_id=body.scan_id,
        kind=body.kind,
        code=body.code,
        context=body.context,
        witness=body.witness,
        quantity=body.quantity,
        is_manual=body.manual,
        scanned_at=body.scanned_at,
        at=at,
        who=who,
        where=where,
        signer=signer,
        reason=override.reason if override else None,
        position=body.position,
    )
    if refused is None and body.blocked is not None:
        refused = refused_on_device(body.blocked, clean(body.code))
    return asked, refused


def _where(key: str) -> Where | None:
    return queries.where(read(), key)


@endpoint(
    bp,
    "POST",
    "/scans",
    permission=SCAN,
    body=ScanBody,
    answer=ScanAnswer,
    summary="Judge one scan; the same scan_id gets the stored answer",
    refusals=(400, 401, 403, 422),
)
def scan(body: ScanBody) -> ScanAnswer:
    """Judge one scan."""
    asked, refused = _request(body, now(), _where, _person)
    fingerprint = _fingerprint(body)
    try:
        said, replayed = run(service.take, asked, fingerprint, refused)
    except IntegrityError:  # the very same scan arrived twice at once: the other one has the answer
        said, replayed = run(service.take, asked, fingerprint, refused)
    return answer_of(body.scan_id, said, replayed=replayed)


@endpoint(
    bp,
    "POST",
    "/scans/batch",
    permission=SCAN,
    body=BatchBody,
    answer=BatchAnswer,
    summary="Judge up to 500 scans of one device in order, each with its own verdict",
)
def scan_batch(body: BatchBody) -> BatchAnswer:
    """Judge what a device kept while it was without the network."""
    at, where_is, who_is, box_of = now(), cache(_where), cache(_person), cache(_box)
    given = [_queued(one, at, where_is, who_is) for one in body.scans]
    answers: list[BatchItem] = []
    stopped: PositionTaken | None = None
    for start in range(0, len(given), SLICE):
        some = given[start : start + SLICE]
        try:
            taken = run(_take_all, some, stopped)
        except IntegrityError:  # one of them arrives twice at once: the other one has the answer
            taken = run(_take_all, some, stopped)
        stopped = next((one for one in taken if isinstance(one, PositionTaken)), None)
        answers += [_item(one, result, box_of) for one, result in zip(some, taken, strict=True)]
    device = body.scans[0].get("device")
    where = where_is(device) if isinstance(device, str) else None
    counted = None if where is None else queries.next_position(read(), where.device_id)
    return BatchAnswer(answers=answers, next_position=counted)


@dataclass(frozen=True, slots=True)
class _Queued:
    """One scan of a batch, read; or why it cannot be."""

    scan_id: str
    asked: ScanRequest | None = None
    fingerprint: str = ""
    refused: Blocked | None = None
    unread: ErrorDetail | None = None


def _queued(
    given: dict[str, Any],
    at: datetime,
    where_is: Callable[[str], Where | None],
    who_is: Callable[[str | None, Where | None], Who],
) -> _Queued:
    """Read one scan of a batch: a bad one must not keep those behind it waiting for ever."""
    scan_id = str(given.get("scan_id", ""))[:64]
    try:
        body = QueuedScan.model_validate_json(json.dumps(given))
        asked, refused = _request(body, at, where_is, who_is)
    except ValidationError as wrong:
        fields = {".".join(map(str, fault["loc"])): fault["type"] for fault in wrong.errors()}
        detail = _detail(InvalidInput(fields)).model_copy(update={"fields": fields})
        return _Queued(scan_id, unread=detail)
    except DeviceUnknown as unknown:
        return _Queued(scan_id, unread=_detail(unknown))
    return _Queued(scan_id, asked, _fingerprint(body), refused)


Taken = tuple[dict[str, Any], bool] | AppError | None


def _take_all(session: Session, some: list[_Queued], stopped: PositionTaken | None) -> list[Taken]:
    """Judge some scans in one transaction; one that was used up is told so and does not spoil the others.

    From the first position that is taken on nothing more is judged: the device counts anew, and order is all.
    """
    taken: list[Taken] = []
    told: set[int] = set()  # whose work is told: all of a batch comes at one moment
    service.look_ahead(session, [one.asked for one in some if one.asked is not None])
    for one in some:
        is_beat = one.asked is not None and one.asked.who.id not in told
        answer = stopped if one.asked is None or stopped else _take(session, one.asked, one, is_beat=is_beat)
        if one.asked is not None and isinstance(answer, tuple) and not answer[1]:
            told.add(one.asked.who.id)
        stopped = answer if isinstance(answer, PositionTaken) else stopped
        taken.append(None if one.asked is None else answer)
    service.write_log(session)
    return taken


def _take(session: Session, asked: ScanRequest, one: _Queued, *, is_beat: bool) -> Taken:
    try:
        return service.take(session, asked, one.fingerprint, one.refused, is_beat=is_beat)
    except AppError as no:  # used up, or refused by a command: what it had begun is taken back
        return no


def _item(one: _Queued, taken: Taken, box_of: Callable[[str], str]) -> BatchItem:
    if one.asked is None or taken is None:
        return BatchItem(scan_id=one.scan_id, verdict=None, error=one.unread, box=None)
    if isinstance(taken, AppError):
        return BatchItem(scan_id=one.scan_id, verdict=None, error=_detail(taken), box=None)
    said, replayed = taken
    verdict = answer_of(one.scan_id, said, replayed=replayed)
    subject = one.asked.context or one.asked.code
    box = box_of(subject) if said["outcome"] == "BLOCK" else None
    return BatchItem(scan_id=one.scan_id, verdict=verdict, error=None, box=box)


def _detail(error: AppError) -> ErrorDetail:
    return ErrorDetail(code=error.code, message=text_of(error), fields={})


def _box(code: str) -> str:
    """Return the name of what a refused scan was made for, the box that is to be opened; its code when it has none."""
    try:
        found = service.resolve(read(), read_code(code))
    except (Blocked, CodeUnreadable):
        return code[:20]
    return str(_shown(encode(found.name)))


@endpoint(
    bp,
    "POST",
    "/scans/photo",
    permission=SCAN,
    body=PhotoBody,
    answer=PhotoAnswer,
    summary="Read the code in a photo of a label; nothing is kept",
    refusals=(400, 401, 403, 422),
)
def scan_photo(body: PhotoBody) -> PhotoAnswer:
    """Say what code a photo shows."""
    try:
        content = base64.b64decode(body.photo, validate=True)
    except binascii.Error as wrong:
        raise PhotoUnreadable from wrong
    return PhotoAnswer(code=code_in(content))


@endpoint(
    bp,
    "GET",
    "/scans/resolve",
    permission=SCAN,
    answer=ResolveAnswer,
    parameters=("code",),
    summary="What is this code; reading never writes",
)
def resolve() -> ResolveAnswer:
    """Say what a code stands for."""
    code = clean(request.args.get("code", ""))[:64]
    try:
        found = service.resolve(read(), code)
    except Blocked as refused:
        said = verdict(refused)
        return ResolveAnswer(
            code=code,
            object_type=None,
            name=None,
            state=None,
            url=None,
            block_code=said["block_code"],
            todo=_shown(said["todo"]),
        )
    shown = _shown(encode({"name": found.name, "state": found.state}))
    url = current_app.url_for(found.endpoint, **(found.arguments or {})) if found.endpoint else None
    return ResolveAnswer(
        code=code, object_type=found.object_type, url=url, block_code=None, todo=None, **shown
    )
