"""Tables of files."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Blob, Id, Model


class File(Model):
    """One uploaded file, kept byte for byte in the database, so that every backup holds it."""

    __tablename__ = "core_files_file"

    id: Mapped[Id]
    name: Mapped[str]  # as uploaded, without its path
    media_type: Mapped[str]
    sha256: Mapped[str]
    byte_count: Mapped[int]
    content: Mapped[Blob] = mapped_column(deferred=True)
    uploaded_at: Mapped[At]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
