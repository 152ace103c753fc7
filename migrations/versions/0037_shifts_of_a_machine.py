"""Shifts of one machine, in place of the factory's."""

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

