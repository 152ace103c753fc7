"""Marking text for translation without translating it yet, and names that are data."""

from __future__ import annotations

from dataclasses import dataclass


def N_(message: str) -> str:  # noqa: N802
    """Mark an English message for extraction; the edge translates it."""
    return message


@dataclass(frozen=True, slots=True)
class Named:
    """A name out of the factory's own data: in Chinese, and in English where there is one."""

    zh: str
    en: str = ""

    def __str__(self) -> str:
        """Return the Chinese name: the factory's own."""
        return self.zh
