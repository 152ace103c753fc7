"""Shifts of one machine, in place of the factory's; what a machine's own clocks count."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table('mes_machines_clock_reading',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('machine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('PRODUCTION', 'WORKING', 'READY', 'STANDBY', 'ERROR', 'ON', 'OFF', name='machineclock', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('reading', sa.BigInteger(), nullable=False),
    sa.Column('read_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['machine_id'], ['mes_machines_machine.id'], name=op.f('fk_mes_machines_clock_reading_machine_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_machines_clock_reading')),
    sa.UniqueConstraint('machine_id', 'kind', name=op.f('uq_mes_machines_clock_reading_machine_id_kind'))
    )
    op.create_table('mes_machines_clock_hour',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('machine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('PRODUCTION', 'WORKING', 'READY', 'STANDBY', 'ERROR', 'ON', 'OFF', name='machineclock', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('hour_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ms_count', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['machine_id'], ['mes_machines_machine.id'], name=op.f('fk_mes_machines_clock_hour_machine_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_machines_clock_hour')),
    sa.UniqueConstraint('machine_id', 'kind', 'hour_at', name=op.f('uq_mes_machines_clock_hour_machine_id_kind_hour_at'))
    )
    with op.batch_alter_table('mes_machines_shift', schema=None) as batch_op:
        batch_op.add_column(sa.Column('machine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_index(batch_op.f('ix_mes_machines_shift_machine_id'), ['machine_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_mes_machines_shift_machine_id'), 'mes_machines_machine', ['machine_id'], ['id'])



def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_machines_shift', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_mes_machines_shift_machine_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_mes_machines_shift_machine_id'))
        batch_op.drop_column('machine_id')
    op.drop_table('mes_machines_clock_hour')
    op.drop_table('mes_machines_clock_reading')
