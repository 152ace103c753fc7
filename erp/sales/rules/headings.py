"""The words of headings: which column of an order sheet means what, in Chinese and in English."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from erp.catalogue.rules.document import DimBasis
from erp.sales.rules.normalise import INCH_MM, key, plain


class Column(Enum):
    """What a column of a dealer's sheet holds."""

    POSITION = "position"
    ROOM = "room"
    KIND = "kind"
    MODEL = "model"
    COLOUR = "colour"
    DIM_BASIS = "dim_basis"
    SIZE = "size"  # width and height, perhaps the wall, in one cell
    WIDTH = "width"
    HEIGHT = "height"
    WALL = "wall"
    MOTHER_WIDTH = "mother_width"
    HANDING = "handing"
    LOCK = "lock"
    SET_COUNT = "set_count"
    NOTE = "note"
    GLASS = "glass"
    BOTTOM = "bottom"
    FACES = "faces"
    WALL_L = "wall_l"
    WALL_R = "wall_r"
    FLOOR = "floor"
    LIGHT = "light"
    CORNER = "corner"
    HINGE = "hinge"
    PRICE = "price"


# A heading is the first column one of whose words it is, else the first one whose word it contains.
WORDS: tuple[tuple[Column, tuple[str, ...]], ...] = (
    (Column.POSITION, ("序号", "序", "行号", "no", "item", "line", "#")),
    (Column.MOTHER_WIDTH, ("母扇宽", "母扇", "母门宽", "activeleaf", "motherleaf", "activeleafwidth")),
    (Column.WALL_L, ("左墙厚", "左墙", "左侧墙厚", "wall left", "left wall")),
    (Column.WALL_R, ("右墙厚", "右墙", "右侧墙厚", "wall right", "right wall")),
    (Column.FLOOR, ("地面厚", "地面厚度", "地板厚", "地板厚度", "地面未做厚度", "floor", "floor thickness")),
    (Column.LIGHT, ("上亮", "上亮高", "上亮高度", "气窗高", "亮窗高", "transom", "transom height")),
    (Column.GLASS, ("玻璃", "玻璃型号", "玻璃款式", "glass")),
    (Column.BOTTOM, ("下槛", "门槛", "木槛", "threshold")),
    (Column.FACES, ("套线面数", "单双面", "套线单双面", "architrave faces", "faces")),
    (Column.CORNER, ("碰角", "套线碰角", "碰角方式", "拼角", "corner", "mitre")),
    (Column.HINGE, ("合页", "铰链", "合页数", "合页数量", "合页边", "合页方向", "hinge", "hinges", "hinge side")),
    (Column.DIM_BASIS, ("尺寸类型", "尺寸按", "尺寸说明", "量法", "sizes are of", "size basis")),
    (Column.WALL, ("墙厚", "墙体厚", "墙体", "套板宽", "门洞厚", "wall", "wall thickness", "厚")),
    (Column.HANDING, ("开向", "开启方向", "开门方向", "方向", "开启", "handing", "swing")),
    (Column.LOCK, ("锁具", "锁型", "门锁", "锁", "lock", "lockmodel")),
    (Column.SET_COUNT, ("数量", "樘数", "套数", "樘", "qty", "quantity", "sets", "pcs")),
    (Column.COLOUR, ("颜色", "花色", "色号", "油色", "饰面", "colour", "color", "finish")),
    (Column.ROOM, ("位置", "安装位置", "房间", "房号", "部位", "空间", "room", "location")),
    (Column.MODEL, ("型号", "款式", "门型", "款号", "产品型号", "花型", "model", "style")),
    (Column.KIND, ("门类型", "类型", "产品名称", "品名", "产品", "名称", "kind", "type", "product")),
    (Column.NOTE, ("备注", "说明", "要求", "remark", "remarks", "note", "notes")),
    (Column.SIZE, ("洞口尺寸", "门洞尺寸", "门扇尺寸", "产品尺寸", "尺寸", "规格", "size", "dimensions")),
    (Column.WIDTH, ("宽", "宽度", "洞口宽", "门洞宽", "width", "w")),
    (Column.HEIGHT, ("高", "高度", "洞口高", "门洞高", "height", "h")),
)  # fmt: skip
_PRICES = frozenset(
    ("单价", "价格", "成交价", "成交单价", "折后单价", "每樘价格", "unitprice", "price")
)  # of one set
_SKIPPED_SIZES = re.compile(r"(踢脚|地板|地面|套线|线条|玻璃|面积|价|金额|执手|轨道|单位$)")
_BASES = (
    (DimBasis.LEAF, ("门扇", "扇尺寸", "leaf")),
    (DimBasis.FRAME_OUTER, ("套外", "门套外", "框外", "frame")),
    (DimBasis.CLEAR, ("净空", "通行", "净尺寸", "clear")),
    (DimBasis.OPENING, ("洞口", "门洞", "墙洞", "opening")),
)
MONEY = re.compile(r"(单价|金额|价格|折扣|小计|面积|price|amount|total|area)")


