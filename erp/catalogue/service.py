"""Commands of the catalogue: a factory pack is loaded whole or not at all; never commit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit.service import record
from core.codelists import service as codelists
from core.events import publish
from erp.catalogue.events import PricesLoaded
from erp.catalogue.model import Door, DoorVersion, LoadedPack
from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.entries import Pack
from erp.catalogue.rules.pack import dump_pack
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
    stay. Publishes PricesLoaded. Stations and places of the pack are not loaded here: they belong to features above.
    """
    colours = [
        codelists.put(session, "colour", one.code, one.name.zh, one.name.en, one.nicknames, at_)
        for at_, one in enumerate(pack.colours, start=1)
    ]
    defects = [
        codelists.put(session, "defect", one.code, one.name.zh, one.name.en, (), at_)
        for at_, one in enumerate(pack.defects, start=1)
    ]
    changed = materials.put(session, pack.materials)
    partners = [parties.put(session, one, by=by, at=at) for one in pack.parties]
    doors = [_put_door(session, one, by=by, at=at) for one in pack.documents]
    if pack.prices:
        publish(session, PricesLoaded(pack.prices, by, at))
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
    session: Session, document: ModelDocument, *, by: int | None, at: datetime
) -> tuple[bool, bool]:
    """Bring one model up to date; return whether its row changed, and whether it got a version."""
    door = session.scalar(select(Door).where(Door.code == document.code).with_for_update())
    if door is None:
        door = Door(code=document.code)
        session.add(door)
    wanted = {"name": document.name.zh, "name_en": document.name.en, "kind": document.kind, "is_active": True}
    differing = {key: value for key, value in wanted.items() if getattr(door, key) != value}
    for key, value in differing.items():
        setattr(door, key, value)
    session.flush()  # its versions need its id
    return bool(differing), _put_version(session, door, document, by=by, at=at)


def _put_version(
    session: Session, door: Door, document: ModelDocument, *, by: int | None, at: datetime
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
        )
        session.add(version)
        session.flush()  # the model points at it
    changes = {"current_version_id": [door.current_version_id, version.id]}
    record(
        session, subject="erp.catalogue.door", subject_id=door.id, verb="load", by=by, at=at, changes=changes
    )
    door.current_version_id = version.id
    return True


def _keep(session: Session, pack: Pack, *, by: int | None, at: datetime) -> None:
    """Keep the pack itself, unless it is the one kept last."""
    content = dump_pack(pack)
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    last = session.scalar(select(LoadedPack.sha256).order_by(LoadedPack.id.desc()).limit(1))
    if last == sha256:
        return
    header = pack.header
    kept = LoadedPack(code=header.code, edition=header.version, content=content, sha256=sha256)
    kept.loaded_at, kept.loaded_by_id = at, by
    session.add(kept)
