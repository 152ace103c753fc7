"""Words of a dealer whose meaning a person has shown are remembered for the next sheets."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table('erp_sales_remembered',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('dealer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('COLUMN', 'SIZE_ORDER', 'MODEL', 'COLOUR', 'HANDING', name='lessonkind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('word_key', sa.String(), nullable=False),
    sa.Column('word', sa.String(), nullable=False),
    sa.Column('meaning', sa.String(), nullable=False),
    sa.Column('import_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('learned_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('learned_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['dealer_id'], ['erp_parties_party.id'], name=op.f('fk_erp_sales_remembered_dealer_id')),
    sa.ForeignKeyConstraint(['import_id'], ['erp_sales_import.id'], name=op.f('fk_erp_sales_remembered_import_id')),
    sa.ForeignKeyConstraint(['learned_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_sales_remembered_learned_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_sales_remembered')),
    sa.UniqueConstraint('dealer_id', 'kind', 'word_key', name=op.f('uq_erp_sales_remembered_dealer_id_kind_word_key'))
    )
    with op.batch_alter_table('erp_sales_remembered', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_sales_remembered_dealer_id'), ['dealer_id'], unique=False)



def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('erp_sales_remembered', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erp_sales_remembered_dealer_id'))

    op.drop_table('erp_sales_remembered')
