"""The how-manieth gesture of its device a scan was, whatever the device's clock."""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table('mes_scanning_scan', schema=None) as batch_op:
        batch_op.add_column(sa.Column('device_position', sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_mes_scanning_scan_device_id_device_position'), ['device_id', 'device_position'])



def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_scanning_scan', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_mes_scanning_scan_device_id_device_position'), type_='unique')
        batch_op.drop_column('device_position')

