"""Drafts of rules; a version remembers the draft that it was published with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')


def upgrade() -> None:
    """Go up."""
    op.create_table('erp_catalogue_draft',
    sa.Column('id', ID, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('state', sa.Enum('draft', 'published', 'discarded', name='draftstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('entries', DOCUMENT, nullable=False),
    sa.Column('accepted', DOCUMENT, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', ID, nullable=True),
    sa.Column('changed_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['changed_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_catalogue_draft_changed_by_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_catalogue_draft_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_catalogue_draft'))
    )
    with op.batch_alter_table('erp_catalogue_door_version') as versions:
        versions.add_column(sa.Column('draft_id', ID, nullable=True))
        versions.create_foreign_key(op.f('fk_erp_catalogue_door_version_draft_id'), 'erp_catalogue_draft', ['draft_id'], ['id'])


def downgrade() -> None:
    """Go down."""
    with op.batch_alter_table('erp_catalogue_door_version') as versions:
        versions.drop_constraint(op.f('fk_erp_catalogue_door_version_draft_id'), type_='foreignkey')
        versions.drop_column('draft_id')
    op.drop_table('erp_catalogue_draft')
