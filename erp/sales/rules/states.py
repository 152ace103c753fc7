"""The states of an order and of an import, and the steps between them."""

from core.choices import Choice
from core.i18n import N_


class OrderState(Choice):
    """Where an order stands."""

    DRAFT = "DRAFT", N_("Draft")
    QUERY = "QUERY", N_("Query to dealer")
    CONFIRMED = "CONFIRMED", N_("Confirmed")
    RELEASED = "RELEASED", N_("Released")
    IN_PRODUCTION = "IN_PRODUCTION", N_("In production")
    READY = "READY", N_("Ready to ship")
    SHIPPED = "SHIPPED", N_("Shipped")
    CLOSED = "CLOSED", N_("Closed")
    CANCELLED = "CANCELLED", N_("Cancelled")


STEPS = {
    (OrderState.DRAFT, OrderState.QUERY),
    (OrderState.DRAFT, OrderState.CONFIRMED),
    (OrderState.DRAFT, OrderState.CANCELLED),
    (OrderState.QUERY, OrderState.DRAFT),
    (OrderState.QUERY, OrderState.CONFIRMED),
    (OrderState.QUERY, OrderState.CANCELLED),
    (OrderState.CONFIRMED, OrderState.QUERY),
    (OrderState.CONFIRMED, OrderState.DRAFT),
    (OrderState.CONFIRMED, OrderState.RELEASED),
    (OrderState.CONFIRMED, OrderState.CANCELLED),
    (OrderState.RELEASED, OrderState.IN_PRODUCTION),
    (OrderState.RELEASED, OrderState.READY),
    (OrderState.IN_PRODUCTION, OrderState.READY),
    (OrderState.READY, OrderState.IN_PRODUCTION),  # a packed piece was scrapped after all
    (OrderState.READY, OrderState.SHIPPED),
    (OrderState.SHIPPED, OrderState.CLOSED),
}
UNRELEASED = frozenset(
    {OrderState.DRAFT, OrderState.QUERY, OrderState.CONFIRMED}
)  # sets may be edited by hand
EDITABLE = frozenset({OrderState.DRAFT, OrderState.QUERY})  # lines may be edited freely
WITHDRAWABLE = frozenset(  # of these the floor takes door sets back; with the last one the order is cancelled
    {OrderState.RELEASED, OrderState.IN_PRODUCTION, OrderState.READY}
)
OPEN_STATES = frozenset(OrderState) - {OrderState.SHIPPED, OrderState.CLOSED, OrderState.CANCELLED}


class Verb(Choice):
    """What is done to an order, as its history tells it."""

    CREATE = "create", N_("entered")
    AMEND = "amend", N_("changed the head")
    ADD_LINE = "add line", N_("added a line")
    AMEND_LINE = "amend line", N_("changed a line")
    COPY = "copy", N_("copied from an order")
    COPY_LINE = "copy line", N_("copied a line")
    REMOVE_LINE = "remove line", N_("removed a line")
    CONFIRM = "confirm", N_("confirmed")
    ASK = "ask", N_("asked the dealer")
    ANSWER = "answer", N_("the dealer's answer:")
    ACCEPT_ANSWER = "accept answer", N_("accepted the dealer's answer")
    REJECT_ANSWER = "reject answer", N_("rejected the dealer's answer")
    CLOSE_QUESTION = "close question", N_("closed a question to the dealer")
    LINK = "link", N_("changed the dealer's link")
    REOPEN = "reopen", N_("put back to draft")
    CANCEL = "cancel", N_("cancelled")
    RELEASE = "release", N_("released")
    WITHDRAW = "withdraw", N_("cancelled door sets")
    CHANGE = "change", N_("changed the released order")
    PRICE = "price", N_("changed a price")
    QUOTE = "quote", N_("quotation")
    WAIVE_RELEASE = "waive release", N_("let its release pass unpaid:")
    WAIVE_LOADING = "waive loading", N_("let its loading pass unpaid:")
    EDIT_SET = "edit set", N_("changed a set by hand")
    DROP_EDIT = "drop edit", N_("dropped a change by hand")


MOVES = frozenset(  # verbs that may take an order to another state
    {Verb.CONFIRM, Verb.ASK, Verb.REOPEN, Verb.CANCEL, Verb.RELEASE, Verb.WITHDRAW}
)


class ImportState(Choice):
    """Where a dealer's sheet stands on its way in."""

    OPEN = "OPEN", N_("In review")
    TAKEN = "TAKEN", N_("Taken in")
    DROPPED = "DROPPED", N_("Dropped")


IMPORT_STEPS = {
    (ImportState.OPEN, ImportState.TAKEN),
    (ImportState.OPEN, ImportState.DROPPED),
    (ImportState.DROPPED, ImportState.OPEN),
}
