"""Two hundred lines in the sheets of five dealers, each with a style of its own, and the truth beside each line.

A line starts as the truth. Its dealer's style writes it into cells; a fault then spoils some cells, so that
a person would have to ask. Everything is worked out from the line's number: the same sheets every time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from erp.catalogue.rules.document import DimBasis, Handing
from erp.sales.rules.issues import IssueCode
from erp.sales.rules.vocabulary import Habits
from tests.erp.sales import formats, sheets

LINES_OF_ONE = 40
FAULT_EVERY = 5  # each fifth line is spoiled
Cells = dict[str, object]


@dataclass(frozen=True, slots=True)
class Truth:
    """What the dealer means; lengths in mm. `fault` is the issue that must stop it, None: complete."""

    room: str
    model: str
    model_name: str
    colour: str
    width: int
    height: int
    wall: int
    handing: Handing | None
    count: int
    basis: DimBasis = DimBasis.OPENING
    fault: IssueCode | None = None

    def values(self) -> dict[str, str]:
        """What a line must say when it is taken without a touch."""
        return {
            "room": self.room,
            "model": self.model,
            "colour": self.colour,
            "dim_basis": self.basis.value,
            "width_mm": str(self.width),
            "height_mm": str(self.height),
            "wall_mm": str(self.wall),
            "handing": self.handing.value if self.handing else "",
            "set_count": str(self.count),
        }


@dataclass(frozen=True, slots=True)
class DealerSheet:
    """One dealer's file: its bytes, how this dealer writes, and the truth of each line by its room."""

    dealer: str
    name: str
    content: bytes
    habits: Habits
    truths: tuple[Truth, ...]


ROOMS = ("主卧", "次卧", "书房", "儿童房", "老人房", "客卫", "主卫", "衣帽间")
MODELS = (
    ("M-SINGLE", "免漆单开门"),
    ("P-SINGLE", "烤漆单开门"),
    ("M-DOUBLE", "免漆对开门"),
    ("M-CASED", "免漆垭口"),
)
NOTES = ("", "防水", "靠窗那樘先做", "要静音", "业主 13857012345", "-")
COLOURS = {"M": ("WHITE", "GREY", "WALNUT", "OAK"), "P": ("WHITE", "GREY", "SAGE")}


def truth(dealer: int, number: int) -> Truth:
    """Return the line of that number: mostly single doors in sizes that real openings have."""
    model, name = MODELS[(0, 0, 1, 0, 2, 0, 1, 3)[(number + dealer) % 8]]
    width = {"M-DOUBLE": 1500, "M-CASED": 1400}.get(model, 760 + 10 * ((7 * number + dealer) % 21))
    colours = COLOURS[model[0]]
    handing = None if model == "M-CASED" else list(Handing)[(number * 3 + dealer) % 4]
    return Truth(
        room=f"{ROOMS[number % 8]}{number + 1}",
        model=model,
        model_name=name,
        colour=colours[number % len(colours)],
        width=width,
        height=2050 + 10 * ((3 * number) % 12),
        wall=(120, 150, 200, 240)[number % 4],
        handing=handing,
        count=1 + (number % 7 == 0),
    )


# --- faults -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """How cells are spoiled, and the issue that must say so; `model` is what the line must be for it."""

    code: IssueCode
    cells: Mapping[str, object]
    model: str = "M-SINGLE"


FAULTS: dict[str, tuple[Fault, ...]] = {
    "any": (
        Fault(IssueCode.HANDING_AMBIGUOUS, {"handing": "左"}),
        Fault(IssueCode.HANDING_AMBIGUOUS, {"handing": "1"}),
        Fault(IssueCode.HANDING_MISSING, {"handing": "无"}),
        Fault(IssueCode.UNKNOWN_COLOUR, {"colour": "珍珠贝"}),
        Fault(IssueCode.COLOUR_MISSING, {"colour": "/"}),
        Fault(IssueCode.UNKNOWN_MODEL, {"model": "欧式三号"}),
        Fault(IssueCode.MODEL_MISSING, {"model": "-"}),
        Fault(IssueCode.WALL_PER_SIDE, {"note": "左墙260,右墙240"}),
        Fault(IssueCode.QTY_IN_REMARK, {"note": "同款一共3樘"}),
        Fault(IssueCode.FLOOR_NOT_DEDUCTED, {"note": "地面未扣，找平50mm"}),
        Fault(IssueCode.REMARK_SAYS_MORE, {"note": "扇高2100"}),
        Fault(IssueCode.QTY_UNREADABLE, {"count": "若干"}),
        Fault(IssueCode.QTY_ASSUMED, {"count": ""}),
    ),
    "columns": (
        Fault(IssueCode.WALL_MISSING, {"wall": "无"}),
        Fault(IssueCode.WALL_RANGE, {"wall": 310}),
        Fault(IssueCode.OUT_OF_LIMIT, {"width": 2100, "height": 900}),
        Fault(IssueCode.OUT_OF_LIMIT, {"width": 1300}),
        Fault(IssueCode.LEAF_SIZE_SUSPECT, {"width": 830, "height": 2055}),
        Fault(IssueCode.UNIT_SUSPECT, {"width": 90, "height": 210}),
        Fault(IssueCode.SIZE_UNREADABLE, {"width": "900～950"}),
        Fault(IssueCode.SIZE_UNREADABLE, {"height": "2100±10"}),
        Fault(IssueCode.SIZE_MISSING, {"height": ""}),
        Fault(IssueCode.DIM_ORDER_AMBIGUOUS, {"width": 1900, "height": 1850}, "M-DOUBLE"),
        Fault(IssueCode.LOCK_UNKNOWN, {"lock": "指纹锁"}),
    ),
    "cell": (
        Fault(IssueCode.DIM_ORDER_AMBIGUOUS, {"size": "2000*1900*240"}, "M-CASED"),
        Fault(IssueCode.SIZE_UNREADABLE, {"size": "约2100*900"}),
        Fault(IssueCode.SIZE_UNREADABLE, {"size": "2100*850~900*240"}),
        Fault(IssueCode.WALL_MISSING, {"size": "2100*900"}),
        Fault(IssueCode.UNIT_SUSPECT, {"size": "210*90*24"}),
        Fault(IssueCode.OUT_OF_LIMIT, {"size": "2700*900*240"}),
    ),
}


