"""Releases are recorded with their lines, minutes and reason; order lines count the touches of a hand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: a line without cells of origin was typed by hand, which is one touch; of others none is known."""
    op.create_table('mes_splitting_release',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Enum('first', 'split_error', 'dealer_change', 'other', name='releasereason', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('is_untouched', sa.Boolean(), nullable=False),
    sa.Column('active_min', core.db.Fixed(precision=10, scale=3), nullable=False),
    sa.Column('released_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('released_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("(version = 1) = (reason = 'first')", name=op.f('ck_mes_splitting_release_further_says_why')),
    sa.CheckConstraint('version > 0 AND active_min >= 0', name=op.f('ck_mes_splitting_release_counts_from_one')),
    sa.ForeignKeyConstraint(['order_id'], ['erp_sales_order.id'], name=op.f('fk_mes_splitting_release_order_id')),
    sa.ForeignKeyConstraint(['released_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_splitting_release_released_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_splitting_release')),
    sa.UniqueConstraint('order_id', 'version', name=op.f('uq_mes_splitting_release_order_id_version'))
    )
    with op.batch_alter_table('mes_splitting_release', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_splitting_release_released_at'), ['released_at'], unique=False)

    op.create_table('mes_splitting_released_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('release_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('SINGLE', 'DOUBLE', 'UNEQUAL', 'SLIDING', 'HANGING', 'CASED_OPENING', 'WINDOW_CASING', 'LEAF_ONLY', 'FRAME_ONLY', 'TRIM_ONLY', 'PANEL', name='doorkind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('has_glass', sa.Boolean(), nullable=False),
    sa.Column('has_transom', sa.Boolean(), nullable=False),
    sa.Column('set_count', sa.Integer(), nullable=False),
    sa.Column('touch_count', sa.Integer(), nullable=False),
    sa.CheckConstraint('set_count > 0 AND touch_count >= 0', name=op.f('ck_mes_splitting_released_line_counts_not_negative')),
    sa.ForeignKeyConstraint(['line_id'], ['erp_sales_line.id'], name=op.f('fk_mes_splitting_released_line_line_id')),
    sa.ForeignKeyConstraint(['release_id'], ['mes_splitting_release.id'], name=op.f('fk_mes_splitting_released_line_release_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_splitting_released_line')),
    sa.UniqueConstraint('release_id', 'line_id', name=op.f('uq_mes_splitting_released_line_release_id_line_id'))
    )
    with op.batch_alter_table('mes_splitting_released_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_splitting_released_line_line_id'), ['line_id'], unique=False)

    with op.batch_alter_table('erp_sales_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('touch_count', sa.Integer(), nullable=True))
    op.execute("UPDATE erp_sales_line SET touch_count = CASE WHEN CAST(source AS TEXT) = '{}' THEN 1 ELSE 0 END")
    with op.batch_alter_table('erp_sales_line', schema=None) as batch_op:
        batch_op.alter_column('touch_count', existing_type=sa.Integer(), nullable=False)
        batch_op.create_check_constraint(
            op.f('ck_erp_sales_line_touch_count_not_negative'), 'touch_count >= 0'
        )


def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('erp_sales_line', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_erp_sales_line_touch_count_not_negative'), type_='check')
        batch_op.drop_column('touch_count')

    with op.batch_alter_table('mes_splitting_released_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_splitting_released_line_line_id'))

    op.drop_table('mes_splitting_released_line')
    with op.batch_alter_table('mes_splitting_release', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_splitting_release_released_at'))

    op.drop_table('mes_splitting_release')
