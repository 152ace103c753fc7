"""The sums of each day behind the figures are kept; work on an order is found by it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0034'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table('mes_efficiency_day_sum',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('worked_on', sa.Date(), nullable=False),
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=20), nullable=False),
    sa.Column('event_count', sa.Integer(), nullable=False),
    sa.Column('exact_sum', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_day_sum')),
    sa.UniqueConstraint('worked_on', 'name', 'key', name=op.f('uq_mes_efficiency_day_sum_worked_on_name_key'))
    )
    op.create_table('mes_efficiency_folded_day',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('worked_on', sa.Date(), nullable=False),
    sa.Column('planned', sa.String(), nullable=False),
    sa.Column('lead_us', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('folded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_folded_day')),
    sa.UniqueConstraint('worked_on', name=op.f('uq_mes_efficiency_folded_day_worked_on'))
    )
    op.create_table('mes_efficiency_late_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('since_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('until_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('until_at >= since_at', name=op.f('ck_mes_efficiency_late_event_ends_after_start')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_late_event'))
    )
    with op.batch_alter_table('mes_efficiency_late_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_efficiency_late_event_until_at'), ['until_at'], unique=False)

    roll_up = op.create_table('mes_efficiency_roll_up',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('basis', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_roll_up'))
    )
    op.bulk_insert(roll_up, [{'basis': ''}])
    op.create_table('mes_efficiency_machine_day',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('worked_on', sa.Date(), nullable=False),
    sa.Column('machine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('planned_us', sa.BigInteger(), nullable=False),
    sa.Column('busy_us', sa.BigInteger(), nullable=False),
    sa.Column('producing_us', sa.BigInteger(), nullable=False),
    sa.Column('setup_us', sa.BigInteger(), nullable=False),
    sa.Column('delayed_us', sa.BigInteger(), nullable=False),
    sa.Column('unknown_us', sa.BigInteger(), nullable=False),
    sa.Column('made_count', sa.Integer(), nullable=False),
    sa.Column('good_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['machine_id'], ['mes_machines_machine.id'], name=op.f('fk_mes_efficiency_machine_day_machine_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_machine_day')),
    sa.UniqueConstraint('worked_on', 'machine_id', name=op.f('uq_mes_efficiency_machine_day_worked_on_machine_id'))
    )
    with op.batch_alter_table('core_activity_interval', schema=None) as batch_op:
        batch_op.create_index('ix_core_activity_interval_subject_subject_id', ['subject', 'subject_id'], unique=False)


def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('core_activity_interval', schema=None) as batch_op:
        batch_op.drop_index('ix_core_activity_interval_subject_subject_id')

    op.drop_table('mes_efficiency_machine_day')
    op.drop_table('mes_efficiency_roll_up')
    with op.batch_alter_table('mes_efficiency_late_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_efficiency_late_event_until_at'))

    op.drop_table('mes_efficiency_late_event')
    op.drop_table('mes_efficiency_folded_day')
    op.drop_table('mes_efficiency_day_sum')