@dataclass(frozen=True, slots=True)
class Heading:
    """What one column's heading says, both header rows together."""

    text: str
    column: Column | None
    is_exact: bool  # the whole heading is a known word, not only a part of it


def basis_of(text: str) -> DimBasis | None:
    """Return what sizes are of, by a word such as 洞口 or "leaf"."""
    flat = key(text)
    return next((basis for basis, words in _BASES if any(word in flat for word in words)), None)


_UNITS = {"毫米": Decimal(1), "mm": Decimal(1), "厘米": Decimal(10), "公分": Decimal(10), "cm": Decimal(10)}
_UNITS |= {"英寸": INCH_MM, "inch": INCH_MM}


def unit_of(text: str) -> Decimal | None:
    """Return the unit that a heading names, in mm: 1, 10, 25.4 or 1000."""
    match = re.search(r"(毫米|mm|厘米|公分|cm|英寸|inch|(?<![a-z])米|\(m\))", plain(text).casefold())
    return _UNITS.get(match[1], Decimal(1000)) if match else None


def order_of(text: str) -> str:
    """Return the order of measures that a heading states, as letters: 宽*高*墙 is "WHT"; "" for none."""
    flat = plain(text).casefold()
    found = re.findall(r"墙厚|墙|厚|宽|高|width|height|wall|(?<![a-z])[wht](?![a-z])", flat)
    letters = ""
    for word in found:
        letter = {"宽": "W", "高": "H", "width": "W", "height": "H", "w": "W", "h": "H"}.get(word, "T")
        letters += letter if letter not in letters else ""
    return letters if "W" in letters and "H" in letters else ""


def heading(text: str, own: tuple[tuple[str, str], ...] = ()) -> Heading:
    """Return which column a heading means; `own` are the dealer's agreed headings."""
    bare = re.sub(r"[(（【\[].*?[)）】\]]", "", plain(text))
    bare = re.sub(r"(毫米|厘米|公分|英寸|mm|cm|inch(es)?)", "", bare, flags=re.IGNORECASE)
    flat = key(bare) or key(text)
    for word, name in own:
        if key(word) in (flat, key(text)):
            return Heading(text, Column[name], True)
    if flat in _PRICES:
        return Heading(text, Column.PRICE, True)
    if not flat or MONEY.search(flat):
        return Heading(text, None, False)
    for column, words in WORDS:
        if flat in {key(word) for word in words}:
            return Heading(text, column, True)
    if order_of(text):
        return Heading(text, Column.SIZE, True)
    return Heading(text, _by_part(flat), False)


def _by_part(flat: str) -> Column | None:
    """Return the column of which a known word is a part of the heading (门扇宽, 客户安装位置)."""
    if _SKIPPED_SIZES.search(flat):
        return None
    if flat.endswith(("宽", "高")):
        return Column.WIDTH if flat.endswith("宽") else Column.HEIGHT
    for column, words in WORDS:
        if any(len(key(word)) > 1 and key(word) in flat for word in words):
            return column
    return None
