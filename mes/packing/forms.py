"""Forms of packing: a draw of packages to be looked at again, what such a look found, a damage."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from core.web.forms import Form
from mes.packing.rules import NOTE_MAX, DamageStage
from mes.packing.rules.rechecks import MOST_DRAWN

Note = Annotated[str, StringConstraints(max_length=NOTE_MAX)]
Said = Annotated[str, StringConstraints(min_length=3, max_length=NOTE_MAX)]


class DrawForm(Form):
    """How many packages are drawn."""

    count: Annotated[int, Field(ge=1, le=MOST_DRAWN)]


class FinishForm(Form):
    """What was seen beside the scans."""

    note: Note = ""


class DamageForm(Form):
    """What is damaged, and where it was seen."""

    stage: DamageStage
    note: Said
