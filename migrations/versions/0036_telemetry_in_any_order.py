"""Telemetry in any order: repeated states and the readings behind what was counted, so that a late message finds its place; listeners."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table('mes_machines_listening',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('is_connected', sa.Boolean(), nullable=False),
    sa.Column('alive_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('heard_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('heard_on', sa.Date(), nullable=True),
    sa.Column('message_count', sa.Integer(), nullable=False),
    sa.Column('passed_over_count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_machines_listening')),
    sa.UniqueConstraint('name', name=op.f('uq_mes_machines_listening_name'))
    )
    op.create_table('mes_machines_state_repeat',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('machine_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('told_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['machine_id'], ['mes_machines_machine.id'], name=op.f('fk_mes_machines_state_repeat_machine_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_machines_state_repeat')),
    sa.UniqueConstraint('machine_id', 'told_at', name=op.f('uq_mes_machines_state_repeat_machine_id_told_at'))
    )
    with op.batch_alter_table('mes_machines_state_repeat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_machines_state_repeat_told_at'), ['told_at'], unique=False)

    with op.batch_alter_table('mes_machines_counter', schema=None) as batch_op:
        batch_op.add_column(sa.Column('first_reading', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('first_at', core.db.UtcDateTime(timezone=True), nullable=True))

    with op.batch_alter_table('mes_machines_machine', schema=None) as batch_op:
        batch_op.add_column(sa.Column('said_at', core.db.UtcDateTime(timezone=True), nullable=True))

    with op.batch_alter_table('mes_machines_output', schema=None) as batch_op:
        batch_op.add_column(sa.Column('good_reading', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('reject_reading', sa.BigInteger(), nullable=True))



def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_machines_output', schema=None) as batch_op:
        batch_op.drop_column('reject_reading')
        batch_op.drop_column('good_reading')

    with op.batch_alter_table('mes_machines_machine', schema=None) as batch_op:
        batch_op.drop_column('said_at')

    with op.batch_alter_table('mes_machines_counter', schema=None) as batch_op:
        batch_op.drop_column('first_at')
        batch_op.drop_column('first_reading')

    with op.batch_alter_table('mes_machines_state_repeat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_machines_state_repeat_told_at'))

    op.drop_table('mes_machines_state_repeat')
    op.drop_table('mes_machines_listening')
