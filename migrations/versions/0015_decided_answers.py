"""Answers of dealers that a clerk decides on; what a dealer usually wants; prices that dealers expect; remarks found."""

from itertools import groupby
from operator import itemgetter

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db
from core.words.rules import kept

revision = '0015'
down_revision = '0010'
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
FIELDS = (
    'room', 'model', 'colour', 'dim_basis', 'width_mm', 'height_mm', 'wall_mm', 'mother_width_mm', 'handing',
    'lock', 'set_count', 'note',
)
NEW_FIELDS = (
    'glass', 'bottom', 'faces', 'wall_l', 'wall_r', 'floor', 'light', 'corner', 'hinge', 'price',
)
STATES = ('OPEN', 'ANSWERED', 'CLOSED')
KINDS = ('COLUMN', 'SIZE_ORDER', 'MODEL', 'COLOUR', 'HANDING')
NEW_KINDS = ('UNIT', 'DIM_BASIS', 'LOCK', 'WALL')
ANSWERED = 'ck_erp_sales_question_answered_has_its_time'
ACCEPTED = 'ck_erp_sales_question_accepted_has_its_time'
FOUND_BY = """SELECT ordered.id, ordered.number, ordered.dealer_reference, ordered.customer, ordered.site,
    line.room, line.note FROM erp_sales_order ordered JOIN erp_sales_line line ON line.order_id = ordered.id
    WHERE ordered.id IN (SELECT order_id FROM erp_sales_line WHERE note <> '')
    ORDER BY ordered.id, line.position"""


def _words(table: str, name: str, column: str, words: tuple[str, ...]) -> None:
    """Let a column hold these words and no others."""
    listed = ', '.join(f"'{word}'" for word in words)
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(name), type_='check')
        batch_op.create_check_constraint(op.f(name), f'{column} IN ({listed})')


def upgrade() -> None:
    """Go up: answers that landed already count as accepted, corrections of a sheet as typed by hand."""
    with op.batch_alter_table('erp_sales_line') as batch_op:
        batch_op.add_column(sa.Column('expected_amount', core.db.Fixed(precision=14, scale=2), nullable=True))
    _words('erp_sales_remembered', 'ck_erp_sales_remembered_lessonkind', 'kind', KINDS + NEW_KINDS)
    _sheets()
    _questions()
    _find_by_remarks()


def _sheets() -> None:
    with op.batch_alter_table('erp_sales_import') as batch_op:
        batch_op.add_column(sa.Column('profile', sa.String(), nullable=True))
    with op.batch_alter_table('erp_sales_import_row') as batch_op:
        batch_op.add_column(sa.Column('typed_fields', DOCUMENT, nullable=True))
    op.execute("UPDATE erp_sales_import SET profile = 'plain'")
    rows = sa.table(
        'erp_sales_import_row',
        *(sa.column(name, DOCUMENT) for name in ('read_values', 'values', 'typed_fields')),
        sa.column('id', BIG_ID),
    )
    op.execute(rows.update().values(typed_fields=[]))
    found = op.get_bind().execute(
        sa.select(rows.c.id, rows.c.read_values, rows.c['values']).where(rows.c.read_values != rows.c['values'])
    )
    for row_id, read, now in found.all():
        typed = sorted(name for name in {*read, *now} if read.get(name, '') != now.get(name, ''))
        op.execute(rows.update().where(rows.c.id == row_id).values(typed_fields=typed))
    with op.batch_alter_table('erp_sales_import') as batch_op:
        batch_op.alter_column('profile', existing_type=sa.String(), nullable=False)
    with op.batch_alter_table('erp_sales_import_row') as batch_op:
        batch_op.alter_column('typed_fields', existing_type=DOCUMENT, nullable=False)


