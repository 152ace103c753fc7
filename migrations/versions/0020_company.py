"""The company: who sends the papers."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0020'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: nothing was entered yet; papers carry the name of MORTISE_COMPANY as before."""
    op.create_table('core_company_letterhead',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('address_en', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('bank', sa.String(), nullable=False),
    sa.Column('bank_account', sa.String(), nullable=False),
    sa.Column('tax_number', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_core_company_letterhead_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_company_letterhead'))
    )


def downgrade() -> None:
    """Go down."""
    op.drop_table('core_company_letterhead')
