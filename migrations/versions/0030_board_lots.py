"""Which lot of boards or bars a sheet was cut from, scanned at the saw; and batches that are done."""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

OF_BATCH = """
    SELECT 1 FROM mes_splitting_piece p JOIN mes_splitting_door_set s ON s.id = p.set_id
    JOIN erp_sales_line l ON l.id = s.line_id
    JOIN mes_planning_batch_order o ON o.order_id = s.order_id AND o.colour_code = coalesce(l.colour_code, '')
    WHERE o.batch_id = mes_planning_batch.id AND p.is_tracked
"""
ALL_PACKED = f"""
    UPDATE mes_planning_batch SET state = 'DONE', version = version + 1 WHERE state <> 'DONE'
    AND EXISTS ({OF_BATCH} AND p.package_kind IS NOT NULL AND p.state IN ('PACKED', 'SHIPPED'))
    AND NOT EXISTS ({OF_BATCH} AND p.state IN ('PLANNED', 'CUT'))
    AND NOT EXISTS ({OF_BATCH} AND p.package_kind IS NOT NULL AND p.state = 'MADE')
"""  # noqa: S608  (our own words)


def upgrade() -> None:
    """Go up: of what is cut already nobody knows."""
    with op.batch_alter_table('mes_cutting_cut_layout') as batch_op:
        batch_op.add_column(sa.Column('board_lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_index(op.f('ix_mes_cutting_cut_layout_board_lot_id'), ['board_lot_id'])
        batch_op.create_foreign_key(op.f('fk_mes_cutting_cut_layout_board_lot_id_erp_stock_lot'), 'erp_stock_lot', ['board_lot_id'], ['id'])
    op.execute(ALL_PACKED)


def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_cutting_cut_layout') as batch_op:
        batch_op.drop_constraint(op.f('fk_mes_cutting_cut_layout_board_lot_id_erp_stock_lot'), type_='foreignkey')
        batch_op.drop_index(op.f('ix_mes_cutting_cut_layout_board_lot_id'))
        batch_op.drop_column('board_lot_id')
