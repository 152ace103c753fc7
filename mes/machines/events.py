"""What machines tell upward."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StatesTold:
    """What is known of some machines' states and pieces since a moment has changed; it was told at `at`."""

    since: datetime
    at: datetime
