"""Reading the words of a line: model, colour, handing, number of sets, what the sizes are of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher

from erp.catalogue.rules.document import DimBasis, Handing
from erp.sales.rules.headings import basis_of
from erp.sales.rules.issues import Field, Issue, IssueCode, Severity, issue, one_each
from erp.sales.rules.normalise import count_of, is_blank, key, plain
from erp.sales.rules.vocabulary import Habits, ModelWords, Vocabulary

SETS_MAX = 999  # of one line; a project of more is several lines
OFFERS_MAX = 3
LIKENESS_MIN = 0.4  # two Chinese characters of which one is right are 0.5 alike


@dataclass(frozen=True, slots=True)
class Read:
    """One value as a line keeps it (None: none), and what is to be said about it."""

    value: str | None
    issues: tuple[Issue, ...] = ()


def _nearest(text: str, names: list[tuple[str, str]]) -> tuple[str, ...]:
    """Return the codes whose names look most like the text, best first."""
    flat = key(text)
    best: dict[str, float] = {}
    for name, code in names:
        likeness = SequenceMatcher(None, flat, key(name)).ratio()
        best[code] = max(likeness, best.get(code, 0.0))
    ranked = sorted(best, key=lambda code: -best[code])
    return tuple(code for code in ranked if best[code] >= LIKENESS_MIN)[:OFFERS_MAX]


def read_learned(field: Field, text: str, cell: str, habits: Habits) -> Read | None:
    """Return what the word means with this dealer, when a person has shown it once; always said."""
    found = next(
        (one for one in habits.learned if one.field == field.value and key(one.word) == key(text)), None
    )
    if found is None:
        return None
    note = issue(
        IssueCode.LEARNED_READ,
        Severity.NOTE,
        field,
        cell=cell,
        raw=plain(text),
        read=found.value,
        day=found.day,
    )
    return Read(found.value, (note,))


def read_usual(field: Field, cell: str, habits: Habits) -> Read | None:
    """Return what this dealer means where nothing is written; a wall, which decides the frame, is asked."""
    found = next((one for one in habits.usual if one.field == field.value), None)
    if found is None:
        return None
    severity = Severity.ASK if field is Field.WALL else Severity.NOTE
    said = issue(IssueCode.LEARNED_USUAL, severity, field, cell=cell, read=found.value, day=found.day)
    return Read(found.value, (said,))


def read_model(text: str, cell: str, vocabulary: Vocabulary) -> Read:
    """Find the model by its code or name; a name inside a longer text is said."""
    if is_blank(text):
        return Read(None)
    flat = key(text)
    names = [(name, model.code) for model in vocabulary.models for name in (model.code, *model.names) if name]
    exact = {code for name, code in names if plain(name).casefold() == plain(text).casefold()}
    if len(exact) == 1:
        return Read(exact.pop())
    alike = {code for name, code in names if key(name) == flat}
    inside = alike or {code for name, code in names if len(key(name)) > 1 and key(name) in flat}
    if len(inside) == 1:
        code = inside.pop()
        note = issue(IssueCode.MODEL_READ, Severity.NOTE, Field.MODEL, cell=cell, raw=plain(text), read=code)
        return Read(code, (note,))
    offers = tuple(sorted(inside))[:OFFERS_MAX] or _nearest(text, names)
    return Read(
        None,
        (
            issue(
                IssueCode.UNKNOWN_MODEL,
                Severity.STOP,
                Field.MODEL,
                cell=cell,
                offers=one_each(Field.MODEL, offers),
                raw=plain(text),
            ),
        ),
    )


def read_colour(text: str, cell: str, vocabulary: Vocabulary) -> Read:
    """Find the colour by its code, name or nickname; a nickname is said."""
    if is_blank(text):
        return Read(None)
    flat = key(text)
    names = [(name, c.code) for c in vocabulary.colours for name in (c.code, *c.names) if name]
    exact = {code for name, code in names if key(name) == flat}
    if len(exact) == 1:
        return Read(exact.pop())
    called = {c.code for c in vocabulary.colours for name in c.nicknames if key(name) == flat}
    if len(called) == 1:
        code = called.pop()
        note = issue(
            IssueCode.COLOUR_READ, Severity.NOTE, Field.COLOUR, cell=cell, raw=plain(text), read=code
        )
        return Read(code, (note,))
    every = names + [(name, c.code) for c in vocabulary.colours for name in c.nicknames]
    offers = tuple(sorted(exact | called)) or _nearest(text, every)
    return Read(
        None,
        (
            issue(
                IssueCode.UNKNOWN_COLOUR,
                Severity.STOP,
                Field.COLOUR,
                cell=cell,
                offers=one_each(Field.COLOUR, offers),
                raw=plain(text),
            ),
        ),
    )


_IN: tuple[str, ...] = ("内", "推", "in", "push")
_OUT: tuple[str, ...] = ("外", "拉", "out", "pull")
_LEFT: tuple[str, ...] = ("左", "left")
_RIGHT: tuple[str, ...] = ("右", "right")
_HANDING_FILLER = (
    "开",
    "手",
    "向",
    "门",
    "合页",
    "侧",
    "在",
    "-",
    "hand",
    "opening",
    "swing",
    "ward",
    "hinge",
    "ed",
)
_SHORT = {"il": Handing.IN_L, "ir": Handing.IN_R, "ol": Handing.OUT_L, "or": Handing.OUT_R}
_PLAIN_WORDS = {
    "内左": Handing.IN_L,
    "内右": Handing.IN_R,
    "外左": Handing.OUT_L,
    "外右": Handing.OUT_R,
} | {key(member.value): member for member in Handing}


def read_handing(text: str, cell: str, habits: Habits) -> Read:
    """Read hinge side and in or out; what lacks one of the two is asked, with the dealer's habit if any."""
    if is_blank(text):
        return Read(None)
    flat = key(text)
    if flat in _PLAIN_WORDS and not habits.is_seen_from_inside:
        return Read(_PLAIN_WORDS[flat].value)
    found = _PLAIN_WORDS.get(flat) or _SHORT.get(flat) or _compose(flat)
    if found is not None:
        seen = found.mirrored if habits.is_seen_from_inside else found
        by_hand = "手" in flat or "hand" in flat  # "left hand push" names a hand, perhaps not the hinges
        return Read(
            seen.value,
            (
                issue(
                    IssueCode.HANDING_AMBIGUOUS if by_hand else IssueCode.HANDING_READ,
                    Severity.ASK if by_hand else Severity.NOTE,
                    Field.HANDING,
                    cell=cell,
                    offers=one_each(Field.HANDING, (seen.mirrored.value,)) if by_hand else (),
                    raw=plain(text),
                    read=seen.value,
                ),
            ),
        )
    return _half_handing(text, flat, cell, habits)


