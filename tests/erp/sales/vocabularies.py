"""A small vocabulary to read sheets against: three models, three colours."""

from decimal import Decimal
from functools import cache

from core.codelists.model import Entry
from erp.catalogue.model import Door
from erp.catalogue.rules.document import DoorKind
from erp.sales.queries.offer import Offer, Offered
from erp.sales.queries.offer import vocabulary as words_of
from erp.sales.rules.vocabulary import ColourWords, Habits, LeafLess, Limits, ModelWords, Vocabulary
from tests.factories.catalogue import demo_pack


def limits(low: int, high: int) -> Limits:
    return Limits(Decimal(low), Decimal(high))


SINGLE = ModelWords(
    "M-12",
    ("双格板", "double panel"),
    DoorKind.SINGLE,
    limits(600, 1100),
    limits(1800, 2400),
    limits(60, 400),
    LeafLess(Decimal(70), Decimal(45)),
)
UNEQUAL = ModelWords(
    "Z-20", ("子母门",), DoorKind.UNEQUAL, limits(1100, 1600), limits(1800, 2400), limits(60, 400)
)
DOUBLE = ModelWords(
    "D-30", ("对开门",), DoorKind.DOUBLE, limits(1200, 2400), limits(1800, 2400), limits(60, 400)
)
CASED = ModelWords(
    "Y-01", ("垭口",), DoorKind.CASED_OPENING, limits(600, 3000), limits(1800, 2600), limits(60, 400)
)
COLOURS = (
    ColourWords("WARM_WHITE", ("暖白", "warm white"), ("奶白", "米白")),
    ColourWords("FOG_GREY", ("雾灰", "fog grey")),
    ColourWords("WALNUT", ("胡桃", "walnut")),
)


def vocabulary(habits: Habits | None = None) -> Vocabulary:
    return Vocabulary((SINGLE, UNEQUAL, DOUBLE, CASED), COLOURS, habits or Habits())


def demo_vocabulary() -> Vocabulary:
    """The words of the demo factory."""
    return words_of(demo_offer())


@cache
def demo_offer() -> Offer:
    """What the demo factory offers, out of its pack."""
    pack = demo_pack()
    doors = {one.code: Offered(Door(code=one.code), one) for one in pack.documents}
    colours = {
        one.code: Entry(code=one.code, name=one.name.zh, name_en=one.name.en, nicknames=list(one.nicknames))
        for one in pack.colours
    }
    return Offer(doors, colours, {})
