"""Tables of the catalogue."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Json, Model, choice
from erp.catalogue.rules.document import DoorKind
from erp.catalogue.rules.drafts import Change, DraftState, read_changes


class Door(Model):
    """One door model that can be ordered; what it is made of stands in its versions."""

    __tablename__ = "erp_catalogue_door"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    kind: Mapped[DoorKind] = mapped_column(choice(DoorKind))
    current_version_id: Mapped[int | None]  # the version that new lines are split with
    is_active: Mapped[bool] = mapped_column(default=True)


class DoorVersion(Model):
    """One frozen state of a door model's rules: profile, formulas, part rules, routes, packages.

    Never changed; a released order keeps the version it was split with.
    """

    __tablename__ = "erp_catalogue_door_version"
    __table_args__ = (UniqueConstraint("door_id", "position"),)

    id: Mapped[Id]
    door_id: Mapped[int] = mapped_column(ForeignKey("erp_catalogue_door.id"))
    position: Mapped[int]  # 1, 2, 3 …
    document: Mapped[Json]  # erp.catalogue.rules.document, as to_dict()
    sha256: Mapped[str]
    loaded_at: Mapped[At]
    loaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("erp_catalogue_draft.id"))  # none: from a file


class Draft(Model):
    """One piece of work on the rules: changes to entries of the factory's pack, published together or not."""

    __tablename__ = "erp_catalogue_draft"

    id: Mapped[Id]
    name: Mapped[str]
    reason: Mapped[str]  # why the rules are changed; stands in the history
    state: Mapped[DraftState] = mapped_column(choice(DraftState), default=DraftState.DRAFT)
    entries: Mapped[Json]  # rules.drafts.Change, as to_dict()
    accepted: Mapped[Json]  # [what, reason] of each difference that the publisher took upon him
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    changed_at: Mapped[At]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changed entries."""
        return read_changes(self.entries)


class LoadedPack(Model):
    """One factory pack as it was loaded; the newest is what a dump starts from."""

    __tablename__ = "erp_catalogue_loaded_pack"

    id: Mapped[Id]
    code: Mapped[str]  # of the factory
    edition: Mapped[str]  # the version that the pack calls itself
    content: Mapped[str]  # YAML
    sha256: Mapped[str]
    loaded_at: Mapped[At]
    loaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
