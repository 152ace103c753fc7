"""Reading the form of a machine code."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from core.web.forms import Count, Form, Name, Text
from mes.worksheets.rules import LONGEST_TEMPLATE, CodeEntry, read_tables

Word = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^[A-Z0-9_-]+$")]


class CodeForm(Form):
    """One template as it was typed; its tables one to a line."""

    code: Annotated[
        Word, BeforeValidator(lambda value: value.strip().upper() if isinstance(value, str) else value)
    ]
    name: Name
    name_en: Text = ""
    operation_code: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    part_group: Text = ""
    template: Annotated[str, Field(min_length=1, max_length=LONGEST_TEMPLATE)]
    tables: Annotated[str, Field(max_length=4000)] = ""
    alphabet: Text = ""
    length_max: Count
    is_active: bool = False
    version: int = 1

    @property
    def entry(self) -> CodeEntry:
        """The template as the command wants it. Raises TemplateUnreadable for a table that cannot be read."""
        given = self.model_dump(exclude={"tables", "version"})
        return CodeEntry(**given, tables=read_tables(self.tables))
