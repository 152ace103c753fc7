"""What the papers say of their sender."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """The factory as its papers name it; English texts are empty where the Chinese ones serve."""

    name: str = ""
    name_en: str = ""
    address: str = ""
    address_en: str = ""
    phone: str = ""
    bank: str = ""  # the bank and its branch
    bank_account: str = ""
    tax_number: str = ""

    def named(self, is_chinese: bool) -> str:
        """Return the name on a paper in Chinese or in English."""
        return self.name if is_chinese or not self.name_en else self.name_en

    def contact(self, is_chinese: bool) -> str:
        """Return where the sender is reached, in one line; empty while nothing was entered."""
        address = self.address if is_chinese or not self.address_en else self.address_en
        return "　".join(part for part in (address, self.phone) if part)

    @property
    def payee(self) -> str:
        """Where dealers pay to: bank and account; empty while no account was entered."""
        return " ".join(part for part in (self.bank, self.bank_account) if part) if self.bank_account else ""
