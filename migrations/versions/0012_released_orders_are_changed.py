"""Released orders are changed; every released order has its first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

FIRST_RELEASES = (
    "INSERT INTO mes_splitting_release"
    " (order_id, version, reason, note, is_untouched, active_min, released_at, released_by_id)"
    " SELECT o.id, 1, 'first', '', false, 0, o.released_at, (SELECT MAX(e.person_id) FROM core_audit_entry e"
    " WHERE e.subject = 'erp.sales.order' AND e.subject_id = o.id AND e.verb = 'release')"
    " FROM erp_sales_order o WHERE o.released_at IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM mes_splitting_release r WHERE r.order_id = o.id)"
)

def upgrade() -> None:
    """Go up: of a release that was not recorded the day and person are known."""
    op.create_table('erp_sales_amendment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('edits', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('started_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('changed_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['erp_sales_order.id'], name=op.f('fk_erp_sales_amendment_order_id')),
    sa.ForeignKeyConstraint(['person_id'], ['core_auth_person.id'], name=op.f('fk_erp_sales_amendment_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erp_sales_amendment')),
    sa.UniqueConstraint('order_id', 'person_id', name=op.f('uq_erp_sales_amendment_order_id_person_id'))
    )
    op.create_table('mes_changes_change',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('release_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lines', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('before_amount', core.db.Fixed(precision=14, scale=2), nullable=True),
    sa.Column('after_amount', core.db.Fixed(precision=14, scale=2), nullable=True),
    sa.Column('before_due_on', sa.Date(), nullable=True),
    sa.Column('after_due_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['erp_sales_order.id'], name=op.f('fk_mes_changes_change_order_id')),
    sa.ForeignKeyConstraint(['release_id'], ['mes_splitting_release.id'], name=op.f('fk_mes_changes_change_release_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_changes_change')),
    sa.UniqueConstraint('release_id', name=op.f('uq_mes_changes_change_release_id'))
    )
    with op.batch_alter_table('mes_changes_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_changes_change_order_id'), ['order_id'], unique=False)

    op.create_table('mes_changes_changed_set',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('change_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('set_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fate', sa.Enum('kept', 'changed', 'cancelled', 'new', name='setfate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('before', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['mes_changes_change.id'], name=op.f('fk_mes_changes_changed_set_change_id')),
    sa.ForeignKeyConstraint(['set_id'], ['mes_splitting_door_set.id'], name=op.f('fk_mes_changes_changed_set_set_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_changes_changed_set')),
    sa.UniqueConstraint('change_id', 'set_id', name=op.f('uq_mes_changes_changed_set_change_id_set_id'))
    )
    with op.batch_alter_table('mes_changes_changed_set', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_changes_changed_set_set_id'), ['set_id'], unique=False)

    op.create_table('mes_changes_changed_box',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('change_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fate', sa.Enum('kept', 'waits', 'opened', 'void', 'new', name='boxfate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('state', sa.Enum('PLANNED', 'OPEN', 'SEALED', 'IN_STORE', 'STAGED', 'LOADED', 'SHIPPED', 'RECEIVED', 'VOID', 'DAMAGED', name='packagestate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['mes_changes_change.id'], name=op.f('fk_mes_changes_changed_box_change_id')),
    sa.ForeignKeyConstraint(['package_id'], ['mes_packing_package.id'], name=op.f('fk_mes_changes_changed_box_package_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_changes_changed_box'))
    )
    with op.batch_alter_table('mes_changes_changed_box', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_changes_changed_box_change_id'), ['change_id'], unique=False)

    op.create_table('mes_changes_changed_piece',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('change_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('set_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('old_piece_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('new_piece_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('fate', sa.Enum('kept', 'moved', 'recut', 'cancelled', 'new', name='fate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('stage', sa.String(), nullable=False),
    sa.Column('because', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['mes_changes_change.id'], name=op.f('fk_mes_changes_changed_piece_change_id')),
    sa.ForeignKeyConstraint(['new_piece_id'], ['mes_splitting_piece.id'], name=op.f('fk_mes_changes_changed_piece_new_piece_id')),
    sa.ForeignKeyConstraint(['old_piece_id'], ['mes_splitting_piece.id'], name=op.f('fk_mes_changes_changed_piece_old_piece_id')),
    sa.ForeignKeyConstraint(['set_id'], ['mes_splitting_door_set.id'], name=op.f('fk_mes_changes_changed_piece_set_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_changes_changed_piece'))
    )
    with op.batch_alter_table('mes_changes_changed_piece', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_changes_changed_piece_change_id'), ['change_id'], unique=False)

    op.execute(FIRST_RELEASES)



def downgrade() -> None:
    """Come back; recorded first releases stay."""
    with op.batch_alter_table('mes_changes_changed_piece', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_changes_changed_piece_change_id'))

    op.drop_table('mes_changes_changed_piece')
    with op.batch_alter_table('mes_changes_changed_box', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_changes_changed_box_change_id'))

    op.drop_table('mes_changes_changed_box')
    with op.batch_alter_table('mes_changes_changed_set', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_changes_changed_set_set_id'))

    op.drop_table('mes_changes_changed_set')
    with op.batch_alter_table('mes_changes_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_changes_change_order_id'))

    op.drop_table('mes_changes_change')
    op.drop_table('erp_sales_amendment')
