"""Rules of the demo: who works there, and what its dealers order. Sizes are mm; chance comes from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from core.auth.rules import Role
from core.company.rules import Company
from erp.catalogue.rules.document import Handing
from erp.sales.rules.orders import LineEntry

ROOMS = ("主卧", "次卧", "书房", "厨房", "卫生间", "客卧", "衣帽间")
COLOURS = ("WHITE", "GREY", "WALNUT", "OAK")
WIDTHS, HEIGHTS = (800, 850, 900), (2050, 2100, 2150)
WALLS = (120, 150, 180, 200, 240)
CASED_SHARE = 0.12  # of the lines are passages without a leaf
SITES = ("御江府 6 幢 1203", "滨河花园 2 幢 502", "紫金城 11 幢 1801", "万达公寓 A 座 907", "东苑新村 15 号")
CUSTOMERS = ("郑女士", "李先生", "吴先生", "周女士", "孙先生", "何女士")


@dataclass(frozen=True, slots=True)
class Character:
    """One person of the demo factory."""

    login: str
    name: str
    role: Role


COMPANY = Company(
    name="江山示范木门厂",
    name_en="Jiangshan Demo Door Works",
    address="浙江省江山市示范路 1 号",
    address_en="1 Shifan Road, Jiangshan, Zhejiang",
    phone="0570-0000000",
    bank="示范银行江山支行",
    bank_account="0000 0000 0000 0000",
    tax_number="000000000000000000",
)
CAST = (
    Character("owner", "周建国", Role.OWNER),
    Character("clerk", "林芳", Role.CLERK),
    Character("splitter", "何晓", Role.SPLITTER),
    Character("keeper", "陈国强", Role.KEEPER),
    Character("operator", "李伟", Role.OPERATOR),
    Character("packer", "王芳", Role.PACKER),
    Character("loader", "赵军", Role.LOADER),
    Character("leader", "徐勇", Role.LEADER),
    Character("administrator", "吴敏", Role.ADMINISTRATOR),
    Character("accountant", "郑洁", Role.ACCOUNTANT),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """One order that a dealer sends."""

    dealer: str
    reference: str
    customer: str
    site: str
    lines: tuple[LineEntry, ...]


def _line(chance: Random, room: str, colour: str) -> LineEntry:
    is_cased = chance.random() < CASED_SHARE
    return LineEntry(
        door_code="M-CASED" if is_cased else "M-SINGLE",
        room=room,
        colour_code=colour,
        handing=None if is_cased else chance.choice(list(Handing)),
        width_mm=Decimal(chance.choice(WIDTHS)),
        height_mm=Decimal(chance.choice(HEIGHTS)),
        wall_mm=Decimal(chance.choice(WALLS)),
        set_count=1,
    )


def wishes(chance: Random, dealers: tuple[str, ...], sets: int) -> Iterator[Wish]:
    """Return orders of three to five sets, together about `sets`."""
    left, number = sets, 0
    while left > 0:
        number += 1
        count = min(left, chance.randint(3, 5))
        colour = chance.choice(COLOURS)  # one home, one colour
        rooms = chance.sample(ROOMS, count)
        yield Wish(
            dealer=chance.choice(dealers),
            reference=f"YS-{chance.randint(1000, 9999)}",
            customer=chance.choice(CUSTOMERS),
            site=chance.choice(SITES),
            lines=tuple(_line(chance, room, colour) for room in rooms),
        )
        left -= count
