"""Questions to dealers, and the links by which they are answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table('erp_sales_question_link',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('import_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('token_sha256', sa.String(), nullable=False),
    sa.Column('expires_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('view_count', sa.Integer(), nullable=False),
    sa.Column('viewed_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('(import_id IS NULL) <> (order_id IS NULL)', name=op.f('ck_erp_sales_question_link_about_one_thing')),
    sa.CheckConstraint('view_count >= 0', name=op.f('ck_erp_sales_question_link_view_count_not_negative')),
    sa.ForeignKeyConstraint(['created_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_sales_question_link_created_by_id')),
    sa.ForeignKeyConstraint(['import_id'], ['erp_sales_import.id'], name=op.f('fk_erp_sales_question_link_import_id')),
    sa.ForeignKeyConstraint(['order_id'], ['erp_sales_order.id'], name=op.f('fk_erp_sales_question_link_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_sales_question_link')),
    sa.UniqueConstraint('import_id', name=op.f('uq_erp_sales_question_link_import_id')),
    sa.UniqueConstraint('order_id', name=op.f('uq_erp_sales_question_link_order_id')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_erp_sales_question_link_token_sha256'))
    )
    op.create_table('erp_sales_question',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('link_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('row_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('field', sa.Enum('room', 'model', 'colour', 'dim_basis', 'width_mm', 'height_mm', 'wall_mm', 'mother_width_mm', 'handing', 'lock', 'set_count', 'note', name='field', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('issue', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('state', sa.Enum('OPEN', 'ANSWERED', 'CLOSED', name='questionstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('asked_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('asked_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('answer', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('remark', sa.String(), nullable=False),
    sa.Column('answered_by', sa.String(), nullable=False),
    sa.Column('answered_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('close_reason', sa.String(), nullable=False),
    sa.CheckConstraint("(state = 'ANSWERED') = (answered_at IS NOT NULL)", name=op.f('ck_erp_sales_question_answered_has_its_time')),
    sa.CheckConstraint("(state = 'CLOSED') = (closed_at IS NOT NULL)", name=op.f('ck_erp_sales_question_closed_has_its_time')),
    sa.CheckConstraint('row_id IS NULL OR line_id IS NULL', name=op.f('ck_erp_sales_question_about_one_place')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_sales_question_asked_by_id')),
    sa.ForeignKeyConstraint(['closed_by_id'], ['core_auth_person.id'], name=op.f('fk_erp_sales_question_closed_by_id')),
    sa.ForeignKeyConstraint(['line_id'], ['erp_sales_line.id'], name=op.f('fk_erp_sales_question_line_id')),
    sa.ForeignKeyConstraint(['link_id'], ['erp_sales_question_link.id'], name=op.f('fk_erp_sales_question_link_id')),
    sa.ForeignKeyConstraint(['row_id'], ['erp_sales_import_row.id'], name=op.f('fk_erp_sales_question_row_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_sales_question'))
    )
    with op.batch_alter_table('erp_sales_question', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erp_sales_question_line_id'), ['line_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_erp_sales_question_link_id'), ['link_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_erp_sales_question_row_id'), ['row_id'], unique=False)
        batch_op.create_index('ix_erp_sales_question_state_asked_at', ['state', 'asked_at'], unique=False)



def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('erp_sales_question', schema=None) as batch_op:
        batch_op.drop_index('ix_erp_sales_question_state_asked_at')
        batch_op.drop_index(batch_op.f('ix_erp_sales_question_row_id'))
        batch_op.drop_index(batch_op.f('ix_erp_sales_question_link_id'))
        batch_op.drop_index(batch_op.f('ix_erp_sales_question_line_id'))

    op.drop_table('erp_sales_question')
    op.drop_table('erp_sales_question_link')
