"""Commands of changes: each changes one thing and never commits.

Lock order: loads, packages with their contents, pieces, the order, the demands: that of the scans, so that a
scan and a change wait for each other and neither for ever.
"""

from mes.changes.service.cancelling import Cancelled, cancel
from mes.changes.service.changing import Changed, change

__all__ = ["Cancelled", "Changed", "cancel", "change"]
