"""Packing and shipping in full: kits, damage, second looks, receipts, claims, returns; a PIN that locks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

import core.db

revision = '0025'
down_revision = '0023'
branch_labels = None
depends_on = None


KINDS = (
    'OP_DONE', 'CUT_DONE', 'SCRAP', 'PACK_OPEN', 'PACK_ADD', 'PACK_REMOVE', 'PACK_SEAL', 'PACK_REOPEN',
    'STORE_IN', 'MOVE', 'GOODS_IN', 'ISSUE', 'STAGE', 'LOAD', 'UNLOAD', 'SHIP_CLOSE',
)
NEW_KINDS = ('OP_START', 'QC', 'DAMAGE', 'RECHECK', 'RETURN', 'RECEIVE', 'COUNT', 'VOID')  # all of the protocol
BLOCKS = (
    'E01', 'E02', 'E03', 'E05', 'E06', 'E07', 'E08', 'E09', 'E10', 'E11', 'E12', 'E13', 'E15',
    'E20', 'E21', 'E22', 'E23', 'E24', 'E25', 'E26', 'E27', 'E28', 'E29', 'E30',
)
NEW_BLOCKS = ('E04', 'E14', 'E16')
FILLED = (
    ('core_auth_person', 'pin_failed_count', sa.Integer()),
    ('erp_parties_party', 'part_delivery', sa.Enum('never', 'signed', 'free', name='partdelivery', native_enum=False, create_constraint=True, length=20)),
    ('mes_packing_package', 'kit_check', sa.Enum('code', 'count', 'weight', name='kitcheck', native_enum=False, create_constraint=True, length=20)),
    ('mes_packing_package', 'tolerance_kg', core.db.Fixed(precision=10, scale=3)),
    ('mes_shipping_delivery', 'received_by', sa.String()),
    ('mes_shipping_load', 'carrier', sa.String()),
    ('mes_shipping_load', 'freight', sa.Enum('prepaid', 'collect', name='freight', native_enum=False, create_constraint=True, length=20)),
    ('mes_shipping_load', 'is_by_stop', sa.Boolean()),
)


def _required(is_required: bool) -> None:
    for table, column, kind in FILLED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(column, existing_type=kind, nullable=not is_required)


def _words(kinds: tuple[str, ...], blocks: tuple[str, ...]) -> None:
    """Have the log of scans take these kinds and numbers."""
    with op.batch_alter_table('mes_scanning_scan', schema=None) as batch_op:
        for name, column, words in (('scankind', 'kind', kinds), ('block', 'block_code', blocks)):
            batch_op.drop_constraint(op.f(f'ck_mes_scanning_scan_{name}'), type_='check')
            listed = ', '.join(f"'{word}'" for word in words)
            batch_op.create_check_constraint(op.f(f'ck_mes_scanning_scan_{name}'), f'{column} IN ({listed})')


def upgrade() -> None:
    """Go up."""
    op.create_table('mes_packing_draw',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seed', sa.String(), nullable=False),
    sa.Column('candidates', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('drawn_count', sa.Integer(), nullable=False),
    sa.Column('drawn_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('drawn_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['drawn_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_packing_draw_drawn_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_packing_draw'))
    )
    op.create_table('mes_shipping_load_photo',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('load_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('taken_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('taken_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['file_id'], ['core_files_file.id'], name=op.f('fk_mes_shipping_load_photo_file_id')),
    sa.ForeignKeyConstraint(['load_id'], ['mes_shipping_load.id'], name=op.f('fk_mes_shipping_load_photo_load_id')),
    sa.ForeignKeyConstraint(['taken_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_shipping_load_photo_taken_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_shipping_load_photo'))
    )
    with op.batch_alter_table('mes_shipping_load_photo', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_shipping_load_photo_load_id'), ['load_id'], unique=False)

    op.create_table('mes_packing_damage',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('stage', sa.Enum('bench', 'store', 'dock', 'recheck', 'return', name='damagestage', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('photo_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('before', sa.Enum('PLANNED', 'OPEN', 'SEALED', 'IN_STORE', 'STAGED', 'LOADED', 'SHIPPED', 'RECEIVED', 'VOID', 'DAMAGED', name='packagestate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('reported_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('reported_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['package_id'], ['mes_packing_package.id'], name=op.f('fk_mes_packing_damage_package_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['core_files_file.id'], name=op.f('fk_mes_packing_damage_photo_id')),
    sa.ForeignKeyConstraint(['reported_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_packing_damage_reported_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_packing_damage'))
    )
    with op.batch_alter_table('mes_packing_damage', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_packing_damage_package_id'), ['package_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_packing_damage_reported_at'), ['reported_at'], unique=False)

    op.create_table('mes_packing_kit_count',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('material_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('counted_count', sa.Integer(), nullable=False),
    sa.Column('counted_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('counted_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('counted_count > 0', name=op.f('ck_mes_packing_kit_count_counted_positive')),
    sa.ForeignKeyConstraint(['counted_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_packing_kit_count_counted_by_id')),
    sa.ForeignKeyConstraint(['material_id'], ['erp_materials_material.id'], name=op.f('fk_mes_packing_kit_count_material_id')),
    sa.ForeignKeyConstraint(['package_id'], ['mes_packing_package.id'], name=op.f('fk_mes_packing_kit_count_package_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_packing_kit_count')),
    sa.UniqueConstraint('package_id', 'material_id', name=op.f('uq_mes_packing_kit_count_package_id_material_id'))
    )
    op.create_table('mes_packing_recheck',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('draw_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.Enum('drawn', 'begun', 'done', 'dropped', name='recheckstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('packed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('checked_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('begun_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('is_right', sa.Boolean(), nullable=True),
    sa.Column('errors', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('photo_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['checked_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_packing_recheck_checked_by_id')),
    sa.ForeignKeyConstraint(['draw_id'], ['mes_packing_draw.id'], name=op.f('fk_mes_packing_recheck_draw_id')),
    sa.ForeignKeyConstraint(['package_id'], ['mes_packing_package.id'], name=op.f('fk_mes_packing_recheck_package_id')),
    sa.ForeignKeyConstraint(['packed_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_packing_recheck_packed_by_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['core_files_file.id'], name=op.f('fk_mes_packing_recheck_photo_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_packing_recheck')),
    sa.UniqueConstraint('draw_id', 'package_id', name=op.f('uq_mes_packing_recheck_draw_id_package_id'))
    )
    with op.batch_alter_table('mes_packing_recheck', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_packing_recheck_ended_at'), ['ended_at'], unique=False)
        batch_op.create_index('ix_mes_packing_recheck_package_id', ['package_id'], unique=False)
        batch_op.create_index(
            'uq_mes_packing_recheck_open',
            ['package_id'],
            unique=True,
            sqlite_where=sa.text("state IN ('drawn', 'begun')"),
            postgresql_where=sa.text("state IN ('drawn', 'begun')"),
        )

    op.create_table('mes_shipping_claim',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.Enum('package_missing', 'package_wrong', 'damaged', 'part_missing', 'part_wrong', 'extra', name='claimkind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('photo_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('claimed_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('claimed_by', sa.String(), nullable=False),
    sa.Column('is_late', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Enum('open', 'accepted', 'rejected', name='claimstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('block_code', sa.Enum('E01', 'E02', 'E03', 'E04', 'E05', 'E06', 'E07', 'E08', 'E09', 'E10', 'E11', 'E12', 'E13', 'E14', 'E15', 'E16', 'E20', 'E21', 'E22', 'E23', 'E24', 'E25', 'E26', 'E27', 'E28', 'E29', 'E30', name='block', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('decided_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f('ck_mes_shipping_claim_decided_has_moment')),
    sa.CheckConstraint("state <> 'accepted' OR block_code IS NOT NULL", name=op.f('ck_mes_shipping_claim_accepted_has_class')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_shipping_claim_decided_by_id')),
    sa.ForeignKeyConstraint(['delivery_id'], ['mes_shipping_delivery.id'], name=op.f('fk_mes_shipping_claim_delivery_id')),
    sa.ForeignKeyConstraint(['package_id'], ['mes_packing_package.id'], name=op.f('fk_mes_shipping_claim_package_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['core_files_file.id'], name=op.f('fk_mes_shipping_claim_photo_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_shipping_claim'))
    )
    with op.batch_alter_table('mes_shipping_claim', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_shipping_claim_claimed_at'), ['claimed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_shipping_claim_delivery_id'), ['delivery_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_shipping_claim_package_id'), ['package_id'], unique=False)

    op.create_table('mes_shipping_receipt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('is_right', sa.Boolean(), nullable=False),
    sa.Column('said_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('said_by', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['mes_shipping_delivery.id'], name=op.f('fk_mes_shipping_receipt_delivery_id')),
    sa.ForeignKeyConstraint(['package_id'], ['mes_packing_package.id'], name=op.f('fk_mes_shipping_receipt_package_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_shipping_receipt')),
    sa.UniqueConstraint('delivery_id', 'package_id', name=op.f('uq_mes_shipping_receipt_delivery_id_package_id'))
    )
    with op.batch_alter_table('mes_shipping_receipt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_shipping_receipt_package_id'), ['package_id'], unique=False)

    op.create_table('mes_shipping_return',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('package_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('load_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('condition', sa.Enum('good', 'damaged', name='condition', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('loaded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('loaded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('returned_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('returned_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['delivery_id'], ['mes_shipping_delivery.id'], name=op.f('fk_mes_shipping_return_delivery_id')),
    sa.ForeignKeyConstraint(['load_id'], ['mes_shipping_load.id'], name=op.f('fk_mes_shipping_return_load_id')),
    sa.ForeignKeyConstraint(['loaded_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_shipping_return_loaded_by_id')),
    sa.ForeignKeyConstraint(['package_id'], ['mes_packing_package.id'], name=op.f('fk_mes_shipping_return_package_id')),
    sa.ForeignKeyConstraint(['returned_by_id'], ['core_auth_person.id'], name=op.f('fk_mes_shipping_return_returned_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_shipping_return'))
    )
    with op.batch_alter_table('mes_shipping_return', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mes_shipping_return_delivery_id'), ['delivery_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_shipping_return_load_id'), ['load_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_shipping_return_package_id'), ['package_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mes_shipping_return_returned_at'), ['returned_at'], unique=False)

    op.create_table('mes_packing_recheck_item',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recheck_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('piece_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('seen', sa.Enum('E01', 'E02', 'E03', 'E04', 'E05', 'E06', 'E07', 'E08', 'E09', 'E10', 'E11', 'E12', 'E13', 'E14', 'E15', 'E16', 'E20', 'E21', 'E22', 'E23', 'E24', 'E25', 'E26', 'E27', 'E28', 'E29', 'E30', name='block', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('scanned_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['piece_id'], ['mes_splitting_piece.id'], name=op.f('fk_mes_packing_recheck_item_piece_id')),
    sa.ForeignKeyConstraint(['recheck_id'], ['mes_packing_recheck.id'], name=op.f('fk_mes_packing_recheck_item_recheck_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mes_packing_recheck_item')),
    sa.UniqueConstraint('recheck_id', 'code', name=op.f('uq_mes_packing_recheck_item_recheck_id_code'))
    )
    with op.batch_alter_table('core_auth_person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('pin_failed_count', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('pin_failed_at', core.db.UtcDateTime(timezone=True), nullable=True))

    with op.batch_alter_table('erp_materials_material', schema=None) as batch_op:
        batch_op.add_column(sa.Column('unit_kg', core.db.Fixed(precision=10, scale=3), nullable=True))

    with op.batch_alter_table('erp_parties_party', schema=None) as batch_op:
        batch_op.add_column(sa.Column('part_delivery', sa.Enum('never', 'signed', 'free', name='partdelivery', native_enum=False, create_constraint=True, length=20), nullable=True))

    with op.batch_alter_table('mes_packing_package', schema=None) as batch_op:
        batch_op.add_column(sa.Column('planned_kg', core.db.Fixed(precision=10, scale=3), nullable=True))
        batch_op.add_column(sa.Column('kit_check', sa.Enum('code', 'count', 'weight', name='kitcheck', native_enum=False, create_constraint=True, length=20), nullable=True))
        batch_op.add_column(sa.Column('tolerance_kg', core.db.Fixed(precision=10, scale=3), nullable=True))
        batch_op.add_column(sa.Column('weighed_kg', core.db.Fixed(precision=10, scale=3), nullable=True))
        batch_op.add_column(sa.Column('supplement_of_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_mes_packing_package_supplement_of_id'), 'mes_packing_package', ['supplement_of_id'], ['id'])

    with op.batch_alter_table('mes_shipping_delivery', schema=None) as batch_op:
        batch_op.add_column(sa.Column('token_sha256', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('link_made_at', core.db.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('link_expires_at', core.db.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('received_at', core.db.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('received_by', sa.String(), nullable=True))
        batch_op.create_index(batch_op.f('ix_mes_shipping_delivery_received_at'), ['received_at'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_mes_shipping_delivery_token_sha256'), ['token_sha256'])

    with op.batch_alter_table('mes_shipping_load', schema=None) as batch_op:
        batch_op.add_column(sa.Column('carrier', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('freight', sa.Enum('prepaid', 'collect', name='freight', native_enum=False, create_constraint=True, length=20), nullable=True))
        batch_op.add_column(sa.Column('is_by_stop', sa.Boolean(), nullable=True))

    op.execute("UPDATE core_auth_person SET pin_failed_count = 0")
    op.execute("UPDATE erp_parties_party SET part_delivery = 'signed'")
    op.execute("UPDATE mes_packing_package SET kit_check = 'code'")
    op.execute("UPDATE mes_packing_package SET tolerance_kg = 0")
    op.execute("UPDATE mes_shipping_delivery SET received_by = ''")
    op.execute("UPDATE mes_shipping_load SET carrier = ''")
    op.execute("UPDATE mes_shipping_load SET freight = 'prepaid'")
    op.execute("UPDATE mes_shipping_load SET is_by_stop = false")
    _required(True)
    _words(KINDS + NEW_KINDS, BLOCKS + NEW_BLOCKS)


def downgrade() -> None:
    """Come back: scans of the new kinds are none, or the way back is shut."""
    _words(KINDS, BLOCKS)
    with op.batch_alter_table('mes_shipping_load', schema=None) as batch_op:
        batch_op.drop_column('is_by_stop')
        batch_op.drop_constraint(batch_op.f('ck_mes_shipping_load_freight'), type_='check')
        batch_op.drop_column('freight')
        batch_op.drop_column('carrier')

    with op.batch_alter_table('mes_shipping_delivery', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_mes_shipping_delivery_token_sha256'), type_='unique')
        batch_op.drop_index(batch_op.f('ix_mes_shipping_delivery_received_at'))
        batch_op.drop_column('received_by')
        batch_op.drop_column('received_at')
        batch_op.drop_column('link_expires_at')
        batch_op.drop_column('link_made_at')
        batch_op.drop_column('token_sha256')

    with op.batch_alter_table('mes_packing_package', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_mes_packing_package_supplement_of_id'), type_='foreignkey')
        batch_op.drop_column('supplement_of_id')
        batch_op.drop_column('weighed_kg')
        batch_op.drop_column('tolerance_kg')
        batch_op.drop_constraint(batch_op.f('ck_mes_packing_package_kitcheck'), type_='check')
        batch_op.drop_column('kit_check')
        batch_op.drop_column('planned_kg')

    with op.batch_alter_table('erp_parties_party', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_erp_parties_party_partdelivery'), type_='check')
        batch_op.drop_column('part_delivery')

    with op.batch_alter_table('erp_materials_material', schema=None) as batch_op:
        batch_op.drop_column('unit_kg')

    with op.batch_alter_table('core_auth_person', schema=None) as batch_op:
        batch_op.drop_column('pin_failed_at')
        batch_op.drop_column('pin_failed_count')

    op.drop_table('mes_packing_recheck_item')
    with op.batch_alter_table('mes_shipping_return', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_shipping_return_returned_at'))
        batch_op.drop_index(batch_op.f('ix_mes_shipping_return_package_id'))
        batch_op.drop_index(batch_op.f('ix_mes_shipping_return_load_id'))
        batch_op.drop_index(batch_op.f('ix_mes_shipping_return_delivery_id'))

    op.drop_table('mes_shipping_return')
    with op.batch_alter_table('mes_shipping_receipt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_shipping_receipt_package_id'))

    op.drop_table('mes_shipping_receipt')
    with op.batch_alter_table('mes_shipping_claim', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_shipping_claim_package_id'))
        batch_op.drop_index(batch_op.f('ix_mes_shipping_claim_delivery_id'))
        batch_op.drop_index(batch_op.f('ix_mes_shipping_claim_claimed_at'))

    op.drop_table('mes_shipping_claim')
    with op.batch_alter_table('mes_packing_recheck', schema=None) as batch_op:
        batch_op.drop_index('uq_mes_packing_recheck_open')
        batch_op.drop_index('ix_mes_packing_recheck_package_id')
        batch_op.drop_index(batch_op.f('ix_mes_packing_recheck_ended_at'))

    op.drop_table('mes_packing_recheck')
    op.drop_table('mes_packing_kit_count')
    with op.batch_alter_table('mes_packing_damage', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_packing_damage_reported_at'))
        batch_op.drop_index(batch_op.f('ix_mes_packing_damage_package_id'))

    op.drop_table('mes_packing_damage')
    with op.batch_alter_table('mes_shipping_load_photo', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mes_shipping_load_photo_load_id'))

    op.drop_table('mes_shipping_load_photo')
    op.drop_table('mes_packing_draw')
