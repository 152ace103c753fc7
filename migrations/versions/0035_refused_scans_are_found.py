"""Refused scans are found by when they came, and loads by when they left: what leads down from the figures."""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    refused = sa.text('block_code IS NOT NULL')
    op.create_index('ix_mes_scanning_scan_refused', 'mes_scanning_scan', ['received_at'], unique=False, sqlite_where=refused, postgresql_where=refused)
    op.create_index('ix_mes_shipping_load_shipped_at', 'mes_shipping_load', ['shipped_at'], unique=False)


def downgrade() -> None:
    """Come back."""
    op.drop_index('ix_mes_shipping_load_shipped_at', table_name='mes_shipping_load')
    op.drop_index('ix_mes_scanning_scan_refused', table_name='mes_scanning_scan')
