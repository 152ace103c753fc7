"""Issues, offers and values as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from core.i18n import N_, Named
from core.web.errors import shown
from core.web.templating import label, named
from erp.catalogue.rules.document import DimBasis, Handing
from erp.catalogue.rules.line import ChoiceMissing
from erp.sales.model import Question
from erp.sales.queries.offer import LOCK_OPTION, Offer, needed, option_name
from erp.sales.rules.issues import SENTENCES, SIZES, Change, Field, Issue, IssueCode, Word


def lock_values(offered: Offer) -> dict[str, dict[str, Named]]:
    """Return the locks of each model: code -> name, by the model's code."""
    return {
        code: {
            one.code: Named(one.name.zh, one.name.en)
            for option in model.document.options
            if option.code == LOCK_OPTION
            for one in option.values
        }
        for code, model in offered.doors.items()
    }


def value_text(field: Field | None, value: str, offered: Offer) -> str:
    """Return a kept value as a person reads it."""
    match field:
        case Field.MODEL if value in offered.doors:
            return named(offered.doors[value].door)
        case Field.COLOUR if value in offered.colours:
            return named(offered.colours[value])
        case Field.HANDING if value in Handing.__members__:
            return label(Handing[value])
        case Field.DIM_BASIS if value in DimBasis.__members__:
            return label(DimBasis[value])
        case Field.LOCK:
            names = next((locks[value] for locks in lock_values(offered).values() if value in locks), None)
            return str(shown(names)) if names else value
        case _:
            return value


def full_text(field: Field | None, value: str, offered: Offer) -> str:
    """Return a value as it stands by itself, on a button or as an answer: with its unit, 90 mm or 2 sets."""
    if field in SIZES and value:
        return f"{value} mm"
    if field == Field.SET_COUNT and value.isdecimal():
        return str(ngettext("%(num)s set", "%(num)s sets", int(value)))
    return value_text(field, value, offered)


def offer_text(changes: tuple[Change, ...], offered: Offer) -> str:
    """Return what a button offers: 内左, 90 mm, or 宽 900 mm · 高 2100 mm for more than one change."""
    texts = [full_text(change.field, change.value, offered) for change in changes]
    if len(changes) == 1 and changes[0].field not in (Field.DIM_BASIS, Field.MOTHER_WIDTH):
        return texts[0]
    return " · ".join(f"{label(change.field)} {text}" for change, text in zip(changes, texts, strict=True))


def needed_of(door_code: str, values: Mapping[str, Any], offered: Offer) -> frozenset[str]:
    """Return the fields that the model in a line's form cannot be made without."""
    model = offered.doors.get(door_code)
    options = {
        name.removeprefix("option_"): str(text) for name, text in values.items() if name.startswith("option_")
    }
    return needed(model.document, options) if model else frozenset()


def term_text(what: str, offered: Offer) -> str:
    """Return what a term of a price is about: a model's name, an option with its choice, or the text itself."""
    if what in offered.doors:
        return named(offered.doors[what].door)
    name = option_name(what, offered)
    return named(name) if name else what


def answer_text(one: Question, offered: Offer) -> str:
    """Return what a dealer answered, as a person reads it."""
    fields = {field.value: field for field in Field}
    return " · ".join(
        _("It is right as read") if word == "right" else full_text(fields.get(word), text, offered)
        for word, text in one.answer.items()
    )


def words_of_answers(offered: Offer) -> dict[str, Any]:
    """Return the words that the answers of a page are shown with (_answers.html)."""
    return {
        "answer_text": partial(answer_text, offered=offered),
        "value_text": partial(full_text, offered=offered),
    }


FOR_DEALERS = {  # what a clerk is told to do, said to the dealer himself
    ChoiceMissing.message: N_("Please tell us: %(field)s."),
    SENTENCES[IssueCode.FORMULA_NO_VALUE]: N_(
        "Your sheet holds a formula here without a value. Please tell us the value."
    ),
    SENTENCES[IssueCode.SIZE_MISSING]: N_("A size is missing here. Please tell us the size in mm."),
    SENTENCES[IssueCode.LOCK_UNKNOWN]: N_('There is no lock "%(raw)s" for this model. May it be %(read)s?'),
}


def dealer_sentence(one: Issue, offered: Offer) -> str:
    """Return an issue as a question to the dealer, in the dealer's language."""
    return _filled(FOR_DEALERS.get(one.sentence, one.sentence), one, offered)


def sentence(one: Issue, offered: Offer) -> str:
    """Return an issue's sentence in the person's language."""
    return _filled(one.sentence, one, offered)


def _filled(msgid: str, one: Issue, offered: Offer) -> str:
    facts: dict[str, Any] = {}
    for name, value in one.facts:
        if isinstance(value, Word):
            facts[name] = _(value.msgid)
        elif name in ("read", "raw") and isinstance(value, str):
            facts[name] = value_text(one.field, value, offered)
        else:
            facts[name] = shown(value)
    return str(_(msgid) % facts)
