"""Tables of auth."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Code, Id, Model


class Person(Model):
    """One human who uses Mortise, with the log-in, the PIN for signatures and the language that are theirs."""

    __tablename__ = "core_auth_person"

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    password_hash: Mapped[str | None]
    pin_hash: Mapped[str | None]  # signs exceptions; never stored or logged in clear
    pin_failed_count: Mapped[int] = mapped_column(default=0)  # wrong PINs since the last right one
    pin_failed_at: Mapped[At | None]  # the last wrong one: too many within a time lock the signature
    locale: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[At]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class PersonRole(Model):
    """One role of one person; what a role may do is declared by the features."""

    __tablename__ = "core_auth_person_role"
    __table_args__ = (UniqueConstraint("person_id", "role"),)

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    role: Mapped[str]


class Badge(Model):
    """One printed badge of one person; a lost one is made inactive and its number never used again."""

    __tablename__ = "core_auth_badge"

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # U…
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"), index=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    issued_at: Mapped[At]


class Token(Model):
    """One key with which a program acts for one person; only its hash is kept."""

    __tablename__ = "core_auth_token"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"), index=True)
    name: Mapped[str]
    key_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[At]
    revoked_at: Mapped[At | None]
