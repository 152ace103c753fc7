"""Commands of the demo: the factory set up, and its days told by the real commands."""

from mes.demo.service.accounts import agree_terms
from mes.demo.service.counts import close_last_month
from mes.demo.service.factory import Hand, buy, receive_stock, set_capacity, set_up
from mes.demo.service.machines import set_up_machines, tell
from mes.demo.service.story import Story, at_hour, crew

__all__ = [
    "Hand",
    "Story",
    "agree_terms",
    "at_hour",
    "buy",
    "close_last_month",
    "crew",
    "receive_stock",
    "set_capacity",
    "set_up",
    "set_up_machines",
    "tell",
]
