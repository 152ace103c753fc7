"""Rules of money. Amounts in the factory's currency, Decimal, two places; shares are fractions from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from core.choices import Choice
from core.errors import AppError, Conflict, RuleViolation
from core.i18n import N_
from erp.pricing.rules.prices import tax_of
from erp.sales.rules.states import OrderState

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
OWED = frozenset(  # in these states an order's agreed amount is owed
    {
        OrderState.CONFIRMED,
        OrderState.RELEASED,
        OrderState.IN_PRODUCTION,
        OrderState.READY,
        OrderState.SHIPPED,
        OrderState.CLOSED,
    }
)
AGES = (30, 60, 90)  # days since an order was agreed, at which a receivable enters the next column


class Method(Choice):
    """How money came in or went back."""

    TRANSFER = "TRANSFER", N_("Bank transfer")
    CASH = "CASH", N_("Cash")
    WECHAT = "WECHAT", N_("WeChat")
    ALIPAY = "ALIPAY", N_("Alipay")
    CHEQUE = "CHEQUE", N_("Cheque")
    DRAFT = "DRAFT", N_("Bank draft")
    OTHER = "OTHER", N_("Other")


class MoveKind(Choice):
    """What a row of the receipts is."""

    RECEIPT = "RECEIPT", N_("Receipt")
    REFUND = "REFUND", N_("Refund")
    REVERSAL = "REVERSAL", N_("Reversal")


class ChargeKind(Choice):
    """Why what a dealer owes for an order changed."""

    AGREED = "AGREED", N_("Order agreed")
    CHANGED = "CHANGED", N_("Order changed")
    TAKEN_BACK = "TAKEN_BACK", N_("Order taken back")


class Gate(Choice):
    """What does not go on before money has come."""

    RELEASE = "RELEASE", N_("release")
    LOADING = "LOADING", N_("loading")


class DepositMissing(RuleViolation):
    """An order is released when its deposit is paid. Shares, no amounts: who releases may see no prices."""

    code = "erp.finance.deposit_missing"
    message = N_(
        "%(number)s is not to be released yet: %(due)s %% of it must be paid before, %(paid)s %% are paid. "
        "Have accounts enter the receipt or allocate a prepayment, or let it pass with a reason."
    )


class CreditExceeded(RuleViolation):
    """A dealer who owes more than was agreed gets no further order made."""

    code = "erp.finance.credit_exceeded"
    message = N_(
        "%(number)s is not to be released yet: with it the dealer owes more than his credit limit. "
        "Have accounts enter a receipt, or let it pass with a reason."
    )


class AmountUnfit(RuleViolation):
    """An amount of nothing."""

    code = "erp.finance.amount_unfit"
    message = N_("An amount must be more than 0, got %(amount)s.")


class DayAhead(RuleViolation):
    """Money that has not come yet."""

    code = "erp.finance.day_ahead"
    message = N_("%(day)s is still to come: enter a receipt when the money is there.")


class PeriodClosed(RuleViolation):
    """A day of a month that the accountant has closed."""

    code = "erp.finance.period_closed"
    message = N_(
        "%(day)s lies in a closed month. Enter it with a day from %(open_on)s on; "
        "only the administrator can reopen a month, with a reason."
    )


class MonthNotEnded(RuleViolation):
    """A month is closed when nothing can come into it any more."""

    code = "erp.finance.month_not_ended"
    message = N_("%(month)s has not ended yet. Close it from %(day)s on.")


class MonthClosedAlready(RuleViolation):
    """A month is closed once."""

    code = "erp.finance.month_closed_already"
    message = N_("The months are closed through %(closed_to)s already. Choose a later month.")


class NothingClosed(RuleViolation):
    """Nothing to be reopened."""

    code = "erp.finance.nothing_closed"
    message = N_("No month is closed, so none can be reopened.")


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def check_open(closed_to: date | None, day: date) -> None:
    """Raise PeriodClosed unless entries of that day may still be made."""
    if closed_to is not None and day <= closed_to:
        raise PeriodClosed(day=day, open_on=closed_to + timedelta(days=1))


def check_closing(closed_to: date | None, month: date, today: date) -> date:
    """Return the last day of a month that may be closed today. Raises MonthNotEnded, MonthClosedAlready."""
    end = month_end(month)
    if end >= today:
        raise MonthNotEnded(month=f"{month:%Y-%m}", day=end + timedelta(days=1))
    if closed_to is not None and end <= closed_to:
        raise MonthClosedAlready(closed_to=closed_to)
    return end


def reopened(closed_to: date | None) -> date:
    """Return through which day the months stay closed when the last one is reopened. Raises NothingClosed."""
    if closed_to is None:
        raise NothingClosed
    return closed_to.replace(day=1) - timedelta(days=1)


class NotADealer(RuleViolation):
    """A supplier pays for no orders."""

    code = "erp.finance.not_a_dealer"
    message = N_("%(code)s is no dealer. Choose the dealer who pays.")


class PartsExceed(RuleViolation):
    """More is given to orders than came in."""

    code = "erp.finance.parts_exceed"
    message = N_(
        "%(parts)s are given to orders, but only %(amount)s came. Correct the amounts beside the orders."
    )


class MoreThanLeft(RuleViolation):
    """More is taken from a receipt than is left of it."""

    code = "erp.finance.more_than_left"
    message = N_("Of %(number)s %(left)s are left, not %(amount)s. Use at most what is left.")


class MoreThanOpen(RuleViolation):
    """More is given to an order than is open of it."""

    code = "erp.finance.more_than_open"
    message = N_("Of %(number)s %(open)s are open, not %(amount)s. Leave the rest as a prepayment.")


class MoreThanPaid(RuleViolation):
    """More is taken off an order than this receipt paid for it."""

    code = "erp.finance.more_than_paid"
    message = N_("Of %(receipt)s %(paid)s went to %(number)s, not %(amount)s.")


class NotToReverse(Conflict):
    """A row that was reversed already, or that is itself a reversal."""

    code = "erp.finance.not_to_reverse"
    message = N_("%(number)s was reversed already, or is a reversal; nothing was done.")


class RefundedAlready(RuleViolation):
    """Of a receipt something was paid back; reversing all of it would take that twice."""

    code = "erp.finance.refunded_already"
    message = N_("Of %(number)s something was paid back. Reverse that refund first.")


class DealerDiffers(RuleViolation):
    """Money of one dealer for an order of another."""

    code = "erp.finance.dealer_differs"
    message = N_("%(number)s is an order of another dealer. Choose an order of the one who paid.")


class ReasonMissing(RuleViolation):
    """What lets an order pass, or takes money back, is kept with its reason."""

    code = "erp.finance.reason_missing"
    message = N_("Say why: the reason is kept with your name.")


class NothingToWaive(RuleViolation):
    """A gate that stands open needs no exception."""

    code = "erp.finance.nothing_to_waive"
    message = N_("Nothing holds %(number)s back; it needs no exception.")


class PeriodUnfit(RuleViolation):
    """A period that ends before it begins."""

    code = "erp.finance.period_unfit"
    message = N_("The last day %(until)s lies before the first day %(since)s.")


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed with a dealer about paying; nothing agreed gates nothing."""

    deposit_rate: Decimal = Decimal(0)  # share of an order that is paid before its release
    credit_limit: Decimal | None = None  # the most he may owe when an order is released
    has_balance_gate: bool = False  # nothing of an order is loaded before it is paid in full
    version: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """How one order stands: what is owed for it, what was allocated to it, and what is agreed with its dealer."""

    number: str
    agreed: Decimal
    paid: Decimal
    terms: Terms
    waived: frozenset[Gate] = frozenset()

    @property
    def deposit(self) -> Decimal:
        """What is to be paid before the release, rounded half up to the cent."""
        return (self.agreed * self.terms.deposit_rate).quantize(CENT, ROUND_HALF_UP)

    @property
    def open(self) -> Decimal:
        """What is still to be paid; below zero where an order that was put back keeps its payment."""
        return self.agreed - self.paid

    @property
    def lacks_deposit(self) -> bool:
        """Whether less than the deposit is paid."""
        return self.paid < self.deposit

    @property
    def lacks_balance(self) -> bool:
        """Whether it must be paid in full before loading and is not."""
        return self.terms.has_balance_gate and self.open > 0

    @property
    def is_held_from_loading(self) -> bool:
        """Whether its packages stay off the vehicle."""
        return self.lacks_balance and Gate.LOADING not in self.waived


