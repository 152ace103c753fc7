"""Rules of parties."""

from __future__ import annotations

from dataclasses import dataclass

from core.choices import Choice
from core.errors import Conflict
from core.i18n import N_, Named


class PartyKind(Choice):
    """On which side of the trade a partner stands."""

    DEALER = "DEALER", N_("Dealer")
    SUPPLIER = "SUPPLIER", N_("Supplier")


class PaperLanguage(Choice):
    """In which language a partner's papers are printed."""

    CHINESE = "zh_Hans_CN", N_("Chinese")
    ENGLISH = "en", N_("English")


class PartDelivery(Choice):
    """Whether a partner takes a delivery from which something is missing."""

    NEVER = "never", N_("Never: all or nothing")
    SIGNED = "signed", N_("With the team leader's signature")
    FREE = "free", N_("Yes, without a signature")


class CodeTaken(Conflict):
    """Another partner has this code already."""

    code = "erp.parties.code_taken"
    message = N_("The code %(party)s belongs to %(name)s already. Choose another.")


@dataclass(frozen=True, slots=True)
class PartyEntry:
    """One dealer or supplier, as typed or as a factory pack states it."""

    code: str
    kind: PartyKind
    name: Named
    contact: str = ""
    phone: str = ""
    address: str = ""
    city: str = ""
    locale: PaperLanguage = PaperLanguage.CHINESE
    part_delivery: PartDelivery = PartDelivery.SIGNED
