"""Commands of the catalogue: a factory pack is loaded whole or not at all; never commit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.audit.service import record
from core.codelists import service as codelists
from core.errors import Conflict, NotFound
from core.events import publish as tell
from erp.catalogue import queries
from erp.catalogue.events import PricesLoaded
from erp.catalogue.model import Door, DoorVersion, Draft, LoadedPack
from erp.catalogue.queries import Judgement
from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.drafts import (
    BaseMoved,
    Change,
    DraftClosed,
    DraftFaulty,
    DraftMoved,
    DraftState,
    NothingChanged,
    Section,
    as_typed,
    begin_change,
    entry_of,
    rebased,
    with_examples_anew,
)
from erp.catalogue.rules.entries import Pack
from erp.catalogue.rules.examples import record_example
from erp.catalogue.rules.line import LineSpec
from erp.catalogue.rules.pack import dump_pack
from erp.catalogue.rules.prices import PriceBook
from erp.catalogue.rules.reading import plain
from erp.materials import service as materials
from erp.parties import service as parties


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many of each were added or changed; all zero when the pack was loaded already."""

    colours: int
    defects: int
    materials: int
    parties: int
    doors: int
    versions: int

    @property
    def is_unchanged(self) -> bool:
        """Whether nothing had to be done."""
        return not any((self.colours, self.defects, self.materials, self.parties, self.doors, self.versions))


def load_pack(session: Session, pack: Pack, *, by: int | None, at: datetime) -> Loaded:
    """Bring the factory to what `pack` states; a second time changes nothing.

    A model whose rules differ gets a new version, which is current from then on; released orders keep theirs.
    Partners that exist stay as people typed them. Models, colours and materials that the pack does not name
    stay. Publishes PricesLoaded. Stations and places are not loaded here: they belong to features above.
    """
    _lock_pack(session)
    colours = [
        codelists.put(session, "colour", one.code, one.name.zh, one.name.en, one.nicknames, at_)
        for at_, one in enumerate(pack.colours, start=1)
    ]
    defects = [
        codelists.put(
            session, "defect", one.code, one.name.zh, one.name.en, (), at_, group_code=one.duty.value
        )
        for at_, one in enumerate(pack.defects, start=1)
    ]
    changed = materials.put(session, pack.materials)
    partners = [parties.put(session, one, by=by, at=at) for one in pack.parties]
    retired = {one.code for one in pack.models if one.is_retired}
    doors = [_put_door(session, one, one.code not in retired, None, by=by, at=at) for one in pack.documents]
    if pack.prices:
        tell(session, PricesLoaded(pack.prices, by, at))
    _keep(session, pack, by=by, at=at)
    return Loaded(
        colours=sum(colours),
        defects=sum(defects),
        materials=changed,
        parties=sum(partners),
        doors=sum(is_changed for is_changed, _ in doors),
        versions=sum(is_new for _, is_new in doors),
    )


def _put_door(
    session: Session,
    document: ModelDocument,
    is_active: bool,
    draft_id: int | None,
    *,
    by: int | None,
    at: datetime,
) -> tuple[bool, bool]:
    """Bring one model up to date; return whether its row changed, and whether it got a version."""
    door = session.scalar(select(Door).where(Door.code == document.code).with_for_update())
    if door is None:
        door = Door(code=document.code)
        session.add(door)
    wanted: dict[str, object] = {"name": document.name.zh, "name_en": document.name.en, "kind": document.kind}
    wanted["is_active"] = is_active
    differing = {key: value for key, value in wanted.items() if getattr(door, key) != value}
    for key, value in differing.items():
        setattr(door, key, value)
    session.flush()  # its versions need its id
    return bool(differing), _put_version(session, door, document, draft_id, by=by, at=at)


def _put_version(
    session: Session,
    door: Door,
    document: ModelDocument,
    draft_id: int | None,
    *,
    by: int | None,
    at: datetime,
) -> bool:
    """Make the version of a model that holds `document` current; return whether that changed anything."""
    sha256 = document.sha256
    of_door = select(DoorVersion).where(DoorVersion.door_id == door.id)
    version = session.scalar(of_door.where(DoorVersion.sha256 == sha256))
    if version is not None and version.id == door.current_version_id:
        return False
    if version is None:
        last = session.scalar(select(func.max(DoorVersion.position)).where(DoorVersion.door_id == door.id))
        version = DoorVersion(
            door_id=door.id,
            position=(last or 0) + 1,
            document=document.to_dict(),
            sha256=sha256,
            loaded_at=at,
            loaded_by_id=by,
            draft_id=draft_id,
        )
        session.add(version)
        session.flush()  # the model points at it
    changes = {"current_version_id": [door.current_version_id, version.id]}
    record(
        session,
        subject="erp.catalogue.door",
        subject_id=door.id,
        verb="load" if draft_id is None else "publish",
        by=by,
        at=at,
        changes=changes,
    )
    door.current_version_id = version.id
    return True


