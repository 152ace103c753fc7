"""Alembic's entry: the models' metadata against the application's database."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

import erp  # noqa: F401  (its tables)
import mes  # noqa: F401
from core.db import Model

engine = context.config.attributes["engine"]


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction, and prove that no row lost its parent."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        # a table changed in batch is dropped and made anew: with foreign keys on, its children would go
        connection.connection.execute("PRAGMA foreign_keys = OFF")
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_as_batch=True,
        user_module_prefix="core.db.",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and (orphans := connection.execute(text("PRAGMA foreign_key_check")).all()):
            raise RuntimeError(f"the migration would leave rows without their parents: {orphans[:5]}")
    connection.commit()
    if sqlite:
        connection.connection.execute("PRAGMA foreign_keys = ON")


with engine.connect() as connection:
    migrate(connection)
