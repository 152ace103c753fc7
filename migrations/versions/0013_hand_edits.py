"""Sets changed by hand before their release, and whose fault a scrap was.

Released lines had no change by hand so far; of the pieces scrapped so far nobody said whose fault it was.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0013'
down_revision = '0018'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
DUTIES = ('SPLITTING', 'OPERATION', 'MACHINE', 'MATERIAL', 'HANDLING', 'CARRIER', 'DEALER', 'MEASURER', 'INSTALLER', 'UNKNOWN')
FROZEN = ('mes_splitting_piece', 'mes_splitting_requirement')


def upgrade() -> None:
    """Go up."""
    op.create_table('erp_sales_hand_edit',
    sa.Column('id', ID, nullable=False),
    sa.Column('line_id', ID, nullable=False),
    sa.Column('set_position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('CHANGE', 'LEAVE_OUT', 'ADD', 'QUANTITY', name='editkind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('base', DOCUMENT, nullable=False),
    sa.Column('values', DOCUMENT, nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('made_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', ID, nullable=False),
    sa.Column('dropped_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('dropped_by_id', ID, nullable=True),
    sa.CheckConstraint('(dropped_at IS NULL) = (dropped_by_id IS NULL)', name=op.f('ck_erp_sales_hand_edit_dropped_by_somebody')),
    sa.CheckConstraint('set_position >= 0', name=op.f('ck_erp_sales_hand_edit_set_position_not_negative')),
    sa.ForeignKeyConstraint(['dropped_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_sales_hand_edit_dropped_by_id')),
    sa.ForeignKeyConstraint(['line_id'], ['erp_sales_line.id'], name=op.f('fk_erp_sales_hand_edit_line_id')),
    sa.ForeignKeyConstraint(['made_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_sales_hand_edit_made_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_sales_hand_edit'))
    )
    with op.batch_alter_table('erp_sales_hand_edit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_sales_hand_edit_line_id'), ['line_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_erp_sales_hand_edit_made_at'), ['made_at'], unique=False)
        batch_op.create_index('uq_erp_sales_hand_edit_in_force', ['line_id', 'set_position', 'code'], unique=True, sqlite_where=sa.text('dropped_at IS NULL'), postgresql_where=sa.text('dropped_at IS NULL'))
    for table in FROZEN:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column('hand_edit_id', ID, nullable=True))
            batch_op.create_foreign_key(op.f(f'fk_{table}_hand_edit_id'), 'erp_sales_hand_edit', ['hand_edit_id'], ['id'])
    _add('mes_splitting_released_line', sa.Column('hand_edit_count', sa.Integer(), nullable=True), '0')
    _add('core_codelists_entry', sa.Column('group_code', sa.String(), nullable=True), "''")
    _add('mes_production_scrap', sa.Column('duty', sa.String(length=20), nullable=True), "'UNKNOWN'")
    with op.batch_alter_table('mes_splitting_released_line', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_mes_splitting_released_line_counts_not_negative'), type_='check')
        batch_op.create_check_constraint(
            op.f('ck_mes_splitting_released_line_counts_not_negative'),
            'set_count > 0 AND touch_count >= 0 AND hand_edit_count >= 0',
        )
    with op.batch_alter_table('mes_production_scrap', schema=None) as batch_op:
        batch_op.create_check_constraint(op.f('ck_mes_production_scrap_duty'), f'duty IN {DUTIES}')


def _add(table: str, column: sa.Column, before: str) -> None:
    """Add a column that every row has; those that are there get `before`."""
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(column)
    op.execute(f'UPDATE {table} SET {column.name} = {before}')
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column(column.name, existing_type=column.type, nullable=False)


def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_production_scrap', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_mes_production_scrap_duty'), type_='check')
        batch_op.drop_column('duty')
    with op.batch_alter_table('core_codelists_entry', schema=None) as batch_op:
        batch_op.drop_column('group_code')
    with op.batch_alter_table('mes_splitting_released_line', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_mes_splitting_released_line_counts_not_negative'), type_='check')
        batch_op.drop_column('hand_edit_count')
        batch_op.create_check_constraint(
            op.f('ck_mes_splitting_released_line_counts_not_negative'), 'set_count > 0 AND touch_count >= 0'
        )
    for table in reversed(FROZEN):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f'fk_{table}_hand_edit_id'), type_='foreignkey')
            batch_op.drop_column('hand_edit_id')
    op.drop_table('erp_sales_hand_edit')
