"""Saws and what they are told, offcuts as lots of stock, plans made anew, lanes of batches, what a job found."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0017'
down_revision = '0013'
branch_labels = None
depends_on = None

KINDS = ('RECEIPT', 'TRANSFER', 'ISSUE', 'RETURN', 'COUNT', 'REVERSAL')


def _put_kinds(*kinds: str) -> None:
    """Say which kinds of moves there are."""
    words = ', '.join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table('erp_stock_move', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_erp_stock_move_movekind'), type_='check')
        batch_op.create_check_constraint(op.f('ck_erp_stock_move_movekind'), f"kind IN ({words})")


def upgrade() -> None:
    """Go up."""
    op.create_table('mes_cutting_material_cut',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('material_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('station_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('offcut_length_mm', core.db.Fixed(precision=8, scale=1), nullable=True),
    sa.Column('offcut_width_mm', core.db.Fixed(precision=8, scale=1), nullable=True),
    sa.Column('offcut_rate', core.db.Fixed(precision=9, scale=6), nullable=False),
    sa.Column('mitre_mm', core.db.Fixed(precision=8, scale=1), nullable=False),
    sa.CheckConstraint('mitre_mm >= 0', name=op.f('ck_mes_cutting_material_cut_mitre_not_negative')),
    sa.CheckConstraint('offcut_length_mm > 0 AND offcut_width_mm > 0', name=op.f('ck_mes_cutting_material_cut_offcut_sizes_positive')),
    sa.CheckConstraint('offcut_rate >= 0', name=op.f('ck_mes_cutting_material_cut_offcut_rate_not_negative')),
    sa.ForeignKeyConstraint(['material_id'], ['erp_materials_material.id'], name=op.f('fk_mes_cutting_material_cut_material_id')),
    sa.ForeignKeyConstraint(['station_id'], ['mes_scanning_station.id'], name=op.f('fk_mes_cutting_material_cut_station_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_cutting_material_cut')),
    sa.UniqueConstraint('material_id', name=op.f('uq_mes_cutting_material_cut_material_id'))
    )
    op.create_table('mes_cutting_saw',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('station_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('book_height_mm', core.db.Fixed(precision=8, scale=1), nullable=True),
    sa.Column('is_longest_first', sa.Boolean(), nullable=False),
    sa.Column('ptx_version', sa.String(), nullable=False),
    sa.CheckConstraint('book_height_mm > 0', name=op.f('ck_mes_cutting_saw_book_height_positive')),
    sa.ForeignKeyConstraint(['station_id'], ['mes_scanning_station.id'], name=op.f('fk_mes_cutting_saw_station_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_cutting_saw')),
    sa.UniqueConstraint('station_id', name=op.f('uq_mes_cutting_saw_station_id'))
    )
    op.create_table('mes_cutting_offcut',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('layout_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('material_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('x_mm', core.db.Fixed(precision=8, scale=1), nullable=False),
    sa.Column('y_mm', core.db.Fixed(precision=8, scale=1), nullable=False),
    sa.Column('length_mm', core.db.Fixed(precision=8, scale=1), nullable=False),
    sa.Column('width_mm', core.db.Fixed(precision=8, scale=1), nullable=True),
    sa.Column('state', sa.Enum('PLANNED', 'FREE', 'HELD', 'USED', 'GONE', 'VOID', name='offcutstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('is_wanted', sa.Boolean(), nullable=False),
    sa.Column('kept_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.CheckConstraint("(state = 'HELD') = (plan_id IS NOT NULL)", name=op.f('ck_mes_cutting_offcut_held_by_a_plan')),
    sa.CheckConstraint("lot_id IS NOT NULL OR state IN ('PLANNED', 'VOID')", name=op.f('ck_mes_cutting_offcut_stock_has_a_lot')),
    sa.ForeignKeyConstraint(['layout_id'], ['mes_cutting_cut_layout.id'], name=op.f('fk_mes_cutting_offcut_layout_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['erp_stock_lot.id'], name=op.f('fk_mes_cutting_offcut_lot_id')),
    sa.ForeignKeyConstraint(['material_id'], ['erp_materials_material.id'], name=op.f('fk_mes_cutting_offcut_material_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['mes_cutting_cut_plan.id'], name=op.f('fk_mes_cutting_offcut_plan_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_cutting_offcut')),
    sa.UniqueConstraint('code', name=op.f('uq_mes_cutting_offcut_code')),
    sa.UniqueConstraint('lot_id', name=op.f('uq_mes_cutting_offcut_lot_id'))
    )
    with op.batch_alter_table('mes_cutting_offcut', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_cutting_offcut_layout_id'), ['layout_id'], unique=False)
        batch_op.create_index('ix_mes_cutting_offcut_material_id_state', ['material_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_cutting_offcut_plan_id'), ['plan_id'], unique=False)

    with op.batch_alter_table('erp_stock_lot', schema=None) as batch_op:
        batch_op.add_column(sa.Column('length_mm', core.db.Fixed(precision=8, scale=1), nullable=True))
        batch_op.add_column(sa.Column('width_mm', core.db.Fixed(precision=8, scale=1), nullable=True))
        batch_op.create_check_constraint(op.f('ck_erp_stock_lot_sizes_positive'), 'length_mm > 0 AND width_mm > 0')
        batch_op.create_check_constraint(
            op.f('ck_erp_stock_lot_width_needs_length'), 'width_mm IS NULL OR length_mm IS NOT NULL'
        )
    _put_kinds(*KINDS, 'CUT', 'SCRAP')

    with op.batch_alter_table('mes_cutting_cut_layout', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('cut_station_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('dropped_at', core.db.UtcDateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_mes_cutting_cut_layout_cut_at'), ['cut_at'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_mes_cutting_cut_layout_lot_id'), 'erp_stock_lot', ['lot_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_mes_cutting_cut_layout_cut_station_id'), 'mes_scanning_station', ['cut_station_id'], ['id'])

    with op.batch_alter_table('mes_cutting_cut_plan', schema=None) as batch_op:
        batch_op.add_column(sa.Column('station_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_mes_cutting_cut_plan_station_id'), 'mes_scanning_station', ['station_id'], ['id'])


def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_cutting_cut_plan', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_mes_cutting_cut_plan_station_id'), type_='foreignkey')
        batch_op.drop_column('station_id')

    with op.batch_alter_table('mes_cutting_cut_layout', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_mes_cutting_cut_layout_cut_station_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_mes_cutting_cut_layout_lot_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_mes_cutting_cut_layout_cut_at'))
        batch_op.drop_column('dropped_at')
        batch_op.drop_column('cut_station_id')
        batch_op.drop_column('lot_id')

    op.execute("UPDATE erp_stock_move SET kind = 'COUNT' WHERE kind IN ('CUT', 'SCRAP')")
    _put_kinds(*KINDS)
    with op.batch_alter_table('erp_stock_lot', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_erp_stock_lot_width_needs_length'), type_='check')
        batch_op.drop_constraint(op.f('ck_erp_stock_lot_sizes_positive'), type_='check')
        batch_op.drop_column('width_mm')
        batch_op.drop_column('length_mm')

    with op.batch_alter_table('mes_cutting_offcut', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_cutting_offcut_plan_id'))
        batch_op.drop_index('ix_mes_cutting_offcut_material_id_state')
        batch_op.drop_index(batch_op.f('ix_mes_cutting_offcut_layout_id'))

    op.drop_table('mes_cutting_offcut')
    op.drop_table('mes_cutting_saw')
    op.drop_table('mes_cutting_material_cut')
