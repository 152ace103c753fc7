"""Which places are to be counted: by the class of what lies there, and how long nobody has counted it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from erp.stock.rules import Abc

EVERY = {
    Abc.A: timedelta(days=30),
    Abc.B: timedelta(days=91),
    Abc.C: timedelta(days=365),
}  # domain: cycle count
MOST_PROPOSED = 20  # places that one press has counted: a day's work


@dataclass(frozen=True, slots=True)
class Due:
    """A place that is due: the best class of what lies there, and when it was counted last."""

    place_id: int
    word: Abc
    counted_at: datetime | None  # never


def propose(
    lying: Iterable[tuple[int, Abc]], counted: Mapping[int, datetime], at: datetime
) -> tuple[Due, ...]:
    """Return the places that are due, class A first, of one class the longest uncounted first.

    `lying` is what lies where: places and the classes of their articles; `counted` the last closed counts.
    """
    words: dict[int, Abc] = {}
    for place_id, word in lying:
        words[place_id] = min(words.get(place_id, word), word, key=lambda one: one.value)
    due = [
        Due(place_id, word, counted.get(place_id))
        for place_id, word in words.items()
        if place_id not in counted or at - counted[place_id] >= EVERY[word]
    ]
    never = datetime.min.replace(tzinfo=at.tzinfo)
    return tuple(sorted(due, key=lambda one: (one.word.value, one.counted_at or never, one.place_id)))
