"""Words that orders and partners are found by; indexes for each sort of the orders; machine codes and long papers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db
from core.words.rules import kept

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
WORD = sa.String(24).with_variant(sa.String(24, collation='C'), 'postgresql')
AT_ONCE = 5000  # rows in one insert
FOUND_BY = (
    (
        'erp.sales.order',
        'SELECT id, number, dealer_reference, customer, site FROM erp_sales_order',
    ),
    ('erp.parties.party', 'SELECT id, code, name, name_en, city FROM erp_parties_party'),
)


def upgrade() -> None:
    """Go up: orders and partners that exist get their words."""
    _make_words()
    with op.batch_alter_table('erp_sales_order') as orders:
        orders.create_index('ix_erp_sales_order_state_id', ['state', 'id'])
        orders.create_index('ix_erp_sales_order_dealer_id_id', ['dealer_id', 'id'])
        orders.create_index('ix_erp_sales_order_made_count', ['made_count'])
    _make_work_sheets()


def _make_words() -> None:
    words = op.create_table(
        'core_words_word',
        sa.Column('subject', sa.String(40), nullable=False),
        sa.Column('word', WORD, nullable=False),
        sa.Column('subject_id', BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint('subject', 'word', 'subject_id', name=op.f('pk_core_words_word')),
        sqlite_with_rowid=False,
    )
    for subject, query in FOUND_BY:
        rooms = _rooms() if subject == 'erp.sales.order' else {}
        rows: list[dict[str, object]] = []
        for subject_id, *texts in op.get_bind().execute(sa.text(query)).all():
            rows += [
                {'subject': subject, 'subject_id': subject_id, 'word': word} for word in kept([*texts, *rooms.get(subject_id, ())])
            ]
            if len(rows) >= AT_ONCE:
                op.bulk_insert(words, rows)
                rows = []
        op.bulk_insert(words, rows)
    op.create_index(
        'ix_core_words_word_subject_subject_id_word', 'core_words_word', ['subject', 'subject_id', 'word']
    )


def _rooms() -> dict[int, list[str]]:
    rooms: dict[int, list[str]] = {}
    query = sa.text('SELECT DISTINCT order_id, room FROM erp_sales_line ORDER BY order_id, room')
    for order_id, room in op.get_bind().execute(query):
        rooms.setdefault(order_id, []).append(room)
    return rooms


def _make_work_sheets() -> None:
    op.create_table(
        'mes_worksheets_machine_code',
        sa.Column('id', BIG_ID, nullable=False),
        sa.Column('code', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('name_en', sa.String(), nullable=False),
        sa.Column('operation_code', sa.String(), nullable=False),
        sa.Column('part_group', sa.String(), nullable=False),
        sa.Column('template', sa.String(), nullable=False),
        sa.Column('tables', DOCUMENT, nullable=False),
        sa.Column('alphabet', sa.String(), nullable=False),
        sa.Column('length_max', sa.Integer(), nullable=False),
        sa.Column('is_active', sa.Boolean(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.CheckConstraint('length_max > 0', name=op.f('ck_mes_worksheets_machine_code_length_positive')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_worksheets_machine_code')),
        sa.UniqueConstraint('code', name=op.f('uq_mes_worksheets_machine_code_code')),
    )
    op.create_index(
        op.f('ix_mes_worksheets_machine_code_operation_code'),
        'mes_worksheets_machine_code',
        ['operation_code'],
    )
    op.create_table(
        'mes_worksheets_paper',
        sa.Column('id', BIG_ID, nullable=False),
        sa.Column('kind', sa.Enum('operation', 'material', 'route', name='paperkind', native_enum=False,
                                  create_constraint=True, length=20), nullable=False),
        sa.Column('title', sa.String(), nullable=False),
        sa.Column('job_id', BIG_ID, nullable=False),
        sa.Column('file_id', BIG_ID, nullable=True),
        sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column('created_by_id', BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(['job_id'], ['core_jobs_job.id'], name=op.f('fk_mes_worksheets_paper_job_id')),
        sa.ForeignKeyConstraint(['file_id'], ['core_files_file.id'], name=op.f('fk_mes_worksheets_paper_file_id')),
        sa.ForeignKeyConstraint(
            ['created_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_worksheets_paper_created_by_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_worksheets_paper')),
    )


def downgrade() -> None:
    """Go down."""
    op.drop_table('mes_worksheets_paper')
    op.drop_table('mes_worksheets_machine_code')
    with op.batch_alter_table('erp_sales_order') as orders:
        orders.drop_index('ix_erp_sales_order_made_count')
        orders.drop_index('ix_erp_sales_order_dealer_id_id')
        orders.drop_index('ix_erp_sales_order_state_id')
    op.drop_table('core_words_word')
