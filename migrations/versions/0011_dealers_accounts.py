"""What dealers owe and have paid; an order cancelled in part is agreed for what remains of it."""

from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0011'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: orders that are agreed are charged on the day of their confirmation, cancelled sets when they were."""
    op.create_table('erp_finance_dealer_terms',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('deposit_rate', core.db.Fixed(precision=9, scale=6), nullable=False),
    sa.Column('credit_limit_amount', core.db.Fixed(precision=14, scale=2), nullable=True),
    sa.Column('has_balance_gate', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('credit_limit_amount >= 0', name=op.f('ck_erp_finance_dealer_terms_credit_limit_not_negative')),
    sa.CheckConstraint('deposit_rate >= 0', name=op.f('ck_erp_finance_dealer_terms_deposit_rate_not_negative')),
    sa.ForeignKeyConstraint(['party_id'], ['erp_parties_party.id'], name=op.f('fk_erp_finance_dealer_terms_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_finance_dealer_terms')),
    sa.UniqueConstraint('party_id', name=op.f('uq_erp_finance_dealer_terms_party_id'))
    )
    op.create_table('erp_finance_receipt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', core.db.Fixed(precision=14, scale=2), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('method', sa.Enum('TRANSFER', 'CASH', 'WECHAT', 'ALIPAY', 'CHEQUE', 'DRAFT', 'OTHER', name='method', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('payer', sa.String(), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('origin_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reversal_of_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('form_key', sa.String(), nullable=True),
    sa.Column('entered_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('entered_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_erp_finance_receipt_amount_is_something')),
    sa.CheckConstraint('reversal_of_id IS NULL OR origin_id IS NOT NULL', name=op.f('ck_erp_finance_receipt_reversal_has_origin')),
    sa.ForeignKeyConstraint(['entered_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_finance_receipt_entered_by_id')),
    sa.ForeignKeyConstraint(['origin_id'], ['erp_finance_receipt.id'], name=op.f('fk_erp_finance_receipt_origin_id')),
    sa.ForeignKeyConstraint(['party_id'], ['erp_parties_party.id'], name=op.f('fk_erp_finance_receipt_party_id')),
    sa.ForeignKeyConstraint(['reversal_of_id'], ['erp_finance_receipt.id'], name=op.f('fk_erp_finance_receipt_reversal_of_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_finance_receipt')),
    sa.UniqueConstraint('form_key', name=op.f('uq_erp_finance_receipt_form_key')),
    sa.UniqueConstraint('number', name=op.f('uq_erp_finance_receipt_number')),
    sa.UniqueConstraint('reversal_of_id', name=op.f('uq_erp_finance_receipt_reversal_of_id'))
    )
    with op.batch_alter_table('erp_finance_receipt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_finance_receipt_origin_id'), ['origin_id'], unique=False)
        batch_op.create_index('ix_erp_finance_receipt_party_id_received_on', ['party_id', 'received_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_erp_finance_receipt_received_on'), ['received_on'], unique=False)

    op.create_table('erp_finance_allocation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('receipt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', core.db.Fixed(precision=14, scale=2), nullable=False),
    sa.Column('made_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_erp_finance_allocation_amount_is_something')),
    sa.ForeignKeyConstraint(['made_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_finance_allocation_made_by_id')),
    sa.ForeignKeyConstraint(['order_id'], ['erp_sales_order.id'], name=op.f('fk_erp_finance_allocation_order_id')),
    sa.ForeignKeyConstraint(['receipt_id'], ['erp_finance_receipt.id'], name=op.f('fk_erp_finance_allocation_receipt_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_finance_allocation'))
    )
    with op.batch_alter_table('erp_finance_allocation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_finance_allocation_order_id'), ['order_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_erp_finance_allocation_receipt_id'), ['receipt_id'], unique=False)

    op.create_table('erp_finance_charge',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('AGREED', 'CHANGED', 'TAKEN_BACK', name='chargekind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('amount', core.db.Fixed(precision=14, scale=2), nullable=False),
    sa.Column('charged_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('charged_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_erp_finance_charge_amount_is_something')),
    sa.ForeignKeyConstraint(['charged_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_finance_charge_charged_by_id')),
    sa.ForeignKeyConstraint(['order_id'], ['erp_sales_order.id'], name=op.f('fk_erp_finance_charge_order_id')),
    sa.ForeignKeyConstraint(['party_id'], ['erp_parties_party.id'], name=op.f('fk_erp_finance_charge_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_finance_charge'))
    )
    with op.batch_alter_table('erp_finance_charge', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_finance_charge_order_id'), ['order_id'], unique=False)
        batch_op.create_index('ix_erp_finance_charge_party_id_charged_at', ['party_id', 'charged_at'], unique=False)

    op.create_table('erp_finance_waiver',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('gate', sa.Enum('RELEASE', 'LOADING', name='gate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('given_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('given_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['given_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_finance_waiver_given_by_id')),
    sa.ForeignKeyConstraint(['order_id'], ['erp_sales_order.id'], name=op.f('fk_erp_finance_waiver_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_finance_waiver')),
    sa.UniqueConstraint('order_id', 'gate', name=op.f('uq_erp_finance_waiver_order_id_gate'))
    )
    with op.batch_alter_table('erp_sales_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cancelled_count', sa.Integer(), nullable=True))
    op.execute("""UPDATE erp_sales_line SET cancelled_count =
        (SELECT count(*) FROM mes_splitting_door_set one
         WHERE one.line_id = erp_sales_line.id AND one.voided_at IS NOT NULL)""")
    with op.batch_alter_table('erp_sales_line', schema=None) as batch_op:
        batch_op.alter_column('cancelled_count', existing_type=sa.Integer(), nullable=False)
        batch_op.create_check_constraint(
            op.f('ck_erp_sales_line_cancelled_count_within_sets'), 'cancelled_count BETWEEN 0 AND set_count'
        )
    _charge(op.get_bind())
    op.execute(_totals('-'))


# what sets cost that were cancelled; a count is no measure, so that the product is right on every engine
def _totals(sign: str) -> str:
    cost = """(SELECT coalesce(sum(line.unit_amount * line.cancelled_count), 0) FROM erp_sales_line line
        WHERE line.order_id = erp_sales_order.id)"""
    return f"""UPDATE erp_sales_order SET total_amount = total_amount {sign} {cost}
        WHERE total_amount IS NOT NULL
        AND id IN (SELECT order_id FROM erp_sales_line WHERE cancelled_count > 0)"""


def _charge(connection: sa.Connection) -> None:
    """Write the charges that the commands would have written."""
    money, at = core.db.Fixed(14, 2), core.db.UtcDateTime()
    columns = (
        *(sa.column(name) for name in ('id', 'dealer_id', 'state', 'is_tax_included')),
        *(sa.column(name, at) for name in ('created_at', 'confirmed_at')),
        sa.column('total_amount', money),
        sa.column('tax_rate', core.db.Fixed(9, 6)),
    )
    orders = sa.table('erp_sales_order', *columns)
    charges = sa.table(
        'erp_finance_charge',
        *(sa.column(name) for name in ('order_id', 'party_id', 'kind')),
        sa.column('amount', money),
        sa.column('charged_at', at),
    )
    taken_back = _taken_back(connection)
    owed = ('CONFIRMED', 'RELEASED', 'IN_PRODUCTION', 'READY', 'SHIPPED', 'CLOSED')
    found = connection.execute(
        sa.select(orders).where(orders.c.total_amount.is_not(None), orders.c.state.in_(owed)).order_by(orders.c.id)
    ).all()
    rows = []
    for one in found:
        agreed = _payable(one, one.total_amount)
        amount, moment = taken_back.get(one.id, (Decimal(0), None))
        less = _payable(one, one.total_amount - amount) - agreed
        for kind, change, when in (('AGREED', agreed, one.confirmed_at or one.created_at), ('CHANGED', less, moment)):
            if change:
                rows.append({'order_id': one.id, 'party_id': one.dealer_id, 'kind': kind, 'amount': change, 'charged_at': when})
    for start in range(0, len(rows), 5000):
        connection.execute(sa.insert(charges), rows[start:start + 5000])


def _taken_back(connection: sa.Connection) -> dict:
    """Return what the cancelled sets of each order cost, and when the last of them was cancelled."""
    sets = sa.table('mes_splitting_door_set', sa.column('line_id'), sa.column('voided_at', core.db.UtcDateTime()))
    lines = sa.table(
        'erp_sales_line', sa.column('id'), sa.column('order_id'), sa.column('unit_amount', core.db.Fixed(14, 2))
    )
    found: dict = {}
    for order_id, cost, moment in connection.execute(
        sa.select(lines.c.order_id, lines.c.unit_amount, sets.c.voided_at)
        .join_from(lines, sets, sets.c.line_id == lines.c.id)
        .where(sets.c.voided_at.is_not(None), lines.c.unit_amount.is_not(None))
        .order_by(sets.c.voided_at)
    ):
        found[order_id] = (found.get(order_id, (Decimal(0), None))[0] + cost, moment)
    return found


def _payable(order: sa.Row, total: Decimal) -> Decimal:
    tax = Decimal(0) if order.is_tax_included else total * order.tax_rate
    return total + tax.quantize(Decimal('0.01'), ROUND_HALF_UP)


def downgrade() -> None:
    """Come back."""
    op.execute(_totals('+'))
    with op.batch_alter_table('erp_sales_line', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_erp_sales_line_cancelled_count_within_sets'), type_='check')
        batch_op.drop_column('cancelled_count')

    op.drop_table('erp_finance_waiver')
    with op.batch_alter_table('erp_finance_charge', schema=None) as batch_op:
        batch_op.drop_index('ix_erp_finance_charge_party_id_charged_at')
        batch_op.drop_index(batch_op.f('ix_erp_finance_charge_order_id'))

    op.drop_table('erp_finance_charge')
    with op.batch_alter_table('erp_finance_allocation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_finance_allocation_receipt_id'))
        batch_op.drop_index(batch_op.f('ix_erp_finance_allocation_order_id'))

    op.drop_table('erp_finance_allocation')
    with op.batch_alter_table('erp_finance_receipt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_finance_receipt_received_on'))
        batch_op.drop_index('ix_erp_finance_receipt_party_id_received_on')
        batch_op.drop_index(batch_op.f('ix_erp_finance_receipt_origin_id'))

    op.drop_table('erp_finance_receipt')
    op.drop_table('erp_finance_dealer_terms')
