"""Forms of the cohort."""

from datetime import date

from core.web.forms import Form


class PeriodForm(Form):
    """The days whose figures are given out."""

    first: date
    last: date
