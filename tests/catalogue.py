"""The catalogue gate: every text of the code has its Chinese, and the Chinese has no other holes.

`python -m tests.catalogue` extracts the texts, compares them with messages.po, prints
what is wrong, and exits with 1 when anything is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "core" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
ROOMS = ("core", "erp", "mes", "templates")
KEYWORDS = {  # function -> which arguments are texts
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
HOLE = re.compile(r"%\(\w+\)")


def texts_of_the_code() -> dict[str, str]:
    """Return each text that the code and the templates show, with the first place that shows it."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    texts: dict[str, str] = {}
    found = extract_from_dir(ROOT, methods, options, KEYWORDS, directory_filter=_is_ours)
    for file, line, message, _comments, _context in found:
        for text in (message,) if isinstance(message, str) else message:
            if text:
                texts.setdefault(text, f"{file}:{line}")
    return texts


def _is_ours(folder: str) -> bool:
    room = Path(folder).absolute().relative_to(ROOT).parts
    return not room or (room[0] in ROOMS and room[-1] != "__pycache__")


def _words(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _faults_of(message: Message) -> Iterator[str]:
    text = _words(message.id)[0]
    if message.fuzzy:
        yield f"fuzzy: {text!r}"
    for translated in _words(message.string or ""):
        if not translated:
            yield f"no Chinese: {text!r}"
        elif set(HOLE.findall(translated)) != set().union(*(HOLE.findall(i) for i in _words(message.id))):
            yield f"other holes than the English: {text!r} — {translated!r}"


def faults(texts: dict[str, str], catalogue: Catalog) -> list[str]:
    """Return what is wrong between the texts of the code and the catalogue, one line each."""
    messages = [message for message in catalogue if message.id]
    known = {text for message in messages for text in _words(message.id)}
    wrong = [f"{place}: not in the catalogue: {text!r}" for text, place in texts.items() if text not in known]
    for message in messages:
        if _words(message.id)[0] not in texts:
            wrong.append(f"in the catalogue, but no longer in the code: {_words(message.id)[0]!r}")
        wrong += _faults_of(message)
    wrong += [f"obsolete: {text!r}" for text in catalogue.obsolete]
    return wrong


def main() -> int:
    """Print what is wrong with the catalogue; return 1 when anything is."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    texts = texts_of_the_code()
    wrong = faults(texts, catalogue)
    for fault in wrong:
        print(fault)
    print(f"{len(texts)} texts, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
