"""The company: who sends the papers; and through which day the months are closed."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0020'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: papers carry the name of MORTISE_COMPANY as before, and no month is closed."""
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
    period = op.create_table('erp_finance_period',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('closed_to_on', sa.Date(), nullable=True),
    sa.CheckConstraint('id = 1', name=op.f('ck_erp_finance_period_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_finance_period'))
    )
    op.bulk_insert(period, [{'id': 1, 'closed_to_on': None}])


def downgrade() -> None:
    """Go down."""
    op.drop_table('erp_finance_period')
    op.drop_table('core_company_letterhead')
