"""What the search box finds of tracing: a code after the word for it, such as "trace P0001A2BL"."""

from collections.abc import Iterable
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from core.codes import clean
from core.i18n import N_
from core.web.registry import Hit
from mes.tracing import queries
from mes.tracing.rules import PAGES

WORDS = ("trace", "追溯", "溯源")


def hits(session: Session, text: str) -> Iterable[Hit]:
    """Return the story that a text asks for."""
    asked = text.strip()
    word = next((word for word in WORDS if asked.lower().startswith(word)), None)
    found = None if word is None else queries.found(session, clean(asked[len(word) :]))
    if found is not None:
        page, argument = PAGES[found.kind]
        arguments: dict[str, Any] = {argument: found.id}
        yield Hit(clean(asked[len(word or "") :]), N_("Traceability"), url_for(page, **arguments))
