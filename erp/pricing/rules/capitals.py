"""An amount of money in words: in Chinese capitals as a contract wants them, and in English."""

from __future__ import annotations

from decimal import Decimal

from core.errors import RuleViolation
from core.i18n import N_

DIGITS = "零壹贰叁肆伍陆柒捌玖"
UNITS = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
LARGEST = Decimal("999999999999.99")
ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ("", "thousand", "million", "billion")


class AmountTooLarge(RuleViolation):
    """More than anybody writes on a paper, or less than nothing."""

    code = "erp.pricing.amount_too_large"
    message = N_("%(amount)s cannot be written in words; amounts go from 0 to %(largest)s.")


def capitals(amount: Decimal) -> str:
    """Return an amount in Chinese capitals: 1680 is 壹仟陆佰捌拾元整, 1005.06 is 壹仟零伍元零陆分.

    A zero inside the number is said once; after whole yuan or jiao follows 整. Raises AmountTooLarge.
    """
    yuan, jiao, fen = _parts(amount)
    whole = _whole(yuan)
    if not jiao and not fen:
        return f"{whole or '零'}元整"
    text = f"{whole}元" if whole else ""
    if jiao:
        text += f"{DIGITS[jiao]}角"
    elif whole:
        text += "零"
    return text + (f"{DIGITS[fen]}分" if fen else "整")


def _parts(amount: Decimal) -> tuple[int, int, int]:
    """Return yuan, jiao and fen. Raises AmountTooLarge."""
    if not 0 <= amount <= LARGEST or amount != round(amount, 2):
        raise AmountTooLarge(amount=amount, largest=LARGEST)
    cents = int(amount * 100)
    return cents // 100, cents // 10 % 10, cents % 10


def _whole(number: int) -> str:
    """Return a whole number in capitals, group of four by group of four; nothing for 0."""
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    has_gap = False
    for place in reversed(range(len(groups))):
        group = groups[place]
        if group == 0:
            has_gap = bool(text)
            continue
        if text and (has_gap or group < 1000):
            text += "零"
        text += _group(group) + GROUPS[place]
        has_gap = False
    return text


def _group(number: int) -> str:
    """Return a number below 10,000 in capitals; zeros at its end are not said."""
    text, has_gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit == 0:
            has_gap = bool(text)
            continue
        text += ("零" if has_gap else "") + DIGITS[digit] + UNITS[place]
        has_gap = False
    return text


def in_english(amount: Decimal) -> str:
    """Return an amount in English: "one thousand six hundred eighty yuan and 06/100". Raises AmountTooLarge."""
    yuan, jiao, fen = _parts(amount)
    cents = 10 * jiao + fen
    tail = f" and {cents:02d}/100" if cents else " only"
    return f"{_english(yuan)} yuan{tail}"


def _english(number: int) -> str:
    if number == 0:
        return ONES[0]
    words, scale = [], 0
    while number:
        number, group = divmod(number, 1000)
        if group:
            words.append(f"{_hundreds(group)} {SCALES[scale]}".strip())
        scale += 1
    return " ".join(reversed(words))


def _hundreds(number: int) -> str:
    words = []
    if number >= 100:
        words.append(f"{ONES[number // 100]} hundred")
    rest = number % 100
    if 0 < rest < 20:
        words.append(ONES[rest])
    elif rest:
        words.append(TENS[rest // 10] + (f"-{ONES[rest % 10]}" if rest % 10 else ""))
    return " ".join(words)
