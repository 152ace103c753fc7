"""Printed codes: type letter, payload in Crockford base 32, check character.

The check character is ISO 7064 MOD 37,36 over everything before it, the
letter included. At most 16 characters of 0-9A-Z. contracts: docs, section Codes.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from core.errors import RuleViolation
from core.i18n import N_

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGEST = 16


class Letter(StrEnum):
    """What a printed code stands for; its first character."""

    PIECE = "P"
    DOOR_SET = "D"
    PACKAGE = "K"
    LOAD = "S"
    DELIVERY = "N"
    BATCH = "B"
    PLACE = "L"
    STATION = "M"
    BADGE = "U"
    LOT = "R"
    SHEET = "O"


# digits of the payload; a series that outgrows them simply gets longer codes
WIDTH = {
    Letter.PIECE: 7,
    Letter.DOOR_SET: 6,
    Letter.PACKAGE: 6,
    Letter.LOAD: 5,
    Letter.DELIVERY: 6,
    Letter.BATCH: 5,
    Letter.PLACE: 5,
    Letter.STATION: 5,
    Letter.BADGE: 5,
    Letter.LOT: 6,
    Letter.SHEET: 7,
}


class CodeUnreadable(RuleViolation):
    """Not a printed code of ours: wrong alphabet, length or check character."""

    code = "core.code_unreadable"
    message = N_("%(text)s is not a readable code: its check character does not fit.")


def check_character(text: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of `text`."""
    rest = 36
    for character in text:
        rest = (rest + ALPHABET.index(character)) % 36 or 36
        rest = rest * 2 % 37
    return ALPHABET[(37 - rest) % 36]


def make(letter: Letter, number: int) -> str:
    """Return the code of the `number`th thing of its kind."""
    payload, rest = "", number
    while rest:
        rest, digit = divmod(rest, 32)
        payload = CROCKFORD[digit] + payload
    body = letter + payload.rjust(WIDTH[letter], "0")
    return body + check_character(body)


def clean(text: str) -> str:
    """Return what a scanner or a hand meant: half-width, upper case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def read(text: str) -> str:
    """Return the code in `text`, cleaned and checked. Raises CodeUnreadable."""
    code = clean(text)
    if not 3 <= len(code) <= LONGEST or any(c not in ALPHABET for c in code):
        raise CodeUnreadable(text=text[:40])
    if check_character(code[:-1]) != code[-1]:
        raise CodeUnreadable(text=code)
    return code
