"""What is asked after a vehicle has left: what a dealer confirms, what is claimed, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from erp.parties.model import Party
from erp.sales.model import Order
from mes.packing import queries as packing
from mes.packing.model import Package
from mes.packing.rules import Item
from mes.shipping.model import Claim, Delivery, Load, LoadPackage, Receipt, Return
from mes.shipping.queries.cargo import find_cargo
from mes.shipping.rules import Cargo, ClaimState, LinkUnknown, token_sha256

CLAIM_SORTS = {"at": Claim.claimed_at, "dealer": Party.name, "state": Claim.state, "kind": Claim.kind}
RETURN_SORTS = {"at": Return.returned_at, "package": Package.code, "order": Order.number}
VIEWS = {
    "open": (ClaimState.OPEN,),
    "decided": (ClaimState.ACCEPTED, ClaimState.REJECTED),
    "all": tuple(ClaimState),
}


def delivered(session: Session, delivery_id: int) -> list[Cargo]:
    """Return the packages of a delivery that went with it and did not come back."""
    return find_cargo(session, (LoadPackage.delivery_id == delivery_id) & LoadPackage.loaded_at.is_not(None))


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """What a dealer's page shows of a delivery."""

    delivery: Delivery
    load: Load
    dealer: Party
    cargo: tuple[Cargo, ...]
    contents: dict[int, tuple[Item, ...]]  # by package
    receipts: dict[int, Receipt]  # by package
    claims: tuple[Claim, ...]

    @property
    def is_told(self) -> bool:
        """Whether something was said of every package."""
        return all(one.package_id in self.receipts for one in self.cargo)


def receipt_page(session: Session, token: str) -> ReceiptPage:
    """Return the delivery that a token opens, good or not. Raises LinkUnknown."""
    row = session.execute(
        select(Delivery, Load, Party)
        .join(Load, Load.id == Delivery.load_id)
        .join(Party, Party.id == Delivery.dealer_id)
        .where(Delivery.token_sha256 == token_sha256(token))
    ).one_or_none()
    if row is None:
        raise LinkUnknown
    delivery, load, dealer = row
    cargo = delivered(session, delivery.id)
    receipts = session.scalars(select(Receipt).where(Receipt.delivery_id == delivery.id))
    claims = session.scalars(select(Claim).where(Claim.delivery_id == delivery.id).order_by(Claim.id))
    return ReceiptPage(
        delivery=delivery,
        load=load,
        dealer=dealer,
        cargo=tuple(cargo),
        contents=packing.items(session, [one.package_id for one in cargo]),
        receipts={one.package_id: one for one in receipts},
        claims=tuple(claims),
    )


DECIDER = aliased(Person)


def claim_rows(view: str) -> Select[Any]:
    """Return claims with their deliveries, dealers and packages, to be paged."""
    columns: tuple[Any, ...] = (Claim, Delivery, Load, Party, Package, Order.number.label("order_number"))
    return (
        select(*columns, DECIDER.name.label("decider"))
        .join(Delivery, Delivery.id == Claim.delivery_id)
        .join(Load, Load.id == Delivery.load_id)
        .join(Party, Party.id == Delivery.dealer_id)
        .outerjoin(Package, Package.id == Claim.package_id)
        .outerjoin(Order, Order.id == Package.order_id)
        .outerjoin(DECIDER, DECIDER.id == Claim.decided_by_id)
        .where(Claim.state.in_(VIEWS.get(view, VIEWS["open"])))
    )


def claim(session: Session, claim_id: int) -> Any:
    """Return one claim with all its page shows, or None."""
    return session.execute(claim_rows("all").where(Claim.id == claim_id)).one_or_none()


def claim_counts(session: Session) -> dict[ClaimState, int]:
    """Return how many claims stand in each state."""
    return dict(session.execute(select(Claim.state, func.count(Claim.id)).group_by(Claim.state)).all())


def return_rows() -> Select[Any]:
    """Return the packages that came back, to be paged."""
    columns: tuple[Any, ...] = (Return, Package, Order.number.label("order_number"), Delivery.number)
    return (
        select(*columns, Person.name.label("person"))
        .join(Package, Package.id == Return.package_id)
        .join(Order, Order.id == Package.order_id)
        .join(Delivery, Delivery.id == Return.delivery_id)
        .outerjoin(Person, Person.id == Return.returned_by_id)
    )