def _compose(flat: str) -> Handing | None:
    """Read 左内开, "left in": exactly one side, exactly one way, and nothing else."""
    rest, side, way = flat, "", ""
    for words, letter in ((_LEFT, "L"), (_RIGHT, "R")):
        for word in words:
            if word in rest:
                side, rest = side + letter, rest.replace(word, "")
    for words, letter in ((_IN, "IN"), (_OUT, "OUT")):
        for word in words:
            if word in rest:
                way, rest = way + letter, rest.replace(word, "")
    for word in _HANDING_FILLER:
        rest = rest.replace(word, "")
    whole = side in ("L", "R") and way in ("IN", "OUT") and not rest
    return Handing[f"{way}_{side}"] if whole else None


_SIDES = {"左": "左", "左边": "左", "左侧": "左", "左手": "左", "left": "左", "l": "左"}
_SIDES |= {"右": "右", "右边": "右", "右侧": "右", "右手": "右", "right": "右", "r": "右"}


def side_of(text: str) -> str | None:
    """Return 左 or 右 where a hinge column names the side and nothing else."""
    return _SIDES.get(key(text))


def read_with_hinge(text: str, cell: str, side: str, habits: Habits) -> Read:
    """Read the handing together with the side of the hinges; ask when the two contradict each other."""
    whole = read_handing(text, cell, habits)
    if whole.value is None:
        return read_handing(f"{side}{plain(text) if not is_blank(text) else ''}", cell, habits)
    is_left = (side == "左") is not habits.is_seen_from_inside
    if whole.value.endswith("L") is is_left:
        return whole
    differs = issue(
        IssueCode.HINGE_SIDE_DIFFERS,
        Severity.ASK,
        Field.HANDING,
        cell=cell,
        offers=one_each(Field.HANDING, (Handing[whole.value].mirrored.value,)),
        raw=side,
        read=whole.value,
    )
    return Read(whole.value, (*whole.issues, differs))


def _half_handing(text: str, flat: str, cell: str, habits: Habits) -> Read:
    """A lone 左 or an unknown word: offer the readings; take the habit's when the dealer has one."""
    is_left, is_right = "左" in flat or flat in ("l", "left"), "右" in flat or flat in ("r", "right")
    offers = tuple(
        member.value
        for member in Handing
        if is_left is is_right or member.value.endswith("L" if is_left else "R")
    )
    read = None
    if habits.bare_side_is_in is not None and is_left is not is_right:
        side = "L" if is_left is not habits.is_seen_from_inside else "R"
        read = Handing[("IN_" if habits.bare_side_is_in else "OUT_") + side].value
        offers = tuple(code for code in offers if code != read)
    found = issue(
        IssueCode.HANDING_AMBIGUOUS,
        Severity.ASK if read else Severity.STOP,
        Field.HANDING,
        cell=cell,
        offers=one_each(Field.HANDING, offers),
        raw=plain(text),
        read=read or "",
    )
    return Read(read, (found,))


