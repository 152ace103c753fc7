"""Price books for tests: the worked example of the trade, and what breaks one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.i18n import Named
from erp.catalogue.rules.document import DoorKind
from erp.catalogue.rules.prices import Band, BandMode, BasePrice, OptionPrice, Oversize, PriceBook
from erp.pricing.rules.prices import LineFacts
from erp.pricing.rules.proof import Priced

D = Decimal


def per_ten(amount, lo):
    """So much for each 10 mm begun above the standard."""
    return Band(D(lo), BandMode.PER_UNIT, D(amount), step_mm=D(10))


def example(**over):
    """Base 1,680 up to 900 × 2100 × 200; each 10 mm: height 12, width 15, wall 10."""
    book = PriceBook(
        code="PB1",
        name=Named("出厂价", "ex factory"),
        valid_from=date(2026, 1, 1),
        height=Oversize(D(2100), (per_ten(12, 2100),)),
        width=Oversize(D(900), (per_ten(15, 900),)),
        wall=Oversize(D(200), (per_ten(10, 200),)),
        bases=(BasePrice("M-SINGLE", D(1680)),),
        options=(OptionPrice("lock", "SILVER", D(30)),),
    )
    return replace(book, **over)


def door(width=900, height=2100, wall=200, **over):
    given = {"model": "M-SINGLE", "kind": DoorKind.SINGLE, "colour": "WHITE"} | over
    return LineFacts(width_mm=D(str(width)), height_mm=D(str(height)), wall_mm=D(str(wall)), **given)


def single():
    return Priced("M-SINGLE", ("WHITE", "OAK"), door(655, 1800, 80), door(1100, 2500, 320))