def _keep(session: Session, pack: Pack, *, by: int | None, at: datetime) -> bool:
    """Keep the pack itself, unless it is the one kept last; return whether it is another."""
    content = dump_pack(pack)
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    last = session.scalar(select(LoadedPack.sha256).order_by(LoadedPack.id.desc()).limit(1))
    if last == sha256:
        return False
    header = pack.header
    kept = LoadedPack(code=header.code, edition=header.version, content=content, sha256=sha256)
    kept.loaded_at, kept.loaded_by_id = at, by
    session.add(kept)
    return True


def _lock_pack(session: Session) -> int | None:
    """Wait until nobody else changes the pack; return the id of the newest one.

    Locks the newest pack, again if another became the newest while waiting.
    """
    newest = select(LoadedPack.id).order_by(LoadedPack.id.desc()).limit(1)
    found = session.scalar(newest.with_for_update())
    while (again := session.scalar(newest)) != found:
        found = session.scalar(select(LoadedPack.id).where(LoadedPack.id == again).with_for_update())
    return found


# --- drafts -----------------------------------------------------------------


def begin_draft(session: Session, name: str, reason: str, *, by: int, at: datetime) -> Draft:
    """Begin a draft that changes nothing yet."""
    draft = Draft(name=name, reason=reason, entries=[], accepted=[], created_at=at, changed_at=at)
    draft.created_by_id = draft.changed_by_id = by
    session.add(draft)
    session.flush()  # its audit line needs its id
    _told(session, draft, "begin", by=by, at=at)
    return draft


def add_change(
    session: Session,
    draft_id: int,
    version: int,
    section: Section,
    code: str,
    new_code: str = "",
    *,
    by: int,
    at: datetime,
) -> int:
    """Take an entry into the draft, or a copy of it under `new_code`; return its place in the draft.

    An entry that the draft changes already is not taken twice. Raises EntryUnknown, EntryTwice, DraftMoved,
    DraftClosed.
    """
    changes = list(_open_draft(session, draft_id, version).changes)
    wanted = new_code or code
    for at_place, one in enumerate(changes):
        if (one.section, one.code) == (section, wanted):
            return at_place
    changes.append(begin_change(queries.pack(session), section, code, new_code))
    _save(session, draft_id, version, changes, by=by, at=at)
    return len(changes) - 1


def save_entry(
    session: Session,
    draft_id: int,
    version: int,
    place: int,
    data: dict[str, object],
    *,
    by: int,
    at: datetime,
) -> None:
    """Keep an entry of the draft as it was typed, right or wrong. Raises DraftMoved, DraftClosed, NotFound."""
    changes = list(_open_draft(session, draft_id, version).changes)
    if not 0 <= place < len(changes):
        raise NotFound
    old = changes[place]
    code = str(data.get("code", "")) if old.base is None else old.code  # what exists keeps its code
    changes[place] = Change(old.section, code, old.base, {**data, "code": code})
    _save(session, draft_id, version, changes, by=by, at=at)


def keep_example(
    session: Session,
    draft_id: int,
    version: int,
    document: ModelDocument,
    line: LineSpec,
    *,
    by: int,
    at: datetime,
) -> None:
    """Keep a line of a drafted model, with the pieces it gives now, as its next example.

    Raises EntryUnknown, DraftMoved, DraftClosed and the refusals of a line that cannot be made.
    """
    changes = list(_open_draft(session, draft_id, version).changes)
    place = next((i for i, one in enumerate(changes) if one.data.get("code") == document.code), len(changes))
    if place == len(changes):
        changes.append(begin_change(queries.pack(session), Section.MODELS, document.code))
    change = changes[place]
    rows = list(change.data.get("examples", ()))
    taken = {str(row.get("code")) for row in rows}
    number = next(n for n in range(1, len(rows) + 2) if f"{document.code}-{n}" not in taken)
    example = record_example(document, f"{document.code}-{number}", line)
    data = {**change.data, "examples": [*rows, as_typed(plain(example))]}
    changes[place] = replace(change, data=data)
    _save(session, draft_id, version, changes, by=by, at=at)


def drop_change(session: Session, draft_id: int, version: int, place: int, *, by: int, at: datetime) -> None:
    """Take an entry out of the draft. Raises DraftMoved, DraftClosed, NotFound."""
    changes = list(_open_draft(session, draft_id, version).changes)
    if not 0 <= place < len(changes):
        raise NotFound
    del changes[place]
    _save(session, draft_id, version, changes, by=by, at=at)


def rebase(session: Session, draft_id: int, version: int, *, by: int, at: datetime) -> None:
    """Put the draft's changes on the rules as they are published now. Raises DraftMoved, DraftClosed."""
    pack = queries.pack(session)
    changes = _open_draft(session, draft_id, version).changes
    moved = [rebased(one, entry_of(pack, one.section, one.code)) for one in changes]
    _save(session, draft_id, version, moved, by=by, at=at)


def discard(session: Session, draft_id: int, version: int, *, by: int, at: datetime) -> None:
    """Put a draft away unpublished. Raises DraftMoved, DraftClosed."""
    draft = _open_draft(session, draft_id, version)
    _step(session, draft, DraftState.DISCARDED, (), by=by, at=at)
    _told(session, draft, "discard", by=by, at=at)


