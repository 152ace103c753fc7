"""Rules of planning: batches."""

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_
from erp.sales.rules.states import OrderState


class BatchState(Choice):
    """Where a batch stands."""

    OPEN = "OPEN", N_("Open")
    PLANNED = "PLANNED", N_("Cut plans ready")
    DONE = "DONE", N_("Done")


class BatchStage(Choice):
    """How far a batch has really come: its state, until its pieces tell more."""

    OPEN = "OPEN", N_("Open")
    PLANNED = "PLANNED", N_("Cut plans ready")
    CUTTING = "CUTTING", N_("Being cut")
    CUT = "CUT", N_("All cut")
    MADE = "MADE", N_("All made")
    DONE = "DONE", N_("Done")


STEPS = {
    (BatchState.OPEN, BatchState.PLANNED),
    (BatchState.OPEN, BatchState.DONE),  # made without cut plans
    (BatchState.PLANNED, BatchState.DONE),
    (BatchState.DONE, BatchState.PLANNED),  # a piece of it was taken out of its package
}
BATCHABLE = (OrderState.RELEASED, OrderState.IN_PRODUCTION)  # split, and not finished


class NothingChosen(RuleViolation):
    """A batch without orders."""

    code = "mes.planning.nothing_chosen"
    message = N_("No order was chosen. Tick the orders that are to be cut together.")


class OrderNotReleased(RuleViolation):
    """An order that is not split yet, or finished already."""

    code = "mes.planning.order_not_released"
    message = N_("%(number)s is %(state)s; only released orders go into a batch.")


class OrderInBatch(Conflict):
    """An order that somebody put into a batch already."""

    code = "mes.planning.order_in_batch"
    message = N_("%(number)s is in batch %(batch)s already. Look at the list again.")
