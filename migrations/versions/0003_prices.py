"""Price books, dealer levels, prices of orders and lines, quotations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
MONEY, RATE = core.db.Fixed(precision=14, scale=2), core.db.Fixed(precision=9, scale=6)
# table: column, its type, and what rows that are there get; nothing: it may stay empty
ADDED = {
    'erp_sales_line': (
        ('agreed_amount', MONEY, None),
        ('agreed_reason', sa.String(), "''"),
        ('unit_amount', MONEY, None),
        ('price_terms', DOCUMENT, "'[]'"),
    ),
    'erp_sales_order': (
        ('rebate_rate', RATE, '0'),
        ('rebate_reason', sa.String(), "''"),
        ('total_amount', MONEY, None),
        ('price_book', sa.String(), "''"),
        ('price_level', sa.String(), "''"),
        ('tax_rate', RATE, '0'),
        ('is_tax_included', sa.Boolean(), 'true'),
    ),
}


def upgrade() -> None:
    """Go up: orders that exist were agreed without prices."""
    op.create_table('erp_pricing_book',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('valid_from_on', sa.Date(), nullable=False),
    sa.Column('valid_to_on', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('DRAFT', 'PUBLISHED', 'RETIRED', name='bookstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('content', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('published_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('published_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_pricing_book_created_by_id')),
    sa.ForeignKeyConstraint(['published_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_pricing_book_published_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_pricing_book')),
    sa.UniqueConstraint('code', 'position', name=op.f('uq_erp_pricing_book_code_position'))
    )
    with op.batch_alter_table('erp_pricing_book', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_pricing_book_state'), ['state'], unique=False)

    op.create_table('erp_pricing_dealer_level',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('level', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['party_id'], ['erp_parties_party.id'], name=op.f('fk_erp_pricing_dealer_level_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_pricing_dealer_level')),
    sa.UniqueConstraint('party_id', name=op.f('uq_erp_pricing_dealer_level_party_id'))
    )
    op.create_table('erp_sales_quotation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.Enum('SENT', 'ACCEPTED', 'WITHDRAWN', name='quotationstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('valid_to_on', sa.Date(), nullable=False),
    sa.Column('total_amount', core.db.Fixed(precision=14, scale=2), nullable=False),
    sa.Column('tax_amount', core.db.Fixed(precision=14, scale=2), nullable=False),
    sa.Column('lines_sha256', sa.String(), nullable=False),
    sa.Column('content', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_sales_quotation_created_by_id')),
    sa.ForeignKeyConstraint(['order_id'], ['erp_sales_order.id'], name=op.f('fk_erp_sales_quotation_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_sales_quotation')),
    sa.UniqueConstraint('number', name=op.f('uq_erp_sales_quotation_number'))
    )
    with op.batch_alter_table('erp_sales_quotation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_sales_quotation_order_id'), ['order_id'], unique=False)

    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch_op:
            for name, kind, _first in columns:
                batch_op.add_column(sa.Column(name, kind, nullable=True))
        for name, _kind, first in columns:
            if first is not None:
                op.execute(f"UPDATE {table} SET {name} = {first}")
        with op.batch_alter_table(table) as batch_op:
            for name, kind, first in columns:
                if first is not None:
                    batch_op.alter_column(name, existing_type=kind, nullable=False)


def downgrade() -> None:
    """Come back."""
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch_op:
            for name, _kind, _first in columns:
                batch_op.drop_column(name)

    with op.batch_alter_table('erp_sales_quotation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_sales_quotation_order_id'))

    op.drop_table('erp_sales_quotation')
    op.drop_table('erp_pricing_dealer_level')
    with op.batch_alter_table('erp_pricing_book', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_pricing_book_state'))

    op.drop_table('erp_pricing_book')
