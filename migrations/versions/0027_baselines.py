"""Baselines of the five figures, work timed the old way, paid minutes of the warehouse."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0027'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table('mes_efficiency_paid_time',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('worked_on', sa.Date(), nullable=False),
    sa.Column('paid_min', sa.Integer(), nullable=False),
    sa.Column('entered_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('entered_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('paid_min > 0 AND paid_min <= 1440', name=op.f('ck_mes_efficiency_paid_time_fits_a_day')),
    sa.ForeignKeyConstraint(['entered_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_efficiency_paid_time_entered_by_id')),
    sa.ForeignKeyConstraint(['person_id'], ['core_auth_person.id'], name=op.f('fk_mes_efficiency_paid_time_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_paid_time')),
    sa.UniqueConstraint('person_id', 'worked_on', name=op.f('uq_mes_efficiency_paid_time_person_id_worked_on'))
    )
    with op.batch_alter_table('mes_efficiency_paid_time', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_efficiency_paid_time_worked_on'), ['worked_on'], unique=False)

    op.create_table('mes_efficiency_timed_work',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('metric', sa.Enum('M1', 'M2', 'M3', 'M4', 'M5', name='metric', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('started_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('is_late', sa.Boolean(), nullable=False),
    sa.Column('counts', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.CheckConstraint('ended_at > started_at', name=op.f('ck_mes_efficiency_timed_work_ends_after_start')),
    sa.ForeignKeyConstraint(['person_id'], ['core_auth_person.id'], name=op.f('fk_mes_efficiency_timed_work_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_timed_work'))
    )
    with op.batch_alter_table('mes_efficiency_timed_work', schema=None) as batch_op:
        batch_op.create_index('ix_mes_efficiency_timed_work_metric_started_at', ['metric', 'started_at'], unique=False)
        batch_op.create_index('uq_mes_efficiency_timed_work_running', ['person_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('mes_efficiency_baseline',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('metric', sa.Enum('M1', 'M2', 'M3', 'M4', 'M5', name='metric', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('definition', sa.Integer(), nullable=False),
    sa.Column('method', sa.Enum('SYSTEM_EVENTS', 'STOPWATCH', 'PAPER_LOG', 'INTERVIEW', name='method', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('state', sa.Enum('recorded', 'approved', 'withdrawn', 'superseded', name='baselinestate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('since_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('parameters', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('raw_sha256', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('recorded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('decided_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('superseded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("state <> 'approved' OR decided_by_id <> recorded_by_id", name=op.f('ck_mes_efficiency_baseline_approved_by_another')),
    sa.CheckConstraint('until_on >= since_on', name=op.f('ck_mes_efficiency_baseline_ends_after_start')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_efficiency_baseline_decided_by_id')),
    sa.ForeignKeyConstraint(['file_id'], ['core_files_file.id'], name=op.f('fk_mes_efficiency_baseline_file_id')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_efficiency_baseline_recorded_by_id')),
    sa.ForeignKeyConstraint(['superseded_by_id'], ['mes_efficiency_baseline.id'], name=op.f('fk_mes_efficiency_baseline_superseded_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_baseline')),
    sa.UniqueConstraint('number', name=op.f('uq_mes_efficiency_baseline_number'))
    )
    with op.batch_alter_table('mes_efficiency_baseline', schema=None) as batch_op:
        batch_op.create_index('uq_mes_efficiency_baseline_approved', ['metric'], unique=True, sqlite_where=sa.text("state = 'approved'"), postgresql_where=sa.text("state = 'approved'"))

    op.create_table('mes_efficiency_baseline_day',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('baseline_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('worked_on', sa.Date(), nullable=False),
    sa.Column('family', sa.String(), nullable=False),
    sa.Column('numerator_qty', core.db.Fixed(precision=18, scale=6), nullable=False),
    sa.Column('denominator_qty', core.db.Fixed(precision=18, scale=6), nullable=False),
    sa.Column('event_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['baseline_id'], ['mes_efficiency_baseline.id'], name=op.f('fk_mes_efficiency_baseline_day_baseline_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_baseline_day')),
    sa.UniqueConstraint('baseline_id', 'worked_on', 'family', name=op.f('uq_mes_efficiency_baseline_day_baseline_id_worked_on_family'))
    )
    op.create_table('mes_efficiency_baseline_exclusion',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('baseline_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('event_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['baseline_id'], ['mes_efficiency_baseline.id'], name=op.f('fk_mes_efficiency_baseline_exclusion_baseline_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_efficiency_baseline_exclusion'))
    )
    with op.batch_alter_table('mes_efficiency_baseline_exclusion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_efficiency_baseline_exclusion_baseline_id'), ['baseline_id'], unique=False)



def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_efficiency_baseline_exclusion', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_efficiency_baseline_exclusion_baseline_id'))

    op.drop_table('mes_efficiency_baseline_exclusion')
    op.drop_table('mes_efficiency_baseline_day')
    with op.batch_alter_table('mes_efficiency_baseline', schema=None) as batch_op:
        batch_op.drop_index('uq_mes_efficiency_baseline_approved', sqlite_where=sa.text("state = 'approved'"), postgresql_where=sa.text("state = 'approved'"))

    op.drop_table('mes_efficiency_baseline')
    with op.batch_alter_table('mes_efficiency_timed_work', schema=None) as batch_op:
        batch_op.drop_index('uq_mes_efficiency_timed_work_running', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index('ix_mes_efficiency_timed_work_metric_started_at')

    op.drop_table('mes_efficiency_timed_work')
    with op.batch_alter_table('mes_efficiency_paid_time', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_efficiency_paid_time_worked_on'))

    op.drop_table('mes_efficiency_paid_time')
