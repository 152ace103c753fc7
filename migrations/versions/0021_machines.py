"""Machines, their changes of state and counters, and the shifts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0021'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: no machine is written down yet."""
    op.create_table('mes_machines_shift',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('begins', sa.String(length=5), nullable=False),
    sa.Column('ends', sa.String(length=5), nullable=False),
    sa.Column('breaks', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('weekdays', sa.String(length=7), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_machines_shift'))
    )
    op.create_table('mes_machines_machine',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('station_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('is_key', sa.Boolean(), nullable=False),
    sa.Column('planned_run_min', core.db.Fixed(precision=10, scale=3), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('seen_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('planned_run_min >= 0', name=op.f('ck_mes_machines_machine_planned_run_not_negative')),
    sa.ForeignKeyConstraint(['station_id'], ['mes_scanning_station.id'], name=op.f('fk_mes_machines_machine_station_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_machines_machine')),
    sa.UniqueConstraint('key', name=op.f('uq_mes_machines_machine_key'))
    )
    with op.batch_alter_table('mes_machines_machine', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_machines_machine_station_id'), ['station_id'], unique=False)

    op.create_table('mes_machines_counter',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('machine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Enum('GOOD', 'REJECT', name='countername', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('reading', sa.BigInteger(), nullable=False),
    sa.Column('read_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['machine_id'], ['mes_machines_machine.id'], name=op.f('fk_mes_machines_counter_machine_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_machines_counter')),
    sa.UniqueConstraint('machine_id', 'name', name=op.f('uq_mes_machines_counter_machine_id_name'))
    )
    op.create_table('mes_machines_output',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('machine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('good_count', sa.Integer(), nullable=False),
    sa.Column('reject_count', sa.Integer(), nullable=False),
    sa.Column('counted_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('good_count >= 0 AND reject_count >= 0', name=op.f('ck_mes_machines_output_counts_not_negative')),
    sa.ForeignKeyConstraint(['machine_id'], ['mes_machines_machine.id'], name=op.f('fk_mes_machines_output_machine_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_machines_output'))
    )
    with op.batch_alter_table('mes_machines_output', schema=None) as batch_op:
        batch_op.create_index('ix_mes_machines_output_machine_id_counted_at', ['machine_id', 'counted_at'], unique=False)

    op.create_table('mes_machines_state_change',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('machine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.Enum('OFFLINE', 'STANDBY', 'READY', 'WORKING', 'ERROR', name='machinestate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('reason', sa.Enum('SETUP', 'TOOL', 'MATERIAL', 'PERSON', 'NO_WORK', 'QUALITY', 'CLEANING', 'SERVICE', 'BREAKDOWN', 'OTHER', name='stopreason', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('alarm', sa.String(length=200), nullable=False),
    sa.Column('source', sa.Enum('BUTTON', 'SIGNAL', name='source', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('began_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('received_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['machine_id'], ['mes_machines_machine.id'], name=op.f('fk_mes_machines_state_change_machine_id')),
    sa.ForeignKeyConstraint(['person_id'], ['core_auth_person.id'], name=op.f('fk_mes_machines_state_change_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_machines_state_change')),
    sa.UniqueConstraint('machine_id', 'began_at', name=op.f('uq_mes_machines_state_change_machine_id_began_at'))
    )


def downgrade() -> None:
    """Come back."""
    op.drop_table('mes_machines_state_change')
    with op.batch_alter_table('mes_machines_output', schema=None) as batch_op:
        batch_op.drop_index('ix_mes_machines_output_machine_id_counted_at')

    op.drop_table('mes_machines_output')
    op.drop_table('mes_machines_counter')
    with op.batch_alter_table('mes_machines_machine', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_machines_machine_station_id'))

    op.drop_table('mes_machines_machine')
    op.drop_table('mes_machines_shift')
