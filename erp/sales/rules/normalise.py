"""Text as people type it, made plain: full width, stray blanks, units, numbers. Lengths are mm, Decimal."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache

from erp.sales.rules.workbook import CellValue

BLANKS = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "没有", "none", "n/a", "na", "."})
NONE_WORDS = frozenset({"无", "没有", "none"})
EXCEL_EPOCH = date(1899, 12, 30)  # day 0 of Excel's calendar, its leap-year mistake included
INCH_MM = Decimal("25.4")
SERIALS = range(36_526, 73_051)  # 2000-01-01 to 2100-01-01: what a date serial of ours can be


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return the text in half width, without stray blanks or invisible characters."""
    half = unicodedata.normalize("NFKC", text)
    kept = "".join(ch for ch in half if ch in "\n\t" or unicodedata.category(ch)[0] != "C")
    return " ".join(kept.split())


def text_of(value: CellValue | None) -> str:
    """Return what the cell shows: a phone kept as a float has no .0, a date is a date."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(value).strip()


@lru_cache(maxsize=4096)
def key(text: str) -> str:
    """Return the text as names are compared: plain, lower case, without blanks, dashes and brackets."""
    return re.sub(r"[\s\-_./()\[\]【】·、,:;#]", "", plain(text).casefold())


def is_blank(text: str) -> bool:
    """Whether the cell says "nothing" (a dash, 无)."""
    return plain(text).casefold() in BLANKS


def says_none(text: str) -> bool:
    """Whether the cell says that there shall be none (无), more than that nobody wrote anything."""
    return plain(text).casefold() in NONE_WORDS


def day_of(text: str) -> date | None:
    """Return the day that a cell names: 2026-11-20, 2026年11月20日, 20261120, or Excel's serial."""
    flat = plain(text)
    match = re.match(r"(20\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)", flat) or re.fullmatch(
        r"(20\d\d)(\d\d)(\d\d)", flat
    )
    if match:
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return None
    if re.fullmatch(r"\d{5}", flat) and int(flat) in SERIALS:
        return EXCEL_EPOCH + timedelta(days=int(flat))
    return None


class Side(Enum):
    """Which measure a word beside a number names."""

    WIDTH = "w"
    HEIGHT = "h"
    WALL = "t"


_SIDES = {"宽": Side.WIDTH, "w": Side.WIDTH, "高": Side.HEIGHT, "h": Side.HEIGHT, "墙厚": Side.WALL}
_SIDES |= {"墙": Side.WALL, "厚": Side.WALL, "t": Side.WALL, "d": Side.WALL}
_UNITS = {"mm": Decimal(1), "毫米": Decimal(1), "cm": Decimal(10), "厘米": Decimal(10), "公分": Decimal(10)}
_UNITS |= {"m": Decimal(1000), "米": Decimal(1000), "inch": INCH_MM, "英寸": INCH_MM}
_SIDE = "墙厚|宽|高|墙|厚|w|h|t|d"
_MEASURE = re.compile(
    rf"(?:(?P<before>{_SIDE})度?\s*[:=]?\s*)?(?P<number>[+-]?\d{{1,12}}(?:\.\d{{1,4}})?)\s*"
    rf"(?P<unit>mm|毫米|cm|厘米|公分|inch|英寸|m|米)?\s*(?:\(?(?P<after>{_SIDE})度?\)?)?"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BETWEEN = re.compile(r"\s*[*xX×✕✖╳]\s*")


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a size cell: its value, the unit written beside it (mm for one), the side named."""

    value: Decimal
    unit_mm: Decimal | None
    side: Side | None


def measures(text: str) -> tuple[Measure, ...] | None:
    """Return the numbers of a size cell in their order (`2100*900*240`); None when it cannot be read so."""
    flat = _THOUSANDS.sub("", plain(text).casefold())
    found = []
    for piece in _BETWEEN.split(flat):
        match = _MEASURE.fullmatch(piece.strip())
        if match is None:
            return None
        side = match["before"] or match["after"]
        unit = match["unit"]
        found.append(
            Measure(
                Decimal(match["number"]),
                _UNITS[unit] if unit else None,
                _SIDES[side] if side else None,
            )
        )
    return tuple(found)


def count_of(text: str) -> int | None:
    """Return the whole number of sets that a cell names: 2, 2.0, ２樘, 2 sets."""
    match = re.fullmatch(r"(\d{1,9})(?:\.0+)?\s*(?:樘|套|扇|个|件|sets?|pcs)?", plain(text).casefold())
    return int(match[1]) if match else None


def shown(value_mm: Decimal) -> str:
    """Return a length without needless zeros: 900, 2065.5."""
    return f"{value_mm.normalize():f}" if value_mm else "0"