_CHOICE_WORDS: dict[Field, dict[str, str]] = {
    Field.GLASS: {"清玻": "CLEAR", "透明": "CLEAR", "透明玻璃": "CLEAR", "清玻璃": "CLEAR", "clear": "CLEAR"}
    | {"磨砂": "FROSTED", "磨砂玻璃": "FROSTED", "frosted": "FROSTED", "无": "NONE", "不要": "NONE"},
    Field.BOTTOM: {"有": "BOARD", "木槛": "BOARD", "门槛": "BOARD", "下槛": "BOARD", "yes": "BOARD"}
    | {"无": "NONE", "不要": "NONE", "no": "NONE"},
    Field.FACES: {"双面": "BOTH", "两面": "BOTH", "both": "BOTH", "单面": "OPEN", "一面": "OPEN"}
    | {"无": "NONE", "不要": "NONE", "无套线": "NONE", "none": "NONE"},
    Field.CORNER: dict.fromkeys(("45", "45°", "45度", "45度角", "45°角", "斜拼", "斜角", "mitre"), "MITRE45")
    | dict.fromkeys(("90", "90°", "90度", "90度角", "90°角", "直拼", "直角", "butt"), "BUTT90"),
    Field.HINGE: {},
}


def read_choice(field: Field, text: str, cell: str, model: ModelWords | None) -> Read:
    """Read a further choice (glass, threshold, architrave faces, corner, hinges) by its code, its name or a usual word.

    无 is a choice of its own here, and only an empty cell or a dash leaves the model's usual one.
    """
    flat = key(text)
    option = model.option(field.value) if model else None
    values = option.values if option else ()
    named = [one.code for one in values if flat and flat in {key(name) for name in (one.code, *one.names)}]
    if len(named) == 1:
        return Read(named[0])
    usual = _CHOICE_WORDS[field].get(flat)
    if usual is not None and (option is None or usual in {one.code for one in values}):
        note = issue(IssueCode.OPTION_READ, Severity.NOTE, field, cell=cell, raw=plain(text), read=usual)
        return Read(usual, (note,))
    if is_blank(text):
        return Read(None)
    codes = tuple(one.code for one in values)
    unknown = issue(
        IssueCode.OPTION_UNKNOWN,
        Severity.STOP,
        field,
        cell=cell,
        offers=one_each(field, codes),
        raw=plain(text),
        choices=codes,
    )
    return Read(None, (unknown,))


def read_count(text: str, cell: str) -> Read:
    """Read the number of sets; an empty cell is read as 1 and asked."""
    if is_blank(text):
        return Read("1", (issue(IssueCode.QTY_ASSUMED, Severity.ASK, Field.SET_COUNT, cell=cell),))
    count = count_of(text)
    if count is None or not 1 <= count <= SETS_MAX:
        wrong = issue(
            IssueCode.QTY_UNREADABLE,
            Severity.STOP,
            Field.SET_COUNT,
            cell=cell,
            raw=plain(text),
            limit=SETS_MAX,
        )
        return Read(None, (wrong,))
    return Read(str(count))


_PRICE = re.compile(
    r"(?:¥|rmb|cny)?([0-9]{1,7}(?:\.[0-9]{1,2})?)(?:元|块|rmb|cny)?(?:/[樘套扇])?", re.IGNORECASE
)


def read_price(text: str, cell: str) -> Read:
    """Read what the dealer expects to pay for one set; what is no price is said, and nothing is compared then."""
    flat = re.sub(r"(?<=[0-9]),(?=[0-9]{3})|\s", "", plain(text).replace("\uffe5", "¥"))
    if is_blank(text):
        return Read(None)
    found = _PRICE.fullmatch(flat)
    if found is not None:
        return Read(f"{Decimal(found[1]):.2f}")
    unread = issue(IssueCode.PRICE_UNREADABLE, Severity.NOTE, Field.PRICE, cell=cell, raw=plain(text))
    return Read(None, (unread,))


def read_basis(text: str, cell: str) -> Read:
    """Read what the sizes are of: 洞口, 门扇, …"""
    if is_blank(text):
        return Read(None)
    if plain(text) in {member.value for member in DimBasis}:
        return Read(plain(text))
    basis = basis_of(text)
    if basis is None:
        offers = one_each(Field.DIM_BASIS, tuple(member.value for member in DimBasis))
        unknown = issue(
            IssueCode.DIM_BASIS_UNKNOWN,
            Severity.STOP,
            Field.DIM_BASIS,
            cell=cell,
            offers=offers,
            raw=plain(text),
        )
        return Read(None, (unknown,))
    return Read(basis.value)
