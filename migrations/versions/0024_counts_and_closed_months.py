"""Counts of what lies where, closed months of stock; every kind of scan that the protocol knows."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0024'
down_revision = '0028'
branch_labels = None
depends_on = None

BEFORE = (
    'OP_DONE CUT_DONE SCRAP PACK_OPEN PACK_ADD PACK_REMOVE PACK_SEAL PACK_REOPEN STORE_IN MOVE GOODS_IN ISSUE STAGE '
    'LOAD UNLOAD SHIP_CLOSE'
)
PROTOCOL = (
    'OP_START OP_DONE CUT_DONE QC SCRAP DAMAGE PACK_OPEN PACK_ADD PACK_REMOVE PACK_SEAL PACK_REOPEN RECHECK STORE_IN '
    'MOVE GOODS_IN ISSUE RETURN STAGE LOAD UNLOAD SHIP_CLOSE RECEIVE COUNT VOID'
)


def _scan_kinds(words):
    listed = ', '.join(f"'{word}'" for word in words.split())
    with op.batch_alter_table('mes_scanning_scan', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_mes_scanning_scan_scankind'), type_='check')
        batch_op.create_check_constraint(op.f('ck_mes_scanning_scan_scankind'), f'kind IN ({listed})')


def upgrade() -> None:
    """Go up."""
    _scan_kinds(PROTOCOL)
    with op.batch_alter_table('mes_cutting_cut_layout', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_cutting_cut_layout_lot_id'), ['lot_id'], unique=False)
    op.create_table('erp_stock_period',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('month_on', sa.Date(), nullable=False),
    sa.Column('ends_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('closed_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('closed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['closed_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_stock_period_closed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_stock_period')),
    sa.UniqueConstraint('month_on', name=op.f('uq_erp_stock_period_month_on'))
    )
    op.create_table('mes_counting_count',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.Enum('PLANNED', 'COUNTING', 'RECOUNT', 'APPROVAL', 'DONE', 'CANCELLED', name='countstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('pass_count', sa.Integer(), nullable=False),
    sa.Column('counter_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('closed_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('is_accurate', sa.Boolean(), nullable=True),
    sa.CheckConstraint("(state = 'DONE') = (is_accurate IS NOT NULL)", name=op.f('ck_mes_counting_count_done_says_how')),
    sa.ForeignKeyConstraint(['closed_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_counting_count_closed_by_id')),
    sa.ForeignKeyConstraint(['counter_id'], ['core_auth_person.id'], name=op.f('fk_mes_counting_count_counter_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_counting_count_created_by_id')),
    sa.ForeignKeyConstraint(['place_id'], ['erp_stock_place.id'], name=op.f('fk_mes_counting_count_place_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_counting_count')),
    sa.UniqueConstraint('number', name=op.f('uq_mes_counting_count_number'))
    )
    with op.batch_alter_table('mes_counting_count', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_counting_count_closed_at'), ['closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_counting_count_place_id'), ['place_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_counting_count_state'), ['state'], unique=False)
        batch_op.create_index('uq_mes_counting_count_open_place', ['place_id'], unique=True, sqlite_where=sa.text("state NOT IN ('DONE', 'CANCELLED')"), postgresql_where=sa.text("state NOT IN ('DONE', 'CANCELLED')"))

    op.create_table('mes_counting_entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('count_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('pass_number', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('counted_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('book_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('entered_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('entered_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('struck_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(lot_id IS NULL) <> (package_id IS NULL)', name=op.f('ck_mes_counting_entry_lot_or_package')),
    sa.CheckConstraint('counted_qty > 0', name=op.f('ck_mes_counting_entry_something')),
    sa.ForeignKeyConstraint(['count_id'], ['mes_counting_count.id'], name=op.f('fk_mes_counting_entry_count_id')),
    sa.ForeignKeyConstraint(['entered_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_counting_entry_entered_by_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['erp_stock_lot.id'], name=op.f('fk_mes_counting_entry_lot_id')),
    sa.ForeignKeyConstraint(['package_id'], ['mes_packing_package.id'], name=op.f('fk_mes_counting_entry_package_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_counting_entry'))
    )
    with op.batch_alter_table('mes_counting_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_counting_entry_count_id'), ['count_id'], unique=False)

    op.create_table('mes_counting_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('count_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('first_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('counted_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('book_qty', core.db.Fixed(precision=14, scale=3), nullable=False),
    sa.Column('is_right', sa.Boolean(), nullable=False),
    sa.Column('cause', sa.Enum('E16', 'RECEIPT', 'DAMAGE', 'KEEP', name='countcause', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('move_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('(lot_id IS NULL) <> (package_id IS NULL)', name=op.f('ck_mes_counting_line_lot_or_package')),
    sa.ForeignKeyConstraint(['count_id'], ['mes_counting_count.id'], name=op.f('fk_mes_counting_line_count_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['erp_stock_lot.id'], name=op.f('fk_mes_counting_line_lot_id')),
    sa.ForeignKeyConstraint(['move_id'], ['erp_stock_move.id'], name=op.f('fk_mes_counting_line_move_id')),
    sa.ForeignKeyConstraint(['package_id'], ['mes_packing_package.id'], name=op.f('fk_mes_counting_line_package_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_counting_line'))
    )
    with op.batch_alter_table('mes_counting_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_counting_line_count_id'), ['count_id'], unique=False)



def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_counting_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_counting_line_count_id'))

    op.drop_table('mes_counting_line')
    with op.batch_alter_table('mes_counting_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_counting_entry_count_id'))

    op.drop_table('mes_counting_entry')
    with op.batch_alter_table('mes_counting_count', schema=None) as batch_op:
        batch_op.drop_index('uq_mes_counting_count_open_place', sqlite_where=sa.text("state NOT IN ('DONE', 'CANCELLED')"), postgresql_where=sa.text("state NOT IN ('DONE', 'CANCELLED')"))
        batch_op.drop_index(batch_op.f('ix_mes_counting_count_state'))
        batch_op.drop_index(batch_op.f('ix_mes_counting_count_place_id'))
        batch_op.drop_index(batch_op.f('ix_mes_counting_count_closed_at'))

    op.drop_table('mes_counting_count')
    op.drop_table('erp_stock_period')
    with op.batch_alter_table('mes_cutting_cut_layout', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_cutting_cut_layout_lot_id'))
    _scan_kinds(BEFORE)
