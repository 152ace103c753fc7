"""Orders that were released before releases were recorded have the lines of their first release.

Their first release has been on record since 0012, without its lines; so a line of them that was changed since was
weighed on the day of the change. A line is written as it was released first: the sets that no change brought, its
kind as the first change found it or as it is, glass and transom as they were drawn. How often a hand was laid on
it is not known and stays empty. The transom was never seen in a line that was recorded; it is put right.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = '0019'
down_revision = '0020'
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
LINES_OF_FIRST = (
    'SELECT r.id AS release_id, l.id AS line_id, l.order_id, l.position, l.kind FROM mes_splitting_release r'
    ' JOIN erp_sales_line l ON l.order_id = r.order_id WHERE r.version = 1'
    ' AND NOT EXISTS (SELECT 1 FROM mes_splitting_released_line x WHERE x.release_id = r.id) ORDER BY r.id, l.id'
)
RECORDED = 'SELECT MIN(id) AS id, line_id FROM mes_splitting_released_line GROUP BY line_id ORDER BY line_id'
DOOR_SET = sa.table(
    'mes_splitting_door_set', sa.column('id'), sa.column('line_id'), sa.column('drawing', DOCUMENT)
)
CHANGE = sa.table('mes_changes_change', sa.column('id'), sa.column('order_id'), sa.column('lines', DOCUMENT))
CHANGED_SET = sa.table(
    'mes_changes_changed_set',
    *map(sa.column, ('id', 'set_id', 'fate')),
    sa.column('before', DOCUMENT),
)
RELEASED_LINE = sa.table(
    'mes_splitting_released_line',
    *map(sa.column, ('id', 'release_id', 'line_id', 'kind', 'has_glass', 'has_transom')),
    *map(sa.column, ('set_count', 'touch_count', 'hand_edit_count')),
)


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table('mes_splitting_released_line', schema=None) as batch_op:
        batch_op.alter_column('touch_count', existing_type=sa.Integer(), nullable=True)
    _put_transoms_right()
    for row in op.get_bind().execute(sa.text(LINES_OF_FIRST)).mappings().all():
        drawings = [drawing for came_later, drawing in _first_drawings(row['line_id']) if not came_later]
        if drawings:
            op.get_bind().execute(
                sa.insert(RELEASED_LINE).values(
                    release_id=row['release_id'],
                    line_id=row['line_id'],
                    kind=_first_kind(row),
                    has_glass=any(leaf.get('glass') for leaf in drawings[0].get('leaves', ())),
                    has_transom=_has_transom(drawings[0]),
                    set_count=len(drawings),
                    touch_count=None,
                    hand_edit_count=0,
                )
            )


def _put_transoms_right():
    """Let the first record of each line say whether there was a light above the door."""
    for row in op.get_bind().execute(sa.text(RECORDED)).mappings().all():
        if any(_has_transom(drawing) for _, drawing in _first_drawings(row['line_id'])[:1]):
            op.get_bind().execute(
                sa.update(RELEASED_LINE).where(RELEASED_LINE.c.id == row['id']).values(has_transom=True)
            )


def _first_drawings(line_id):
    """Return how each set of a line was drawn when it was frozen first, and whether a change brought it."""
    sets = sa.select(DOOR_SET.c.id, DOOR_SET.c.drawing).where(DOOR_SET.c.line_id == line_id)
    rows = op.get_bind().execute(sets.order_by(DOOR_SET.c.id)).all()
    changed = sa.select(CHANGED_SET).where(CHANGED_SET.c.set_id.in_([row.id for row in rows]))
    fates, before = {}, {}  # by set: what its first change made of it, and the first drawing that one replaced
    for one in op.get_bind().execute(changed.order_by(CHANGED_SET.c.id)):
        fates.setdefault(one.set_id, one.fate)
        if drawing := (one.before or {}).get('drawing'):
            before.setdefault(one.set_id, drawing)
    return [(fates.get(row.id) == 'new', before.get(row.id, row.drawing)) for row in rows]


def _has_transom(drawing):
    return float(drawing.get('light') or 0) > 0


def _first_kind(row):
    """Return the kind of a line as the first change of it found it, or as it is."""
    changes = sa.select(CHANGE.c.lines).where(CHANGE.c.order_id == row['order_id']).order_by(CHANGE.c.id)
    lines = (one for lines in op.get_bind().execute(changes).scalars() for one in lines)
    before = next((one['before'] for one in lines if one['position'] == row['position']), None)
    if before is None:
        return row['kind']
    door = sa.text('SELECT kind FROM erp_catalogue_door WHERE code = :code')
    return op.get_bind().execute(door, {'code': before['door_code']}).scalar_one()


def downgrade() -> None:
    """Come back: what is not known of a touch had no record."""
    op.execute('DELETE FROM mes_splitting_released_line WHERE touch_count IS NULL')
    with op.batch_alter_table('mes_splitting_released_line', schema=None) as batch_op:
        batch_op.alter_column('touch_count', existing_type=sa.Integer(), nullable=False)
