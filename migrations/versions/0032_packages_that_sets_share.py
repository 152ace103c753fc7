"""Packages that several sets of an order share."""

import sqlalchemy as sa
from alembic import op

revision = '0032'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: every package that is there belongs to one set, and goes on so."""
    with op.batch_alter_table('mes_packing_package', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shared_index', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('rooms', sa.String(), nullable=False, server_default=''))
        batch_op.alter_column('set_id', existing_type=sa.INTEGER(), nullable=True)
        batch_op.create_check_constraint(
            op.f('ck_mes_packing_package_of_a_set_or_shared'), '(set_id IS NULL) = (shared_index IS NOT NULL)'
        )
    with op.batch_alter_table('mes_packing_package', schema=None) as batch_op:
        batch_op.alter_column('rooms', existing_type=sa.String(), server_default=None)


def downgrade() -> None:
    """Come back; refused by the database while an order has shared packages."""
    with op.batch_alter_table('mes_packing_package', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_mes_packing_package_of_a_set_or_shared'), type_='check')
        batch_op.alter_column('set_id', existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column('rooms')
        batch_op.drop_column('shared_index')