def publish(
    session: Session, judged: Judgement, reasons: dict[str, str], *, by: int, at: datetime
) -> tuple[str, ...]:
    """Make what was judged the factory's rules; return the codes of the models with a new version.

    The judgement was made on a read snapshot; it counts only while draft and pack are the ones judged.
    Differences to examples and what is not proved need a reason each (`reasons` by key); such examples are
    recorded anew. Released orders keep their versions. Locks the newest pack, then the draft.
    Raises Conflict, BaseMoved, DraftMoved, DraftClosed, DraftFaulty, ReasonMissing, NothingChanged.
    """
    newest = _lock_pack(session)
    draft = _open_draft(session, judged.draft_id, judged.draft_version)
    if judged.applied.moved:
        raise BaseMoved(codes=", ".join(judged.applied.moved))
    if newest != judged.pack_id:
        raise Conflict
    if judged.applied.pack is None or judged.verdict is None:
        faults = judged.applied.faults
        raise DraftFaulty(count=len(faults), first=str(faults[0][2].refusal))
    judged.verdict.check(reasons)
    pack = with_examples_anew(judged.applied.pack, judged.verdict.examples)
    if not _keep(session, pack, by=by, at=at):
        raise NothingChanged
    retired = {one.code for one in pack.models if one.is_retired}
    for _, document in judged.verdict.models:
        _put_door(session, document, document.code not in retired, draft.id, by=by, at=at)
    accepted = [[what, reasons[key].strip()] for key, what in judged.verdict.asks.items()]
    _step(session, draft, DraftState.PUBLISHED, accepted, by=by, at=at)
    _told(session, draft, "publish", by=by, at=at)
    return tuple(document.code for _, document in judged.verdict.models)


def set_retired(session: Session, door_id: int, is_retired: bool, *, by: int, at: datetime) -> Door:
    """Take a model out of what can be ordered, or bring it back; orders that have it go on.

    Locks the newest pack, then the model. Raises NotFound.
    """
    _lock_pack(session)
    door = session.get(Door, door_id, with_for_update=True)
    if door is None:
        raise NotFound
    pack = queries.pack(session)
    models = [replace(one, is_retired=is_retired) if one.code == door.code else one for one in pack.models]
    _keep(session, replace(pack, models=tuple(models)), by=by, at=at)
    if door.is_active == is_retired:
        door.is_active = not is_retired
        verb = "retire" if is_retired else "restore"
        record(session, subject="erp.catalogue.door", subject_id=door.id, verb=verb, by=by, at=at)
    return door


def keep_prices(session: Session, books: Iterable[PriceBook], *, by: int | None, at: datetime) -> None:
    """Have the factory's pack carry these price books, so that a dump loads as the factory stands.

    Nothing is kept before a pack was loaded. Locks the newest pack.
    """
    if _lock_pack(session) is None:
        return
    pack = queries.pack(session)
    _keep(session, replace(pack, prices=tuple(sorted(books, key=by_code_and_day))), by=by, at=at)


def by_code_and_day(book: PriceBook) -> tuple[str, date]:
    """Return where a book stands in a pack: by its code, then by its first day."""
    return book.code, book.valid_from


def _open_draft(session: Session, draft_id: int, version: int) -> Draft:
    """Return a draft that may be changed. Raises NotFound, DraftClosed, DraftMoved."""
    draft = session.get(Draft, draft_id, with_for_update=True)
    if draft is None:
        raise NotFound
    if draft.state is not DraftState.DRAFT:
        raise DraftClosed(name=draft.name, state=draft.state)
    if draft.version != version:
        raise DraftMoved(who=queries.names(session).get(draft.changed_by_id or 0, "–"))
    return draft


def _save(
    session: Session, draft_id: int, version: int, changes: list[Change], *, by: int, at: datetime
) -> None:
    """Write the changes, unless somebody else wrote first. Raises DraftMoved."""
    values: dict[str, object] = {"entries": [one.to_dict() for one in changes], "version": version + 1}
    values |= {"changed_at": at, "changed_by_id": by}
    mine = update(Draft).where(Draft.id == draft_id, Draft.version == version)
    if session.execute(mine.values(**values)).rowcount != 1:  # type: ignore[attr-defined]  # of an UPDATE
        raise DraftMoved(who="–")


def _step(
    session: Session, draft: Draft, state: DraftState, accepted: Iterable[list[str]], *, by: int, at: datetime
) -> None:
    """Close the draft, once. Raises DraftMoved."""
    mine = update(Draft).where(
        Draft.id == draft.id, Draft.version == draft.version, Draft.state == DraftState.DRAFT
    )
    values: dict[str, object] = {"state": state, "accepted": list(accepted), "version": draft.version + 1}
    values |= {"changed_at": at, "changed_by_id": by}
    if session.execute(mine.values(**values)).rowcount != 1:  # type: ignore[attr-defined]  # of an UPDATE
        raise DraftMoved(who="–")


def _told(session: Session, draft: Draft, verb: str, *, by: int, at: datetime) -> None:
    record(session, subject="erp.catalogue.draft", subject_id=draft.id, verb=verb, by=by, at=at)
