"""What guards the second figure (domain): fast work in the warehouse counts for nothing if the book is wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from core.i18n import N_
from mes.efficiency.rules.evidence import rounded
from mes.efficiency.rules.figures import Figure, Part
from mes.scanning.rules import Text

LEAST_ACCURACY = Decimal("0.98")  # of the places counted, record accuracy (IRA)


def guarded(figure: Figure, counted: int, right: int, dead_rate: Decimal | None) -> Figure:
    """Return the figure with its guards: of `counted` places `right` were as booked; what share lies dead."""
    parts = [Part(N_("Places counted"), counted, ""), Part(N_("Places as booked"), right, "")]
    missing = figure.missing
    if counted:
        rate = Fraction(right, counted)
        parts.append(Part(N_("Record accuracy"), rounded(100 * rate, "0.1"), "%"))
        if rate < Fraction(LEAST_ACCURACY):
            facts = {
                "rate": rounded(100 * rate, "0.1"),
                "least": rounded(100 * Fraction(LEAST_ACCURACY), "1"),
            }
            why = N_(
                "Record accuracy is %(rate)s %%, below the guard of %(least)s %%: the book is not right."
            )
            missing = (Text(why, facts), *missing)
    else:
        missing = (Text(N_("No place was counted: nobody knows whether the book is right.")), *missing)
    if dead_rate is not None:
        parts.append(
            Part(N_("Dead stock, of the value that lies now"), rounded(100 * Fraction(dead_rate), "0.1"), "%")
        )
    return replace(figure, missing=missing, further=(*parts, *figure.further))