def payable(total: Decimal, tax_rate: Decimal, *, is_tax_included: bool) -> Decimal:
    """Return what is to be paid for an agreed total: tax that is not in it is added, rounded to the cent."""
    return total if is_tax_included else total + tax_of(tax_rate, total, is_included=False)


def charge_kind(before: Decimal, after: Decimal) -> ChargeKind:
    """Return why a charge is made that brings an order from one amount to another."""
    if after == 0:
        return ChargeKind.TAKEN_BACK
    return ChargeKind.CHANGED if before else ChargeKind.AGREED


def judge_release(account: Account, balance: Decimal) -> AppError | None:
    """Return what stands against a release, if anything; `balance` is what the dealer owes with this order."""
    if Gate.RELEASE in account.waived:
        return None
    if account.lacks_deposit:
        due, paid = account.terms.deposit_rate, account.paid / account.agreed
        return DepositMissing(number=account.number, due=percent(due), paid=percent(paid))
    limit = account.terms.credit_limit
    if limit is not None and balance > limit:
        return CreditExceeded(number=account.number)
    return None


def percent(share: Decimal) -> str:
    """Return a share in percent with at most two places, never rounded up: 0.29999 is 29.99."""
    shown = (share * 100).quantize(CENT, ROUND_DOWN)
    return f"{shown.normalize():f}"