def _questions() -> None:
    with op.batch_alter_table('erp_sales_question') as batch_op:
        batch_op.drop_constraint(op.f(ANSWERED), type_='check')
        batch_op.add_column(sa.Column('seen_sha256', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('decided_at', core.db.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('decided_by_id', BIG_ID, nullable=True))
        batch_op.add_column(sa.Column('reject_reason', sa.String(), nullable=True))
        batch_op.create_foreign_key(
            op.f('fk_erp_sales_question_decided_by_id'), 'core_auth_person', ['decided_by_id'], ['id']
        )
    _words('erp_sales_question', 'ck_erp_sales_question_questionstate', 'state', (*STATES, 'ACCEPTED'))
    _words('erp_sales_question', 'ck_erp_sales_question_field', 'field', FIELDS + NEW_FIELDS)
    op.execute("UPDATE erp_sales_question SET seen_sha256 = '', reject_reason = ''")
    op.execute(
        "UPDATE erp_sales_question SET state = 'ACCEPTED', decided_at = answered_at WHERE state = 'ANSWERED'"
    )
    with op.batch_alter_table('erp_sales_question') as batch_op:
        batch_op.alter_column('seen_sha256', existing_type=sa.String(), nullable=False)
        batch_op.alter_column('reject_reason', existing_type=sa.String(), nullable=False)
        batch_op.create_check_constraint(
            op.f(ANSWERED), "state NOT IN ('ANSWERED', 'ACCEPTED') OR answered_at IS NOT NULL"
        )
        batch_op.create_check_constraint(op.f(ACCEPTED), "state <> 'ACCEPTED' OR decided_at IS NOT NULL")


def _find_by_remarks() -> None:
    """Have the orders that exist found by the remarks of their lines, too."""
    words = sa.table(
        'core_words_word', sa.column('subject'), sa.column('subject_id', BIG_ID), sa.column('word')
    )
    connection = op.get_bind()
    for order_id, lines in groupby(connection.execute(sa.text(FOUND_BY)).all(), key=itemgetter(0)):
        told = list(lines)
        rooms, notes = ([one[place] for one in told] for place in (5, 6))
        mine = sa.and_(words.c.subject == 'erp.sales.order', words.c.subject_id == order_id)
        there = set(connection.execute(sa.select(words.c.word).where(mine)).scalars())
        new = set(kept((*told[0][1:5], *sorted(set(rooms)), *sorted(set(notes))))) - there
        rows = [{'subject': 'erp.sales.order', 'subject_id': order_id, 'word': word} for word in sorted(new)]
        if rows:
            connection.execute(words.insert(), rows)


def downgrade() -> None:
    """Come back: an answer that waits, or was accepted, is an answer; what only the new words say is lost."""
    op.execute("UPDATE erp_sales_question SET state = 'ANSWERED' WHERE state = 'ACCEPTED'")
    op.execute("UPDATE erp_sales_question SET answered_at = NULL WHERE state <> 'ANSWERED'")
    op.execute(f'UPDATE erp_sales_question SET field = NULL WHERE field IN {NEW_FIELDS}')
    op.execute(f'DELETE FROM erp_sales_remembered WHERE kind IN {NEW_KINDS}')
    with op.batch_alter_table('erp_sales_question') as batch_op:
        batch_op.drop_constraint(op.f(ACCEPTED), type_='check')
        batch_op.drop_constraint(op.f(ANSWERED), type_='check')
        batch_op.drop_constraint(op.f('fk_erp_sales_question_decided_by_id'), type_='foreignkey')
        for name in ('reject_reason', 'decided_by_id', 'decided_at', 'seen_sha256'):
            batch_op.drop_column(name)
        batch_op.create_check_constraint(op.f(ANSWERED), "(state = 'ANSWERED') = (answered_at IS NOT NULL)")
    _words('erp_sales_question', 'ck_erp_sales_question_questionstate', 'state', STATES)
    _words('erp_sales_question', 'ck_erp_sales_question_field', 'field', FIELDS)
    _words('erp_sales_remembered', 'ck_erp_sales_remembered_lessonkind', 'kind', KINDS)
    for table, column in (
        ('erp_sales_line', 'expected_amount'),
        ('erp_sales_import_row', 'typed_fields'),
        ('erp_sales_import', 'profile'),
    ):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(column)
