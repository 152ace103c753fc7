"""What templates may call: dates in factory time, measures without needless zeros, names in the person's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from flask_babel import get_locale, gettext
from jinja2 import StrictUndefined

from core.choices import Choice
from core.clock import day_of, now
from core.i18n import Named as Name
from core.web.access import may, me
from core.web.errors import shown, text_of
from core.web.menu import home_url, menu, panels
from core.web.offline import ahead


class Named(Protocol):
    """Something with a Chinese name and perhaps an English one."""

    name: str
    name_en: str


class Sentence(Protocol):
    """A sentence with facts, as rules make them."""

    @property
    def msgid(self) -> str:
        """The English sentence with named holes."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What fills the holes."""


def is_chinese() -> bool:
    """Say whether this request is answered in Chinese."""
    return str(get_locale()).startswith("zh")


def named(row: Named | Name) -> str:
    """Return the name in the person's language, the Chinese one where there is no other."""
    if isinstance(row, Name):
        return row.zh if is_chinese() or not row.en else row.en
    return row.name if is_chinese() or not row.name_en else row.name_en


def label(word: Choice) -> str:
    """Return a choice's word in the person's language."""
    text: str = gettext(word.label)
    return text


def say(text: Sentence) -> str:
    """Return a sentence with its facts in the person's language."""
    sentence: str = gettext(text.msgid)
    return sentence % {name: shown(value) for name, value in text.facts.items()}


def zone() -> ZoneInfo:
    """Return the factory's time zone."""
    return ZoneInfo(current_app.config["TIMEZONE"])


def today() -> date:
    """Return the factory's day."""
    return day_of(now(), current_app.config["TIMEZONE"])


def local(moment: datetime | None) -> str:
    """Return a moment in factory time: 11-22 14:31, with the year when it is another."""
    if moment is None:
        return ""
    there = moment.astimezone(zone())
    return f"{there:%m-%d %H:%M}" if there.year == today().year else f"{there:%Y-%m-%d %H:%M}"


def day(value: date | None) -> str:
    """Return a day: 11-28, with the year when it is another."""
    if value is None:
        return ""
    return f"{value:%m-%d}" if value.year == today().year else f"{value:%Y-%m-%d}"


def mm(value: Decimal | None) -> str:
    """Return a measure without needless zeros: 2090, 12.5."""
    return "" if value is None else f"{value.normalize():f}"


def init_app(app: Flask) -> None:
    """Give the templates their words; an unknown name is an error."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        ahead=ahead,
        get_locale=get_locale,
        is_chinese=is_chinese,
        home_url=home_url,
        label=label,
        local=local,
        day=day,
        may=may,
        me=me,
        menu=menu,
        mm=mm,
        named=named,
        panels=panels,
        say=say,
        text_of=text_of,
        today=today,
    )
