"""An accountant who books what comes; orders whose agreed amount is worked out by hand.

The golden door, 900 × 2100 × 240 in white, costs 1280 + 4 × 10 for 40 mm of wall above 200 = 1320.00.
"""

from datetime import date
from decimal import Decimal

from erp.finance import queries, service
from erp.finance.rules import Terms
from erp.finance.service import Payment
from erp.parties import queries as parties
from erp.sales import service as sales
from tests.factories.factory import FRIDAY, MORNING, load_pack, make_line, make_order

D = Decimal
BY = {"by": None, "at": MORNING}
DOOR = D("1320.00")


def make_owed(session, sets=1, dealer="D001", at=MORNING, **head):
    """A confirmed order of some golden doors on one line: 1320.00 for each."""
    order = make_order(session, make_line(set_count=sets), dealer=dealer, at=at, **head)
    sales.confirm(session, order.id, on=FRIDAY, by=None, at=at)
    session.flush()
    return order


def dealer_of(session, code="D001"):
    load_pack(session)
    return parties.by_code(session, code)


def receive(session, amount, *, dealer="D001", on=FRIDAY, day=None, **over):
    """A payment of a dealer; `parts` by order id."""
    payment = Payment(dealer_of(session, dealer).id, D(amount), day or on, **over)
    made = service.receive(session, payment, on=on, **BY)
    session.flush()
    return made


def agree(session, *, dealer="D001", deposit="0", limit=None, gate=False):
    """Agree on terms with a dealer."""
    party = dealer_of(session, dealer)
    version = queries.terms_of(session, party.id).version
    terms = Terms(D(deposit), None if limit is None else D(limit), gate, version)
    service.put_terms(session, party.id, terms, **BY)


def stands(session, order):
    """What is agreed and paid of an order."""
    found = queries.account(session, order.id)
    return found.agreed, found.paid


def statement(session, since, until, dealer="D001"):
    party = dealer_of(session, dealer)
    return queries.dealer_statement(session, party.id, since, until, "Asia/Shanghai").account


def rows(account):
    """The documents of a statement as a person reads them."""
    return [(one.on.day, one.number, one.debit, one.credit, balance) for one, balance in account.rows]


NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
