"""Reads of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.codelists import queries as codelists
from core.codelists.model import Entry
from core.errors import NotFound
from core.i18n import Named
from erp.catalogue.model import Door, DoorVersion, Draft, LoadedPack
from erp.catalogue.rules.document import DoorKind, ModelDocument, read_document
from erp.catalogue.rules.drafts import (
    Applied,
    DraftState,
    Verdict,
    affected,
    apply,
    run_examples,
)
from erp.catalogue.rules.entries import Pack
from erp.catalogue.rules.examples import DifferenceKind, set_differences
from erp.catalogue.rules.explode import attempt
from erp.catalogue.rules.pack import read_pack
from erp.catalogue.rules.proving import Finding, prove
from erp.catalogue.rules.samples import corners, usual
from erp.parties import queries as parties
from erp.parties.model import Party
from erp.parties.rules import PaperLanguage, PartyEntry

MOST_DOCUMENTS = 500  # kept read; one is about 200 KB
_documents: dict[str, ModelDocument] = {}
_proofs: dict[tuple[str, str], tuple[Finding, ...]] = {}  # by the hashes of document and materials


def doors(session: Session) -> Sequence[Door]:
    """Return the models that can be ordered, by code."""
    return session.scalars(select(Door).where(Door.is_active).order_by(Door.code)).all()


def listed(text: str, kind: DoorKind | None) -> Select[Any]:
    """Return the models of a list page: of one kind, with `text` in code or name."""
    rows = select(Door).where(Door.is_active)
    if kind is not None:
        rows = rows.where(Door.kind == kind)
    if text:
        fields = (Door.code, Door.name, Door.name_en)
        rows = rows.where(or_(*(field.icontains(text, autoescape=True) for field in fields)))
    return rows


def door(session: Session, door_id: int) -> Door:
    """Return one model. Raises NotFound."""
    found = session.get(Door, door_id)
    if found is None:
        raise NotFound
    return found


def versions(session: Session, door_id: int) -> Sequence[DoorVersion]:
    """Return the versions of a model, newest first."""
    wanted = select(DoorVersion).where(DoorVersion.door_id == door_id).order_by(DoorVersion.position.desc())
    return session.scalars(wanted).all()


def version(session: Session, version_id: int) -> DoorVersion:
    """Return one version. Raises NotFound."""
    found = session.get(DoorVersion, version_id)
    if found is None:
        raise NotFound
    return found


def current_version(session: Session, door_id: int) -> DoorVersion:
    """Return the version that new lines of a model are split with. Raises NotFound."""
    current = door(session, door_id).current_version_id
    if current is None:
        raise NotFound
    return version(session, current)


def document(version: DoorVersion) -> ModelDocument:
    """Return what a version holds; read once for each hash, as a version never changes."""
    found = _documents.get(version.sha256)
    if found is None:
        if len(_documents) >= MOST_DOCUMENTS:
            _documents.clear()
        found = _documents[version.sha256] = read_document(version.document)
    return found


def documents(session: Session) -> dict[int, ModelDocument]:
    """Return the current document of every active model, by the model's id."""
    wanted = select(DoorVersion).join(Door, Door.current_version_id == DoorVersion.id).where(Door.is_active)
    return {one.door_id: document(one) for one in session.scalars(wanted)}


def colours(session: Session) -> dict[str, Entry]:
    """Return the colours by code, in their order."""
    return {one.code: one for one in codelists.entries(session, "colour")}


def loaded_pack(session: Session) -> LoadedPack:
    """Return the factory pack loaded last. Raises NotFound."""
    found = session.scalar(select(LoadedPack).order_by(LoadedPack.id.desc()).limit(1))
    if found is None:
        raise NotFound
    return found


def pack(session: Session) -> Pack:
    """Return the factory as a pack: the one loaded last, with the partners as they stand. Raises NotFound."""
    loaded = _read(loaded_pack(session).content)
    return replace(loaded, parties=tuple(_party_entry(one) for one in parties.everybody(session)))


