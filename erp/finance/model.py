"""Tables of finance. Charges, receipts and allocations are only added to; amounts are signed."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Model, Money, On, Rate, choice
from erp.finance.rules import ChargeKind, Gate, Method, MoveKind, Terms


class DealerTerms(Model):
    """What is agreed with one dealer about paying."""

    __tablename__ = "erp_finance_dealer_terms"
    __table_args__ = (
        CheckConstraint("deposit_rate >= 0", name="deposit_rate_not_negative"),
        CheckConstraint("credit_limit_amount >= 0", name="credit_limit_not_negative"),
    )

    id: Mapped[Id]
    party_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"), unique=True)
    deposit_rate: Mapped[Rate]
    credit_limit_amount: Mapped[Money | None]
    has_balance_gate: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}

    @property
    def terms(self) -> Terms:
        """The terms, as the rules want them."""
        return Terms(self.deposit_rate, self.credit_limit_amount, self.has_balance_gate, self.version)


class Charge(Model):
    """One change of what a dealer is to pay for one order; below zero it takes back."""

    __tablename__ = "erp_finance_charge"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_is_something"),
        Index("ix_erp_finance_charge_party_id_charged_at", "party_id", "charged_at"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"))
    kind: Mapped[ChargeKind] = mapped_column(choice(ChargeKind))
    amount: Mapped[Money]
    charged_at: Mapped[At]
    charged_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Receipt(Model):
    """One movement of a dealer's money: it came in, some of it was paid back, or one of these was reversed."""

    __tablename__ = "erp_finance_receipt"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_is_something"),
        CheckConstraint("reversal_of_id IS NULL OR origin_id IS NOT NULL", name="reversal_has_origin"),
        Index("ix_erp_finance_receipt_party_id_received_on", "party_id", "received_on"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # RC2611-0003
    party_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"))
    amount: Mapped[Money]  # of a refund, and of the reversal of a receipt, below zero
    received_on: Mapped[On] = mapped_column(index=True)
    method: Mapped[Method] = mapped_column(choice(Method))
    payer: Mapped[str] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(default="")  # of the bank, of the cheque
    note: Mapped[str] = mapped_column(default="")  # of a refund or a reversal: why
    origin_id: Mapped[int | None] = mapped_column(  # whose money is moved; of a receipt itself nothing
        ForeignKey("erp_finance_receipt.id"), index=True
    )
    reversal_of_id: Mapped[int | None] = mapped_column(ForeignKey("erp_finance_receipt.id"), unique=True)
    form_key: Mapped[str | None] = mapped_column(unique=True)  # a form sent twice books once
    entered_at: Mapped[At]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))

    @property
    def kind(self) -> MoveKind:
        """What this row is."""
        if self.reversal_of_id is not None:
            return MoveKind.REVERSAL
        return MoveKind.RECEIPT if self.origin_id is None else MoveKind.REFUND


class Allocation(Model):
    """One part of a receipt that pays for one order; below zero it is taken off again. The rest is a prepayment."""

    __tablename__ = "erp_finance_allocation"
    __table_args__ = (CheckConstraint("amount <> 0", name="amount_is_something"),)

    id: Mapped[Id]
    receipt_id: Mapped[int] = mapped_column(ForeignKey("erp_finance_receipt.id"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"), index=True)
    amount: Mapped[Money]
    made_at: Mapped[At]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Period(Model):
    """Through which day the months are closed: the table has this one row. Who closed when stands in the audit."""

    __tablename__ = "erp_finance_period"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[Id]
    closed_to_on: Mapped[On | None]  # the last day of the last closed month


class Waiver(Model):
    """One order that may pass one gate unpaid: by whom and why."""

    __tablename__ = "erp_finance_waiver"
    __table_args__ = (UniqueConstraint("order_id", "gate"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"))
    gate: Mapped[Gate] = mapped_column(choice(Gate))
    reason: Mapped[str]
    given_at: Mapped[At]
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
