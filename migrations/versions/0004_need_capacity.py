"""Material requirement, purchasing, capacity: demands know their day and whether a batch carries them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


# what demands that exist are called, when they are needed, and which of them a batch's plan asks for
FILL = (
    "UPDATE erp_stock_demand SET name = '', is_carried = false",
    """UPDATE erp_stock_demand SET
        name = (SELECT number FROM erp_sales_order WHERE erp_sales_order.id = subject_id)
        WHERE subject = 'erp.sales.order' AND EXISTS
            (SELECT 1 FROM erp_sales_order WHERE erp_sales_order.id = subject_id)""",
    """UPDATE erp_stock_demand SET
        name = (SELECT number FROM mes_planning_batch WHERE mes_planning_batch.id = subject_id),
        needed_on = (SELECT due_on FROM mes_planning_batch WHERE mes_planning_batch.id = subject_id)
        WHERE subject = 'mes.planning.batch' AND EXISTS
            (SELECT 1 FROM mes_planning_batch WHERE mes_planning_batch.id = subject_id)""",
    """UPDATE erp_stock_demand SET is_carried = true
        WHERE subject = 'erp.sales.order' AND EXISTS (
            SELECT 1 FROM mes_planning_batch_order taken
            JOIN erp_stock_demand planned ON planned.subject = 'mes.planning.batch'
                AND planned.subject_id = taken.batch_id
            WHERE taken.order_id = erp_stock_demand.subject_id
                AND planned.material_id = erp_stock_demand.material_id)""",
)


def upgrade() -> None:
    """Go up."""
    op.create_table('mes_planning_calendar_day',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day_on', sa.Date(), nullable=False),
    sa.Column('kind', sa.Enum('WORK', 'HALF', 'REST', name='daykind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_planning_calendar_day')),
    sa.UniqueConstraint('day_on', name=op.f('uq_mes_planning_calendar_day_day_on'))
    )
    op.create_table('mes_planning_capacity',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('SINGLE', 'DOUBLE', 'UNEQUAL', 'SLIDING', 'HANGING', 'CASED_OPENING', 'WINDOW_CASING', 'LEAF_ONLY', 'FRAME_ONLY', 'TRIM_ONLY', 'PANEL', name='doorkind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('finish', sa.Enum('MELAMINE', 'PAINTED', 'MEMBRANE', 'WRAPPED', name='finish', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('set_count', sa.Integer(), nullable=False),
    sa.Column('warning_rate', core.db.Fixed(precision=9, scale=6), nullable=False),
    sa.Column('production_days', sa.Integer(), nullable=False),
    sa.CheckConstraint('set_count > 0 AND production_days >= 0', name=op.f('ck_mes_planning_capacity_counts')),
    sa.CheckConstraint('warning_rate > 0', name=op.f('ck_mes_planning_capacity_warning_positive')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_planning_capacity')),
    sa.UniqueConstraint('kind', 'finish', name=op.f('uq_mes_planning_capacity_kind_finish'))
    )
    op.create_table('erp_purchasing_order',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('supplier_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.Enum('DRAFT', 'ORDERED', 'PARTLY_RECEIVED', 'RECEIVED', 'CANCELLED', name='purchasestate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('expected_on', sa.Date(), nullable=True),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ordered_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_purchasing_order_created_by_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['erp_parties_party.id'], name=op.f('fk_erp_purchasing_order_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_purchasing_order')),
    sa.UniqueConstraint('number', name=op.f('uq_erp_purchasing_order_number'))
    )
    with op.batch_alter_table('erp_purchasing_order', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_purchasing_order_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_erp_purchasing_order_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_erp_purchasing_order_supplier_id'), ['supplier_id'], unique=False)

    op.create_table('erp_purchasing_policy',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('material_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('safety_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('waste_rate', core.db.Fixed(precision=9, scale=6), nullable=False),
    sa.Column('taken_count', sa.Integer(), nullable=False),
    sa.CheckConstraint('safety_qty >= 0', name=op.f('ck_erp_purchasing_policy_safety_not_negative')),
    sa.CheckConstraint('waste_rate >= 0', name=op.f('ck_erp_purchasing_policy_waste_not_negative')),
    sa.ForeignKeyConstraint(['material_id'], ['erp_materials_material.id'], name=op.f('fk_erp_purchasing_policy_material_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_purchasing_policy')),
    sa.UniqueConstraint('material_id', name=op.f('uq_erp_purchasing_policy_material_id'))
    )
    op.create_table('erp_stock_cut_yield',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('material_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('net_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('stock_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('computed_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('net_qty >= 0 AND stock_qty > 0', name=op.f('ck_erp_stock_cut_yield_quantities')),
    sa.ForeignKeyConstraint(['material_id'], ['erp_materials_material.id'], name=op.f('fk_erp_stock_cut_yield_material_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_stock_cut_yield')),
    sa.UniqueConstraint('name', name=op.f('uq_erp_stock_cut_yield_name'))
    )
    with op.batch_alter_table('erp_stock_cut_yield', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_stock_cut_yield_material_id'), ['material_id'], unique=False)

    op.create_table('erp_purchasing_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('article_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ordered_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('received_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('price', core.db.Fixed(precision=14, scale=4), nullable=False),
    sa.CheckConstraint('ordered_qty > 0', name=op.f('ck_erp_purchasing_line_ordered_positive')),
    sa.CheckConstraint('price >= 0', name=op.f('ck_erp_purchasing_line_price_not_negative')),
    sa.CheckConstraint('received_qty >= 0', name=op.f('ck_erp_purchasing_line_received_not_negative')),
    sa.ForeignKeyConstraint(['article_id'], ['erp_materials_article.id'], name=op.f('fk_erp_purchasing_line_article_id')),
    sa.ForeignKeyConstraint(['order_id'], ['erp_purchasing_order.id'], name=op.f('fk_erp_purchasing_line_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_purchasing_line')),
    sa.UniqueConstraint('order_id', 'article_id', name=op.f('uq_erp_purchasing_line_order_id_article_id'))
    )
    with op.batch_alter_table('erp_purchasing_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_purchasing_line_article_id'), ['article_id'], unique=False)

    op.create_table('erp_purchasing_supplier_article',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('supplier_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('article_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('supplier_code', sa.String(), nullable=False),
    sa.Column('price', core.db.Fixed(precision=14, scale=4), nullable=False),
    sa.Column('lead_days', sa.Integer(), nullable=False),
    sa.Column('least_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('multiple_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.CheckConstraint('least_qty > 0 AND multiple_qty > 0', name=op.f('ck_erp_purchasing_supplier_article_quantities_positive')),
    sa.CheckConstraint('price >= 0 AND lead_days >= 0', name=op.f('ck_erp_purchasing_supplier_article_not_negative')),
    sa.ForeignKeyConstraint(['article_id'], ['erp_materials_article.id'], name=op.f('fk_erp_purchasing_supplier_article_article_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['erp_parties_party.id'], name=op.f('fk_erp_purchasing_supplier_article_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_purchasing_supplier_article')),
    sa.UniqueConstraint('supplier_id', 'article_id', name=op.f('uq_erp_purchasing_supplier_article_supplier_id_article_id'))
    )
    with op.batch_alter_table('erp_purchasing_supplier_article', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_purchasing_supplier_article_article_id'), ['article_id'], unique=False)

    op.create_table('erp_purchasing_receipt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('taken_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['line_id'], ['erp_purchasing_line.id'], name=op.f('fk_erp_purchasing_receipt_line_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['erp_stock_lot.id'], name=op.f('fk_erp_purchasing_receipt_lot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_purchasing_receipt')),
    sa.UniqueConstraint('lot_id', name=op.f('uq_erp_purchasing_receipt_lot_id'))
    )
    with op.batch_alter_table('erp_purchasing_receipt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_purchasing_receipt_line_id'), ['line_id'], unique=False)

    with op.batch_alter_table('erp_stock_demand', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('needed_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('is_carried', sa.Boolean(), nullable=True))
    for statement in FILL:
        op.execute(statement)
    with op.batch_alter_table('erp_stock_demand', schema=None) as batch_op:
        batch_op.alter_column('name', existing_type=sa.String(), nullable=False)
        batch_op.alter_column('is_carried', existing_type=sa.Boolean(), nullable=False)



def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('erp_stock_demand', schema=None) as batch_op:
        batch_op.drop_column('is_carried')
        batch_op.drop_column('needed_on')
        batch_op.drop_column('name')

    with op.batch_alter_table('erp_purchasing_receipt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_purchasing_receipt_line_id'))

    op.drop_table('erp_purchasing_receipt')
    with op.batch_alter_table('erp_purchasing_supplier_article', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_purchasing_supplier_article_article_id'))

    op.drop_table('erp_purchasing_supplier_article')
    with op.batch_alter_table('erp_purchasing_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_purchasing_line_article_id'))

    op.drop_table('erp_purchasing_line')
    with op.batch_alter_table('erp_stock_cut_yield', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_stock_cut_yield_material_id'))

    op.drop_table('erp_stock_cut_yield')
    op.drop_table('erp_purchasing_policy')
    with op.batch_alter_table('erp_purchasing_order', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_purchasing_order_supplier_id'))
        batch_op.drop_index(batch_op.f('ix_erp_purchasing_order_state'))
        batch_op.drop_index(batch_op.f('ix_erp_purchasing_order_created_at'))

    op.drop_table('erp_purchasing_order')
    op.drop_table('mes_planning_capacity')
    op.drop_table('mes_planning_calendar_day')