@lru_cache(maxsize=4)
def _read(content: str) -> Pack:
    """Return a pack that was loaded, read once: a page asks for it twice. It was checked before it was loaded."""
    return read_pack(content, is_known=True)


def _party_entry(party: Party) -> PartyEntry:
    return PartyEntry(
        code=party.code,
        kind=party.kind,
        name=Named(party.name, party.name_en),
        contact=party.contact,
        phone=party.phone,
        address=party.address,
        city=party.city,
        locale=next(one for one in PaperLanguage if one == party.locale),
    )


# --- drafts -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judgement:
    """A draft judged on a snapshot: which draft and pack, and what would come of publishing it."""

    draft_id: int
    draft_version: int
    pack_id: int
    before: Pack
    applied: Applied
    verdict: Verdict | None  # none while the draft has faults


def drafts(session: Session) -> Sequence[Draft]:
    """Return the drafts, open ones first, then the latest changed; at most 200."""
    order = (Draft.state != DraftState.DRAFT, Draft.changed_at.desc(), Draft.id.desc())
    return session.scalars(select(Draft).order_by(*order).limit(200)).all()


def names(session: Session) -> dict[int, str]:
    """Return what people are called, by their id."""
    return {row.id: row.name for row in session.execute(select(Person.id, Person.name))}


def draft(session: Session, draft_id: int) -> Draft:
    """Return one draft. Raises NotFound."""
    found = session.get(Draft, draft_id)
    if found is None:
        raise NotFound
    return found


def published_by(session: Session, draft_id: int) -> list[tuple[ModelDocument | None, ModelDocument]]:
    """Return what a published draft made of each model, by code: the version before it, and its own."""
    made = session.scalars(
        select(DoorVersion)
        .join(Door, Door.id == DoorVersion.door_id)
        .where(DoorVersion.draft_id == draft_id)
        .order_by(Door.code)
    )
    return [(_before(session, one), document(one)) for one in made]


def _before(session: Session, one: DoorVersion) -> ModelDocument | None:
    found = session.scalar(
        select(DoorVersion).where(
            DoorVersion.door_id == one.door_id, DoorVersion.position == one.position - 1
        )
    )
    return None if found is None else document(found)


def judge(session: Session, one: Draft) -> Judgement:
    """Return what would come of publishing a draft: its faults, else proof and examples. Raises NotFound."""
    before = pack(session)
    applied = apply(before, one.changes)
    verdict = None
    if applied.pack is not None:
        models = affected(before, applied.pack)
        codes = {now.code for _, now in models}
        codes |= {change.code for change in one.changes}  # an example may be all that changed
        findings = tuple(finding for _, now in models for finding in _proof(now, applied.pack))
        verdict = Verdict(models, findings, run_examples(applied.pack, codes))
    return Judgement(one.id, one.version, loaded_pack(session).id, before, applied, verdict)


def _proof(document: ModelDocument, whole: Pack) -> tuple[Finding, ...]:
    """Return the proof of a document, kept for the next page that asks for it."""
    materials = {one.code for one in whole.materials}
    stock = whole.stock_lengths
    key = (document.sha256, str(sorted(stock.items())) + str(sorted(materials)))
    if key not in _proofs:
        if len(_proofs) >= MOST_DOCUMENTS:
            _proofs.clear()
        _proofs[key] = prove(document, materials, stock)
    return _proofs[key]


def differing_count(before: ModelDocument | None, after: ModelDocument) -> int:
    """Return how many pieces differ over the corners of the limits and the usual size, added up."""
    count = 0
    for spec in (usual(after), *(spec for _, spec in corners(after))):
        was = None if before is None else attempt(before, spec)[0]
        found = set_differences(was, attempt(after, spec)[0])
        count += sum(one.kind is not DifferenceKind.SAME for one in found)
    return count
