"""What a batch's sheets and bars are in their material's unit, each by its own size."""

from collections import defaultdict
from decimal import ROUND_FLOOR, Decimal

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0016'
down_revision = '0017'
branch_labels = None
depends_on = None

QTY, MM = core.db.Fixed(precision=14, scale=3), core.db.Fixed(precision=8, scale=1)
DEMAND = sa.table(
    'erp_stock_demand',
    *(sa.column(name) for name in ('id', 'subject', 'subject_id', 'material_id')),
    sa.column('unit_qty', QTY),
)
MATERIAL = sa.table('erp_materials_material', sa.column('id'), sa.column('kind'), sa.column('trim_mm', MM))
ARTICLE = sa.table('erp_materials_article', sa.column('id'), sa.column('length_mm', MM), sa.column('width_mm', MM))
PLAN = sa.table('mes_cutting_cut_plan', *(sa.column(name) for name in ('id', 'batch_id', 'material_id', 'state')))
LAYOUT = sa.table('mes_cutting_cut_layout', *(sa.column(name) for name in ('id', 'plan_id', 'article_id')))


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table('erp_stock_demand', schema=None) as batch_op:
        batch_op.add_column(sa.Column('unit_qty', QTY, nullable=True))
        batch_op.create_check_constraint(op.f('ck_erp_stock_demand_unit_not_negative'), 'unit_qty >= 0')
    _fill()


def _fill() -> None:
    """Measure what the plans of the batches take: sheets in m2, bars in m, their trims off, rounded down to 0.001."""
    rows = op.get_bind().execute(
        sa.select(
            DEMAND.c.id,
            MATERIAL.c.trim_mm,
            ARTICLE.c.length_mm,
            sa.case((MATERIAL.c.kind == 'SHEET', ARTICLE.c.width_mm)),
            sa.func.count(LAYOUT.c.id),
        )
        .join(PLAN, (PLAN.c.batch_id == DEMAND.c.subject_id) & (PLAN.c.material_id == DEMAND.c.material_id))
        .join(LAYOUT, LAYOUT.c.plan_id == PLAN.c.id)
        .join(ARTICLE, ARTICLE.c.id == LAYOUT.c.article_id)
        .join(MATERIAL, MATERIAL.c.id == DEMAND.c.material_id)
        .where(DEMAND.c.subject == 'mes.planning.batch', PLAN.c.state == 'READY')
        .where(ARTICLE.c.length_mm.is_not(None))
        .group_by(DEMAND.c.id, MATERIAL.c.kind, MATERIAL.c.trim_mm, ARTICLE.c.length_mm, ARTICLE.c.width_mm)
    )
    found: defaultdict[int, Decimal] = defaultdict(Decimal)
    for demand_id, trim, length, width, count in rows:
        both = 2 * (trim or Decimal(0))
        square_m = (length - both) / 1000 * (1 if width is None else (width - both) / 1000)
        found[demand_id] += (count * square_m).quantize(Decimal('0.001'), ROUND_FLOOR)
    for demand_id, qty in found.items():
        op.get_bind().execute(sa.update(DEMAND).where(DEMAND.c.id == demand_id).values(unit_qty=qty))


def downgrade() -> None:
    """Come back."""
    with op.batch_alter_table('erp_stock_demand', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_erp_stock_demand_unit_not_negative'), type_='check')
        batch_op.drop_column('unit_qty')
