"""Label printers, what is printed on them, and which one stands beside a station."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0018'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: nothing is printed yet, and no station has a printer."""
    op.create_table('core_printing_printer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('host', sa.String(), nullable=False),
    sa.Column('port', sa.Integer(), nullable=False),
    sa.Column('language', sa.Enum('ZPL', 'TSPL', name='language', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('dots_per_mm', sa.Integer(), nullable=False),
    sa.Column('width_mm', sa.Integer(), nullable=False),
    sa.Column('height_mm', sa.Integer(), nullable=False),
    sa.Column('gap_mm', core.db.Fixed(precision=8, scale=1), nullable=False),
    sa.Column('is_answering', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.CheckConstraint('dots_per_mm IN (8, 12)', name=op.f('ck_core_printing_printer_dots_per_mm_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_printing_printer')),
    sa.UniqueConstraint('name', name=op.f('uq_core_printing_printer_name'))
    )
    op.create_table('core_printing_print_job',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('printer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('page_count', sa.Integer(), nullable=False),
    sa.Column('printed_count', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('QUEUED', 'SENDING', 'PRINTED', 'UNSURE', 'CANCELLED', name='printstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('problem', sa.Enum('UNREACHABLE', 'PAPER', 'HEAD', 'PAUSED', 'LOST', name='problem', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('seen_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('printed_count BETWEEN 0 AND page_count', name=op.f('ck_core_printing_print_job_printed_within_pages')),
    sa.ForeignKeyConstraint(['created_by_id'], ['core_auth_person.id'], name=op.f('fk_core_printing_print_job_created_by_id')),
    sa.ForeignKeyConstraint(['printer_id'], ['core_printing_printer.id'], name=op.f('fk_core_printing_print_job_printer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_printing_print_job')),
    sa.UniqueConstraint('key', name=op.f('uq_core_printing_print_job_key'))
    )
    with op.batch_alter_table('core_printing_print_job', schema=None) as batch_op:
        batch_op.create_index('ix_core_printing_print_job_state_id', ['state', 'id'], unique=False)

    with op.batch_alter_table('mes_scanning_station', schema=None) as batch_op:
        batch_op.add_column(sa.Column('printer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_mes_scanning_station_printer_id'), 'core_printing_printer', ['printer_id'], ['id'])



def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('mes_scanning_station', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_mes_scanning_station_printer_id'), type_='foreignkey')
        batch_op.drop_column('printer_id')

    with op.batch_alter_table('core_printing_print_job', schema=None) as batch_op:
        batch_op.drop_index('ix_core_printing_print_job_state_id')

    op.drop_table('core_printing_print_job')
    op.drop_table('core_printing_printer')
