"""How much may be done: the clock's word, and whom to tell. Seconds are those of the clock that is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Watch:
    """Says when the time is up or somebody asked to stop."""

    until: float
    cancelled: Callable[[], bool] | None
    clock: Callable[[], float]

    def stop(self) -> bool:
        """Return whether to stop now."""
        return self.left <= 0 or (self.cancelled is not None and self.cancelled())

    @property
    def left(self) -> float:
        """The seconds that are left, below 0 when there are none."""
        return self.until - self.clock()

    def share(self, part: float) -> Watch:
        """Return a watch for `part` of what is left."""
        return Watch(self.clock() + part * max(0.0, self.left), self.cancelled, self.clock)
