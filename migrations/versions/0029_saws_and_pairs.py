"""Which way a saw takes its first cuts, and materials whose grain runs on over a pair of leaves."""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0033'
branch_labels = None
depends_on = None

WAYS = sa.Enum('any', 'length', 'width', name='firstcut', native_enum=False, create_constraint=False, length=20)


def upgrade() -> None:
    """Go up; two steps for columns that may not be empty: any way, and no pairs, as it was."""
    with op.batch_alter_table('mes_cutting_saw') as batch_op:
        batch_op.add_column(sa.Column('first_cut', WAYS, nullable=True))
    op.execute("UPDATE mes_cutting_saw SET first_cut = 'any'")
    with op.batch_alter_table('mes_cutting_saw') as batch_op:
        batch_op.alter_column('first_cut', existing_type=WAYS, nullable=False)
        batch_op.create_check_constraint(op.f('ck_mes_cutting_saw_firstcut'), "first_cut IN ('any', 'length', 'width')")
    with op.batch_alter_table('mes_cutting_material_cut') as batch_op:
        batch_op.add_column(sa.Column('is_matched', sa.Boolean(), nullable=True))
    op.execute("UPDATE mes_cutting_material_cut SET is_matched = false")
    with op.batch_alter_table('mes_cutting_material_cut') as batch_op:
        batch_op.alter_column('is_matched', existing_type=sa.Boolean(), nullable=False)


def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_cutting_material_cut') as batch_op:
        batch_op.drop_column('is_matched')
    with op.batch_alter_table('mes_cutting_saw') as batch_op:
        batch_op.drop_constraint(op.f('ck_mes_cutting_saw_firstcut'), type_='check')
        batch_op.drop_column('first_cut')