def _lines(dealer: int, kinds: tuple[str, ...], first: int) -> list[tuple[Truth, Mapping[str, object]]]:
    """Return the dealer's lines with what spoils them; `first` is the first fault of its list."""
    faults = [fault for kind in kinds for fault in FAULTS[kind]]
    lines: list[tuple[Truth, Mapping[str, object]]] = []
    for number in range(LINES_OF_ONE):
        line = truth(dealer, number)
        if number % FAULT_EVERY != 3:
            lines.append((line, {}))
            continue
        fault = faults[(number // FAULT_EVERY + first) % len(faults)]
        handing = None if fault.model == "M-CASED" else Handing.IN_L
        line = replace(
            line, model=fault.model, model_name=dict(MODELS)[fault.model], colour="WHITE", handing=handing
        )
        if fault.model == "M-SINGLE":
            line = replace(line, width=880, height=2090)
        lines.append((replace(line, fault=fault.code), fault.cells))
    return lines


# --- five dealers -----------------------------------------------------------

_ZH = {"WHITE": "暖白", "GREY": "浅灰", "WALNUT": "胡桃木", "OAK": "原木橡木", "SAGE": "豆绿"}
_NICK = {"WHITE": "奶白", "GREY": "高级灰", "WALNUT": "黑胡桃", "OAK": "原木色", "SAGE": "豆沙绿"}
_SHORT = {
    None: "无",
    Handing.IN_L: "内左",
    Handing.IN_R: "内右",
    Handing.OUT_L: "外左",
    Handing.OUT_R: "外右",
}
_LONG = {
    None: "",
    Handing.IN_L: "左内开",
    Handing.IN_R: "右内开",
    Handing.OUT_L: "左外开",
    Handing.OUT_R: "右外开",
}
_EN = {
    None: "-",
    Handing.IN_L: "left in",
    Handing.IN_R: "right in",
    Handing.OUT_L: "left out",
    Handing.OUT_R: "right out",
}


def _plain_cells(line: Truth, colours: Mapping[str, str], handings: Mapping[Handing | None, str]) -> Cells:
    return {
        "room": line.room,
        "model": line.model_name,
        "colour": colours[line.colour] + " \u3000"[: line.width // 10 % 3],
        "width": line.width,
        "height": line.height,
        "wall": line.wall,
        "handing": handings[line.handing],
        "lock": "",
        "count": line.count,
        "note": NOTES[line.height // 10 % len(NOTES)],
    }


def _rows(
    lines: list[tuple[Truth, Mapping[str, object]]], cells: Callable[[Truth], Cells], order: str
) -> list[list[object]]:
    return [[(cells(line) | dict(spoilt)).get(name, "") for name in order.split()] for line, spoilt in lines]


def quzhou() -> DealerSheet:
    """An .xlsx with two header rows, merged cells, subtotals, a total, and phone and dates as numbers."""
    lines = _lines(0, ("columns", "any"), 0)
    rows = _rows(
        lines,
        lambda line: _plain_cells(line, _ZH, _SHORT),
        "room model colour width height wall handing lock count note",
    )

    def fill(workbook: Workbook, page: Worksheet) -> None:
        page.merge_range("A1:K1", "衢州柯城店 木门订货单")
        page.write_row("A2", ("订单号：", "KC-7", "", "客户：郑女士", "", "", "电话：", 13857012345.0))
        for column, text in (("A", "序号"), ("B", "位置"), ("C", "型号"), ("D", "颜色")):
            page.merge_range(f"{column}3:{column}4", text)
        page.merge_range("E3:G3", "洞口尺寸")
        page.write_row("E4", ("宽", "高", "墙厚"))
        for column, text in (("H", "开启方向"), ("I", "锁具"), ("J", "数量(樘)"), ("K", "备注")):
            page.merge_range(f"{column}3:{column}4", text)
        at = 4
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate([number, *row]):
                if value != "":
                    page.write(at, column, value)
            at += 1
            if number % 20 == 0:
                page.write(at, 1, "小计")
                at += 1
        page.write(at, 1, "合计")
        page.write(at + 1, 0, "制单：小周")

    return DealerSheet("衢州", "柯城.xlsx", sheets.book(fill), Habits(), tuple(line for line, _ in lines))


def jinhua() -> DealerSheet:
    """An .xls with all sizes in one cell, height first without a word about it, nicknames, a heading for each floor."""
    lines = _lines(1, ("cell", "any"), 0)

    def cells(line: Truth) -> Cells:
        mark = "*×xX"[line.height // 10 % 4]
        size = mark.join((str(line.height), str(line.width), str(line.wall)))
        return _plain_cells(line, _NICK, _LONG) | {"size": size}

    rows = _rows(lines, cells, "room model colour size handing count note")
    head = ["安装位置", "款式", "油色", "门洞尺寸", "开启方向", "樘数", "备注"]
    floors = [["一楼", *[""] * 6], *rows[:20], ["二楼", *[""] * 6], *rows[20:]]
    table = [["金华江南店订货单", *[""] * 6], ["客户:李先生", *[""] * 6], head, *floors]
    content = formats.xls(table, merged=[(0, 0, 0, 6), (3, 0, 3, 6), (24, 0, 24, 6)])
    return DealerSheet("金华", "江南.xls", content, Habits(), tuple(line for line, _ in lines))


def lishui() -> DealerSheet:
    """An .ods in cm by its heading, model and colour merged over two rows where they are the same."""
    lines = _lines(2, ("any",), 2)

    def cells(line: Truth) -> Cells:
        plain = _plain_cells(line, _ZH, _SHORT)
        return plain | {
            name: float(Decimal(int(str(plain[name]))) / 10) for name in ("width", "height", "wall")
        }

    rows = _rows(lines, cells, "room model colour width height wall handing count note")
    head = ["房间", "型号", "颜色", "洞口宽(cm)", "洞口高(cm)", "墙厚(cm)", "开向", "数量", "备注"]
    merged = [
        (at + 1, 1, at + 2, 1)
        for at in range(0, len(rows) - 1, 2)
        if rows[at][1] == rows[at + 1][1] and "-" not in (rows[at][1], rows[at + 1][1])
    ]
    content = formats.ods([head, *rows], merged=merged)
    return DealerSheet("丽水", "丽水.ods", content, Habits(), tuple(line for line, _ in lines))


def shangrao() -> DealerSheet:
    """A .csv in GB18030 from a Chinese Excel: full-width digits, units beside the numbers, 樘 in the count."""
    lines = _lines(3, ("columns", "any"), 8)
    wide = str.maketrans("0123456789", "０１２３４５６７８９")

    def cells(line: Truth) -> Cells:
        return _plain_cells(line, _NICK, _LONG) | {
            "width": f"{line.width}mm" if line.count > 1 else str(line.width).translate(wide),
            "height": str(line.height).translate(wide),
            "count": f"{line.count}樘",
        }

    rows = _rows(lines, cells, "room model colour width height wall handing lock count note")
    head = ["位置", "产品名称", "花色", "洞口宽度", "洞口高度", "墙体厚", "开门方向", "门锁", "数量", "说明"]
    content = formats.separated([["上饶店"], [], head, *rows, ["合计"]])
    return DealerSheet("上饶", "上饶.csv", content, Habits(), tuple(line for line, _ in lines))


def overseas() -> DealerSheet:
    """Cells pasted from an English sheet: tabs, models and colours by their codes."""
    lines = _lines(4, ("columns", "any"), 16)
    rows = _rows(
        lines,
        lambda line: (
            _plain_cells(line, {code: code for code in _ZH}, _EN)
            | {"model": line.model, "count": f"{line.count} sets"}
        ),
        "room model colour width height wall handing lock count note",
    )
    head = [
        "Room",
        "Model",
        "Colour",
        "Opening width",
        "Opening height",
        "Wall",
        "Handing",
        "Lock",
        "Qty",
        "Remark",
    ]
    content = formats.separated([head, *rows], "utf-8", "\t")
    return DealerSheet("overseas", "pasted.csv", content, Habits(), tuple(line for line, _ in lines))


DEALERS = (quzhou, jinhua, lishui, shangrao, overseas)
