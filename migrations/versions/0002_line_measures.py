"""Order lines keep further sizes: the height of a transom, the glass to be seen, each side's wall."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')


def upgrade() -> None:
    """Go up: lines that exist have none."""
    with op.batch_alter_table('erp_sales_line') as lines:
        lines.add_column(sa.Column('measures', DOCUMENT, nullable=True))
    op.execute("UPDATE erp_sales_line SET measures = '{}'")
    with op.batch_alter_table('erp_sales_line') as lines:
        lines.alter_column('measures', existing_type=DOCUMENT, nullable=False)


def downgrade() -> None:
    """Go down."""
    with op.batch_alter_table('erp_sales_line') as lines:
        lines.drop_column('measures')
