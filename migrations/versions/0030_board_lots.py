"""Which lot of boards or bars a sheet was cut from, where its label was scanned at the saw."""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: of what is cut already nobody knows."""
    with op.batch_alter_table('mes_cutting_cut_layout') as batch_op:
        batch_op.add_column(sa.Column('board_lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_index(op.f('ix_mes_cutting_cut_layout_board_lot_id'), ['board_lot_id'])
        batch_op.create_foreign_key(op.f('fk_mes_cutting_cut_layout_board_lot_id_erp_stock_lot'), 'erp_stock_lot', ['board_lot_id'], ['id'])


def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_cutting_cut_layout') as batch_op:
        batch_op.drop_constraint(op.f('fk_mes_cutting_cut_layout_board_lot_id_erp_stock_lot'), type_='foreignkey')
        batch_op.drop_index(op.f('ix_mes_cutting_cut_layout_board_lot_id'))
        batch_op.drop_column('board_lot_id')
