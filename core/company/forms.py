"""The form of the company."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from core.company.rules import Company
from core.web.forms import Form, Name

Text = Annotated[str, StringConstraints(max_length=120, strip_whitespace=True)]


class CompanyForm(Form):
    """The factory as its papers name it."""

    name: Name
    name_en: Text = ""
    address: Text = ""
    address_en: Text = ""
    phone: Text = ""
    bank: Text = ""
    bank_account: Text = ""
    tax_number: Text = ""
    version: int = 0

    @property
    def company(self) -> Company:
        """Return it as the command takes it."""
        return Company(**{name: getattr(self, name) for name in Company.__slots__})
