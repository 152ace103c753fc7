"""Rules of words: how a text becomes words, for keeping and for asking.

A text is split where its script changes: `江山88号` is 江山, 88, 号. A Chinese run can be found from any of its
characters on, and by the initials of its pinyin; a Latin or a number from its beginning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin

LONGEST = 24  # characters of a kept word: longer ones are found by their beginning
MOST_ASKED = 6  # words of one search; further ones tell nothing
MOST_KEPT = 60  # words of one document

_RUN = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+")
_CODE = re.compile(r"[0-9a-z]+(?:[-_./#][0-9a-z]+)+")


def kept(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words that a document with these texts is found by, each once, at most sixty."""
    found: dict[str, None] = {}
    for text in texts:
        plain = _plain(text)
        found.update(dict.fromkeys(code[:LONGEST] for code in _CODE.findall(plain)))  # a number whole
        for run in _RUN.findall(plain):
            found.update(dict.fromkeys(_of_run(run)))
    return tuple(found)[:MOST_KEPT]


def asked(text: str) -> tuple[str, ...]:
    """Return the beginnings of words that a search asks for; a document has them all."""
    plain = _plain(text)
    found: list[str] = []
    for part in plain.split():
        found += [part[:LONGEST]] if _CODE.fullmatch(part.strip("-_./#")) else _RUN.findall(part)
    return tuple(dict.fromkeys(word.strip("-_./#")[:LONGEST] for word in found))[:MOST_ASKED]


def _of_run(run: str) -> list[str]:
    if not "\u3400" <= run[0] <= "\u9fff":
        return [run[:LONGEST]]
    initials = "".join(lazy_pinyin(run, style=Style.FIRST_LETTER)).lower()
    return [*(run[at : at + LONGEST] for at in range(len(run))), initials[:LONGEST]]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