def check_amount(amount: Decimal) -> None:
    """Raise AmountUnfit."""
    if amount <= 0:
        raise AmountUnfit(amount=amount)


def check_parts(amount: Decimal, parts: Iterable[Decimal]) -> None:
    """Raise PartsExceed, AmountUnfit."""
    given = list(parts)
    for part in given:
        check_amount(part)
    if sum(given, ZERO) > amount:
        raise PartsExceed(parts=sum(given, ZERO), amount=amount)


def check_reason(reason: str) -> str:
    """Return a reason without blanks around it. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()


def spread(amount: Decimal, open_amounts: Sequence[tuple[int, Decimal]]) -> dict[int, Decimal]:
    """Return what each order gets of an amount, by id: the first gets all it needs, then the next."""
    parts: dict[int, Decimal] = {}
    for order_id, wanted in open_amounts:
        part = min(amount, wanted)
        if part > 0:
            parts[order_id] = part
            amount -= part
    return parts


@dataclass(frozen=True, slots=True)
class Posting:
    """One document of a dealer's account. A charge is a debit, a receipt a credit; what takes back is negative."""

    on: date
    kind: ChargeKind | MoveKind
    number: str
    text: str
    debit: Decimal
    credit: Decimal
    subject_id: int = 0  # of the order or the receipt


@dataclass(frozen=True, slots=True)
class Statement:
    """A dealer's account over some days, both included: what stood before, each document with the balance after it."""

    since: date
    until: date
    opening: Decimal
    rows: tuple[tuple[Posting, Decimal], ...]

    @property
    def closing(self) -> Decimal:
        """What stands after the last document."""
        return self.rows[-1][1] if self.rows else self.opening

    @property
    def debit(self) -> Decimal:
        """What the documents of the period add to the debt."""
        return sum((one.debit for one, _ in self.rows), ZERO)

    @property
    def credit(self) -> Decimal:
        """What came in during the period."""
        return sum((one.credit for one, _ in self.rows), ZERO)


def check_period(since: date, until: date) -> None:
    """Raise PeriodUnfit."""
    if until < since:
        raise PeriodUnfit(since=since, until=until)


def statement(opening: Decimal, postings: Iterable[Posting], since: date, until: date) -> Statement:
    """Return the account over the days `since` to `until`; on one day debits come first, then by number.

    `postings` are those of the period. Raises PeriodUnfit.
    """
    check_period(since, until)
    ordered = sorted(postings, key=lambda one: (one.on, isinstance(one.kind, MoveKind), one.number))
    balance, rows = opening, []
    for one in ordered:
        balance += one.debit - one.credit
        rows.append((one, balance))
    return Statement(since, until, opening, tuple(rows))
