"""Rules of stock: places, kinds of moves, what a quantity counts, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_, Named
from erp.materials.rules import MaterialKind, Unit, usable


class PlaceKind(Choice):
    """What a place is for. Virtual places balance what comes from and goes to outside."""

    RECEIVING = "RECEIVING", N_("Goods-in")
    STORE = "STORE", N_("Material store")
    FLOOR = "FLOOR", N_("Shop floor")
    FINISHED = "FINISHED", N_("Finished-goods store")
    STAGING = "STAGING", N_("Staging")
    SUPPLIER = "SUPPLIER", N_("Suppliers")
    PRODUCTION = "PRODUCTION", N_("Used in production")
    LOSS = "LOSS", N_("Lost and found")


CLOSING_PAUSE = timedelta(minutes=10)  # so long after its end a command of the month may still be running
VIRTUAL = (PlaceKind.SUPPLIER, PlaceKind.PRODUCTION, PlaceKind.LOSS)
FOR_MATERIAL = (PlaceKind.RECEIVING, PlaceKind.STORE, PlaceKind.FLOOR)
FOR_PACKAGES = (PlaceKind.FINISHED, PlaceKind.STAGING)


class Abc(Choice):
    """How much of the year's use, in money, an article stands for."""

    A = "A", N_("A: the first 80 %")
    B = "B", N_("B: the next 15 %")
    C = "C", N_("C: the last 5 %, and what nobody used")


class MoveKind(Choice):
    """Why a quantity moved from one place to another."""

    RECEIPT = "RECEIPT", N_("Goods receipt")
    TRANSFER = "TRANSFER", N_("Transfer")
    ISSUE = "ISSUE", N_("Issue")
    RETURN = "RETURN", N_("Return to store")
    COUNT = "COUNT", N_("Stock count")
    REVERSAL = "REVERSAL", N_("Reversal")
    CUT = "CUT", N_("Offcut cut up")
    SCRAP = "SCRAP", N_("Offcut taken out")


class StockShort(RuleViolation):
    """Less lies there than is to be taken."""

    code = "erp.stock.short"
    message = N_("%(article)s at %(place)s: %(need)s wanted, %(have)s there. Count again or take less.")


class OverIssue(RuleViolation):
    """More is to be issued than is still needed."""

    code = "erp.stock.over_issue"
    message = N_(
        "%(material)s: %(need)s wanted, %(left)s still needed. Take less, or have the need corrected."
    )


class PeriodClosed(RuleViolation):
    """A move dated into a month that is closed."""

    code = "erp.stock.period_closed"
    message = N_(
        "The stock of %(month)s is closed: nothing is moved in it any more. "
        "Enter it with today's date, or have the month opened again."
    )


class MonthNotOver(RuleViolation):
    """The month is still running."""

    code = "erp.stock.month_not_over"
    message = N_("%(month)s is not over. It can be closed from ten minutes after its end.")


class MonthOutOfOrder(RuleViolation):
    """Months are closed one after the other, and opened from the last."""

    code = "erp.stock.month_out_of_order"
    message = N_("%(wanted)s comes first: months are closed in order, and opened again from the last.")


class NotProved(RuleViolation):
    """The book does not agree with itself."""

    code = "erp.stock.not_proved"
    message = N_(
        "%(count)s balances or needs do not agree with the ledger. Look at the proof before closing."
    )


class ReopenReasonMissing(RuleViolation):
    """Nobody said why a closed month is opened."""

    code = "erp.stock.reopen_reason_missing"
    message = N_("Write down why the month is opened again: its history keeps it.")


class OverReturn(RuleViolation):
    """More comes back than went out."""

    code = "erp.stock.over_return"
    message = N_("%(lot)s: %(need)s to be given back, %(have)s issued for it. Count again or give back less.")


class PlaceUnfit(RuleViolation):
    """Nothing of this kind may lie there or go there."""

    code = "erp.stock.place_unfit"
    message = N_("%(place)s is %(kind)s: material does not go there. Choose a place of the material store.")


class PlaceClosed(RuleViolation):
    """The place is out of use."""

    code = "erp.stock.place_closed"
    message = N_("%(place)s is out of use. Choose another place.")


class NameTaken(Conflict):
    """Another place is called so already."""

    code = "erp.stock.name_taken"
    message = N_("There is a place called %(name)s already. Choose another name.")


class NotWhole(RuleViolation):
    """Half a sheet or half a hinge."""

    code = "erp.stock.not_whole"
    message = N_("%(article)s is counted in whole pieces; %(qty)s is not a whole number.")


class NotReversible(RuleViolation):
    """A move that was taken back already, or that takes another one back."""

    code = "erp.stock.not_reversible"
    message = N_("This move was taken back already, or takes another one back. Make a new move instead.")


@dataclass(frozen=True, slots=True)
class Size:
    """How large one piece of an article is; hardware and bands have no size."""

    length_mm: Decimal | None
    width_mm: Decimal | None
    trim_mm: Decimal | None


SQUARE_MM = Decimal(1_000_000)
MM = Decimal(1000)
PLACES = Decimal("0.001")
CENT = Decimal("0.01")


def counted_in(kind: MaterialKind, unit: Unit) -> Unit:
    """Return what an article counts: sheets and bars by the piece, the rest in their material's unit."""
    return Unit.PIECE if kind in (MaterialKind.SHEET, MaterialKind.BAR) else unit


