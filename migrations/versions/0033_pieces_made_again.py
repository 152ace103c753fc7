"""Pieces that are made again because of a claim, a return or a damage."""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None
ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
NAME = 'mes_shipping_remake'
LINKS = {
    'scrap_id': ('mes_production_scrap', False),
    'package_id': ('mes_packing_package', False),
    'claim_id': ('mes_shipping_claim', True),
    'return_id': ('mes_shipping_return', True),
}


def upgrade() -> None:
    """Go up."""
    op.create_table(
        NAME,
        sa.Column('id', ID, nullable=False),
        *(sa.Column(name, ID, nullable=empty) for name, (_table, empty) in LINKS.items()),
        *(
            sa.ForeignKeyConstraint([name], [f'{table}.id'], name=op.f(f'fk_{NAME}_{name}'))
            for name, (table, _empty) in LINKS.items()
        ),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{NAME}')),
        sa.UniqueConstraint('scrap_id', name=op.f(f'uq_{NAME}_scrap_id')),
    )
    with op.batch_alter_table(NAME, schema=None) as batch_op:
        for name in ('package_id', 'claim_id', 'return_id'):
            batch_op.create_index(batch_op.f(f'ix_{NAME}_{name}'), [name], unique=False)


def downgrade() -> None:
    """Come back."""
    op.drop_table(NAME)
