"""The key by which the factory signs its exports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table('mes_cohort_factory_key',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('private', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_mes_cohort_factory_key_is_the_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_cohort_factory_key'))
    )


def downgrade() -> None:
    """Come back."""
    op.drop_table('mes_cohort_factory_key')
