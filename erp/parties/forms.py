"""Forms of parties."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from core.i18n import Named
from core.web.forms import Form, Name, Text
from erp.parties.rules import PaperLanguage, PartDelivery, PartyEntry, PartyKind

Code = Annotated[
    str, StringConstraints(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9-]+$", to_upper=True)
]


class PartyForm(Form):
    """A partner as the clerk types it."""

    code: Code
    kind: PartyKind
    name: Name
    name_en: Text = ""
    contact: Text = ""
    phone: Text = ""
    city: Text = ""
    address: Text = ""
    locale: PaperLanguage = PaperLanguage.CHINESE
    part_delivery: PartDelivery = PartDelivery.SIGNED
    is_active: bool = False
    version: int = 0

    @property
    def entry(self) -> PartyEntry:
        """What the command wants."""
        return PartyEntry(
            code=self.code,
            kind=self.kind,
            name=Named(self.name, self.name_en),
            contact=self.contact,
            phone=self.phone,
            address=self.address,
            city=self.city,
            locale=self.locale,
            part_delivery=self.part_delivery,
        )
