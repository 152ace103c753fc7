"""A door set says when it was cancelled after its release; none was so far."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table('mes_splitting_door_set', schema=None) as batch_op:
        batch_op.add_column(sa.Column('voided_at', core.db.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_splitting_door_set', schema=None) as batch_op:
        batch_op.drop_column('voided_at')