def check_whole(article: str, unit: Unit, qty: Decimal) -> None:
    """Raise NotWhole when part of a piece is counted."""
    if unit in (Unit.PIECE, Unit.SET) and qty != qty.to_integral_value():
        raise NotWhole(article=article, qty=plain(qty))


def in_unit(qty: Decimal, kind: MaterialKind, size: Size) -> Decimal:
    """Return a count of an article in its material's unit: what of it can be used, trims taken off.

    A sheet counts m2, a bar m, anything else what it counts itself. Rounded down to 0.001.
    """
    if size.length_mm is None or kind not in (MaterialKind.SHEET, MaterialKind.BAR):
        return qty
    useful = usable(size.length_mm, size.width_mm, size.trim_mm)
    if kind is MaterialKind.BAR:
        return (qty * useful.length_mm / MM).quantize(PLACES, ROUND_FLOOR)
    if useful.width_mm is None:
        return qty
    return (qty * useful.length_mm * useful.width_mm / SQUARE_MM).quantize(PLACES, ROUND_FLOOR)


def rounded_up(qty: Decimal) -> Decimal:
    """Return a need as it is kept: 1.867566 m2 as 1.868."""
    return qty.quantize(PLACES, ROUND_CEILING)


def issuable(needed_qty: Decimal, issued_qty: Decimal) -> Decimal:
    """Return how much may still be issued: 34.56 m of band is handed out as 35."""
    return max(Decimal(0), needed_qty.to_integral_value(ROUND_CEILING) - issued_qty)


def check_issue(material: Named, needed_qty: Decimal, issued_qty: Decimal, qty: Decimal) -> None:
    """Raise OverIssue when `qty` is more than may still be issued."""
    left = issuable(needed_qty, issued_qty)
    if qty > left:
        raise OverIssue(material=material, need=plain(qty), left=plain(left))


def check_place(name: str, kind: PlaceKind, *, is_active: bool) -> None:
    """Raise PlaceClosed or PlaceUnfit unless material may be put there."""
    if not is_active:
        raise PlaceClosed(place=name)
    if kind not in FOR_MATERIAL and kind not in VIRTUAL:
        raise PlaceUnfit(place=name, kind=kind)


def plain(qty: Decimal) -> str:
    """Return a quantity without needless zeros: 12, 34.56."""
    return f"{qty.normalize():f}"


@dataclass(frozen=True, slots=True)
class Need:
    """What one subject needs of one material, what came, and what is free for it; all in `unit`."""

    material_id: int
    material: Named
    code: str
    unit: Unit
    needed_qty: Decimal
    issued_qty: Decimal
    on_hand_qty: Decimal
    free_qty: Decimal  # on hand less what planned batches have still to draw

    @property
    def open_qty(self) -> Decimal:
        """What has still to be issued."""
        return max(Decimal(0), self.needed_qty - self.issued_qty)

    @property
    def lacking_qty(self) -> Decimal:
        """What has to be bought before this can be made."""
        return max(Decimal(0), self.open_qty - max(Decimal(0), self.free_qty))


def month_text(month_on: date) -> str:
    """Return a month as it is written: 2026-11."""
    return f"{month_on:%Y-%m}"


def next_month(month_on: date) -> date:
    """Return the first day of the month after."""
    return date(month_on.year + month_on.month // 12, month_on.month % 12 + 1, 1)


def check_over(month_on: date, ends_at: datetime, at: datetime) -> None:
    """Raise MonthNotOver until ten minutes after a month's end: what began in it has ended then."""
    if at < ends_at + CLOSING_PAUSE:
        raise MonthNotOver(month=month_text(month_on))


def check_order(month_on: date, wanted_on: date | None) -> None:
    """Raise MonthOutOfOrder when another month comes first; `wanted_on` is empty when none does."""
    if wanted_on is not None and month_on != wanted_on:
        raise MonthOutOfOrder(wanted=month_text(wanted_on))


ABC_UP_TO = (
    (Abc.A, Decimal("0.80")),
    (Abc.B, Decimal("0.95")),
)  # of the value used in a year, the largest first
DEAD_DAYS = 180  # without an issue (domain: dead-stock ratio)


def classes(used_amounts: Mapping[int, Decimal]) -> dict[int, Abc]:
    """Return the class of each article by the value of what was used of it in a year.

    The largest come first; an article belongs to the class in which its value begins, so the largest is always A.
    """
    total = sum(used_amounts.values(), Decimal(0))
    found, before = {}, Decimal(0)
    for article_id, amount in sorted(used_amounts.items(), key=lambda one: (-one[1], one[0])):
        found[article_id] = Abc.C
        if amount > 0:
            found[article_id] = next((word for word, up_to in ABC_UP_TO if before < up_to * total), Abc.C)
        before += amount
    return found


def worth(qty: Decimal, price: Decimal | None, share: Decimal = Decimal(1)) -> Decimal | None:
    """Return what a quantity is worth at its article's price, to 0.01; `share`: how much of one an offcut is."""
    return None if price is None else (qty * price * share).quantize(CENT, ROUND_HALF_UP)


def share_of(sides: tuple[Decimal | None, Decimal | None], whole: Size) -> Decimal:
    """Return how much of a whole sheet or bar a piece with these sides is; 1 for what has no sides of its own."""
    length_mm, width_mm = sides
    if length_mm is None or whole.length_mm is None:
        return Decimal(1)
    if width_mm is None or whole.width_mm is None:
        return length_mm / whole.length_mm
    return length_mm * width_mm / (whole.length_mm * whole.width_mm)
