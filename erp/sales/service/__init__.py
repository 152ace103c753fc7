"""Commands of sales: orders by hand, orders out of dealers' sheets, and the progress that mes tells."""

from erp.sales.service.amendments import amend, discard, drop_line, edit_line, restore_line
from erp.sales.service.answers import accept_answer, answer, reject_answer
from erp.sales.service.copies import Copied, copy_order
from erp.sales.service.imports import (
    Upload,
    correct_fact,
    drop_import,
    read_again,
    review_row,
    review_sheet,
    settle_all,
    start_import,
    take_in,
)
from erp.sales.service.lessons import forget, learn, teach
from erp.sales.service.lines import add_line, amend_line, copy_line, remove_line
from erp.sales.service.orders import (
    amend_head,
    ask_dealer,
    cancel,
    confirm,
    create_order,
    lock,
    reopen,
    set_due,
)
from erp.sales.service.prices import (
    Offering,
    accept_quotation,
    agree_price,
    give_rebate,
    quote,
    withdraw_quotation,
)
from erp.sales.service.progress import mark_released, record_progress, withdraw
from erp.sales.service.questions import (
    Sent,
    ask,
    close_question,
    renew_link,
    revoke_link,
    view_link,
)

__all__ = [
    "amend",
    "discard",
    "drop_line",
    "edit_line",
    "restore_line",
    "Copied",
    "copy_order",
    "Offering",
    "Sent",
    "Upload",
    "accept_answer",
    "accept_quotation",
    "agree_price",
    "forget",
    "give_rebate",
    "learn",
    "lock",
    "quote",
    "withdraw_quotation",
    "add_line",
    "amend_head",
    "amend_line",
    "answer",
    "ask",
    "ask_dealer",
    "cancel",
    "close_question",
    "confirm",
    "copy_line",
    "correct_fact",
    "create_order",
    "drop_import",
    "mark_released",
    "read_again",
    "record_progress",
    "reject_answer",
    "remove_line",
    "renew_link",
    "reopen",
    "revoke_link",
    "review_row",
    "review_sheet",
    "set_due",
    "settle_all",
    "start_import",
    "take_in",
    "teach",
    "withdraw",
    "view_link",
]
