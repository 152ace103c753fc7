"""Colour lots in batches, urgent orders, remakes taken along, studies of stock sizes, mitres by saw."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0022'
down_revision = '0024'
branch_labels = None
depends_on = None

MM = core.db.Fixed(precision=8, scale=1)


ROW = sa.table(
    'mes_planning_batch_order', *(sa.column(name) for name in ('id', 'batch_id', 'order_id', 'colour_code'))
)
LINE = sa.table('erp_sales_line', *(sa.column(name) for name in ('order_id', 'colour_code')))


def upgrade() -> None:
    """Go up: an order in a batch is there with every colour that it has."""
    op.create_table('mes_cutting_study',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('material_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('job_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('since_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('piece_count', sa.Integer(), nullable=False),
    sa.Column('question', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('answer', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.Column('asked_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('asked_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['asked_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_cutting_study_asked_by_id')),
    sa.ForeignKeyConstraint(['job_id'], ['core_jobs_job.id'], name=op.f('fk_mes_cutting_study_job_id')),
    sa.ForeignKeyConstraint(['material_id'], ['erp_materials_material.id'], name=op.f('fk_mes_cutting_study_material_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_cutting_study'))
    )
    with op.batch_alter_table('mes_cutting_study', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_cutting_study_asked_at'), ['asked_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_cutting_study_material_id'), ['material_id'], unique=False)

    op.create_table('mes_planning_rush',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('said_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('said_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['erp_sales_order.id'], name=op.f('fk_mes_planning_rush_order_id')),
    sa.ForeignKeyConstraint(['said_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_planning_rush_said_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_planning_rush')),
    sa.UniqueConstraint('order_id', name=op.f('uq_mes_planning_rush_order_id'))
    )
    op.create_table('mes_cutting_taken_along',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('piece_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['piece_id'], ['mes_splitting_piece.id'], name=op.f('fk_mes_cutting_taken_along_piece_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['mes_cutting_cut_plan.id'], name=op.f('fk_mes_cutting_taken_along_plan_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_cutting_taken_along')),
    sa.UniqueConstraint('piece_id', name=op.f('uq_mes_cutting_taken_along_piece_id'))
    )
    with op.batch_alter_table('mes_cutting_taken_along', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_cutting_taken_along_plan_id'), ['plan_id'], unique=False)

    with op.batch_alter_table('mes_splitting_piece', schema=None) as batch_op:
        batch_op.create_index('ix_mes_splitting_piece_is_urgent_state', ['is_urgent', 'state'], unique=False)

    with op.batch_alter_table('mes_cutting_saw', schema=None) as batch_op:
        batch_op.add_column(sa.Column('mitre_mm', MM, nullable=True))
        batch_op.add_column(sa.Column('is_wedge_lost', sa.Boolean(), nullable=True))
    saw = sa.table('mes_cutting_saw', sa.column('mitre_mm', MM), sa.column('is_wedge_lost', sa.Boolean()))
    op.get_bind().execute(sa.update(saw).values(mitre_mm=0, is_wedge_lost=False))
    with op.batch_alter_table('mes_cutting_saw', schema=None) as batch_op:
        batch_op.alter_column('mitre_mm', existing_type=MM, nullable=False)
        batch_op.alter_column('is_wedge_lost', existing_type=sa.Boolean(), nullable=False)
        batch_op.create_check_constraint(op.f('ck_mes_cutting_saw_mitre_not_negative'), 'mitre_mm >= 0')

    with op.batch_alter_table('mes_planning_batch_order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('colour_code', sa.String(), nullable=True))
        batch_op.drop_constraint(batch_op.f('uq_mes_planning_batch_order_order_id'), type_='unique')
    _name_colours()
    with op.batch_alter_table('mes_planning_batch_order', schema=None) as batch_op:
        batch_op.alter_column('colour_code', existing_type=sa.String(), nullable=False)
        batch_op.create_unique_constraint(
            batch_op.f('uq_mes_planning_batch_order_order_id_colour_code'), ['order_id', 'colour_code']
        )


def _name_colours() -> None:
    """Write a row for every colour of an order that is in a batch; of an order without lines, one without."""
    bind = op.get_bind()
    colour = sa.func.coalesce(LINE.c.colour_code, sa.literal_column("''")).label('colour')
    colours: dict[int, list[str]] = {}
    named = sa.select(LINE.c.order_id, colour).join(ROW, ROW.c.order_id == LINE.c.order_id).distinct()
    for order_id, code in bind.execute(named.order_by(LINE.c.order_id, colour)):
        colours.setdefault(order_id, []).append(code)
    for key, batch_id, order_id in bind.execute(sa.select(ROW.c.id, ROW.c.batch_id, ROW.c.order_id)).all():
        first, *others = colours.get(order_id, [''])
        bind.execute(sa.update(ROW).where(ROW.c.id == key).values(colour_code=first))
        for code in others:
            row = {'batch_id': batch_id, 'order_id': order_id, 'colour_code': code}
            bind.execute(sa.insert(ROW).values(row))


def downgrade() -> None:
    """Come back: an order stays in the first of its batches."""
    first = sa.select(sa.func.min(ROW.c.id)).group_by(ROW.c.order_id)
    op.get_bind().execute(sa.delete(ROW).where(ROW.c.id.not_in(first)))
    with op.batch_alter_table('mes_planning_batch_order', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_mes_planning_batch_order_order_id_colour_code'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_mes_planning_batch_order_order_id'), ['order_id'])
        batch_op.drop_column('colour_code')

    with op.batch_alter_table('mes_cutting_saw', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_mes_cutting_saw_mitre_not_negative'), type_='check')
        batch_op.drop_column('is_wedge_lost')
        batch_op.drop_column('mitre_mm')

    with op.batch_alter_table('mes_splitting_piece', schema=None) as batch_op:
        batch_op.drop_index('ix_mes_splitting_piece_is_urgent_state')

    with op.batch_alter_table('mes_cutting_taken_along', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_cutting_taken_along_plan_id'))

    op.drop_table('mes_cutting_taken_along')
    op.drop_table('mes_planning_rush')
    with op.batch_alter_table('mes_cutting_study', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_cutting_study_material_id'))
        batch_op.drop_index(batch_op.f('ix_mes_cutting_study_asked_at'))

    op.drop_table('mes_cutting_study')
