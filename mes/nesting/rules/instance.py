"""A cutting instance: what is to be cut out of which stock, read strictly from JSON data.

Lengths outside are mm in steps of 0.1; inside they are integers of 0.1 mm (`*_dmm`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_

_C = TypeVar("_C", bound=Choice)

SIZE_MAX_MM = Decimal(100_000)  # 100 m: beyond it somebody has typed a wrong unit
PIECES_MAX = 200_000  # beyond it a plan is no longer something a saw can follow
COST_PLACES = 6  # costs are compared exactly, as whole numbers of 0.000001


class Kind(Choice):
    """What is sawn: boards in two directions, or bars to length."""

    SHEET = "sheet", N_("Sheets")
    BAR = "bar", N_("Bars")


class Grain(Choice):
    """Along which side the grain runs; a part without grain is free to turn."""

    LENGTH = "length", N_("Along the length")
    WIDTH = "width", N_("Along the width")
    NONE = "none", N_("No grain")


class FirstCut(Choice):
    """Along which side of a board its first cuts run; a saw may know only one way."""

    ANY = "any", N_("Either way")
    LENGTH = "length", N_("Along the length")
    WIDTH = "width", N_("Along the width")


@dataclass(frozen=True, slots=True)
class InstanceFault:
    """One thing that is wrong with an instance, and where."""

    place: str
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The fault as one English line."""
        return f"{self.place}: {self.message % self.facts}"


class InstanceRefused(RuleViolation):
    """The instance cannot be read; `faults` names every fault with its place."""

    code = "mes.nesting.instance_refused"
    message = N_("The cutting instance has %(count)s faults; the first is at %(place)s.")

    def __init__(self, faults: tuple[InstanceFault, ...]) -> None:
        super().__init__(count=len(faults), place=faults[0].place)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Trim:
    """What is cut off each edge of a stock piece; a bar has a start (left) and an end (right)."""

    left_dmm: int = 0
    right_dmm: int = 0
    bottom_dmm: int = 0
    top_dmm: int = 0


@dataclass(frozen=True, slots=True)
class Stock:
    """One size of board or bar that may be cut; `quantity` None is without limit."""

    id: str
    length_dmm: int
    width_dmm: int  # 0 for a bar
    quantity: int | None
    cost: int  # in units of 10 ** -COST_PLACES
    grain: Grain
    is_offcut: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One size that is wanted, `quantity` times; `mitre_dmm` is what its mitred ends cost besides.

    Parts of one `match` lie side by side across their length, in the order in which they are listed.
    """

    id: str
    length_dmm: int
    width_dmm: int  # 0 for a bar
    quantity: int
    grain: Grain
    mitre_dmm: int = 0
    match: str = ""

    def extent(self, is_turned: bool) -> tuple[int, int]:
        """Return what the part covers along the stock's length and along its width."""
        return (self.width_dmm, self.length_dmm) if is_turned else (self.length_dmm, self.width_dmm)


@dataclass(frozen=True)
class Instance:
    """A whole cutting job of one material."""

    kind: Kind
    kerf_dmm: int
    trim: Trim
    stages: int
    offcut_length_dmm: int  # both 0: offcuts are not kept
    offcut_width_dmm: int
    stock: tuple[Stock, ...]
    parts: tuple[Part, ...]
    first_cut: FirstCut = FirstCut.ANY

    @property
    def axes(self) -> tuple[int, ...]:
        """Return the axes (0: the stock's length) along which what the first cuts take off may follow."""
        return {FirstCut.ANY: (0, 1), FirstCut.WIDTH: (0,), FirstCut.LENGTH: (1,)}[self.first_cut]

    @cached_property
    def groups(self) -> Mapping[str, tuple[Part, ...]]:
        """The parts that are cut side by side out of one board, by the name of their match."""
        found: dict[str, tuple[Part, ...]] = {}
        for part in self.parts:
            if part.match:
                found[part.match] = (*found.get(part.match, ()), part)
        return found

    def turn_of(self, is_turned: bool) -> int:
        """Return the first-cut direction in which the stages allow the cuts within a group that lies so."""
        across = 0 if is_turned else 1  # the axis along which its members follow each other
        return 1 - across if self.stages == 2 else across

    @cached_property
    def mitres(self) -> Mapping[str, int]:
        """The extra length of the parts that have mitred ends, by id."""
        return {part.id: part.mitre_dmm for part in self.parts if part.mitre_dmm}

    def room(self, stock: Stock) -> tuple[int, int]:
        """Return the length and width of `stock` inside its trims; a bar's width is 0.

        Where the trims leave nothing it is 0 or below, and no part fits.
        """
        length = stock.length_dmm - self.trim.left_dmm - self.trim.right_dmm
        if self.kind is Kind.BAR:
            return length, 0
        return length, stock.width_dmm - self.trim.bottom_dmm - self.trim.top_dmm

    def turns(self, part: Part, stock: Stock) -> tuple[bool, ...]:
        """Return the ways (not turned, turned) in which the grains of part and stock agree.

        A stock without grain takes a part either way.
        """
        if self.kind is Kind.BAR:
            return (False,)
        if Grain.NONE in (part.grain, stock.grain):
            return (False, True)
        return (part.grain is not stock.grain,)

    def has_size(self, part: Part) -> bool:
        """Return whether there is anything to cut."""
        return part.length_dmm > 0 and (self.kind is Kind.BAR or part.width_dmm > 0)

    def ways(self, part: Part, stock: Stock) -> tuple[bool, ...]:
        """Return those of `turns` in which the part also fits inside the trims; none for a part without size."""
        room = self.room(stock)
        if not self.has_size(part):
            return ()
        return tuple(
            turned
            for turned in self.turns(part, stock)
            if (not part.match or self.turn_of(turned) in self.axes)
            and part.extent(turned)[0] + part.mitre_dmm <= room[0]
            and part.extent(turned)[1] <= room[1]
        )


def read_instance(data: object) -> Instance:
    """Return the instance that `data` (parsed JSON) describes.

    Raises InstanceRefused with every fault and its place.
    """
    reader = _Reader()
    instance = reader.instance(data)
    if reader.faults or instance is None:
        raise InstanceRefused(tuple(reader.faults))
    return instance


_TOP = {"kind", "first_cut", "kerf_mm", "trim_mm", "stages", "min_offcut_mm", "stock", "parts"}
_STOCK = {"id", "length_mm", "width_mm", "quantity", "cost", "grain", "offcut"}
_PART = {"id", "length_mm", "width_mm", "quantity", "grain", "mitre_mm", "match"}
_SIDES = {Kind.SHEET: ("left", "right", "bottom", "top"), Kind.BAR: ("start", "end")}


class _Reader:
    """Reads one instance and collects what is wrong; a faulty value reads as a harmless one."""

    def __init__(self) -> None:
        self.faults: list[InstanceFault] = []
        self.kind = Kind.SHEET

    def fault(self, place: str, message: str, **facts: object) -> None:
        self.faults.append(InstanceFault(place, message, {name: str(fact) for name, fact in facts.items()}))

    def instance(self, data: object) -> Instance | None:
        top = self.mapping(data, "instance", _TOP)
        if top is None:
            return None
        self.kind = self.choice(Kind, top.get("kind"), "kind", Kind.SHEET)
        is_bar = self.kind is Kind.BAR
        least = self.mapping(top.get("min_offcut_mm", {}), "min_offcut_mm", {"length", "width"}) or {}
        instance = Instance(
            kind=self.kind,
            kerf_dmm=self.size(top.get("kerf_mm"), "kerf_mm", least=0),
            trim=self.trim(top.get("trim_mm", {})),
            stages=1 if is_bar else self.whole(top.get("stages", 3), "stages", least=1),
            offcut_length_dmm=self.size(least.get("length", 0), "min_offcut_mm.length", least=0),
            offcut_width_dmm=self.size(least.get("width", 0), "min_offcut_mm.width", least=0),
            stock=tuple(self.stock(row, f"stock[{i}]") for i, row in self.rows(top.get("stock"), "stock")),
            first_cut=FirstCut.ANY
            if is_bar
            else self.choice(FirstCut, top.get("first_cut", "any"), "first_cut", FirstCut.ANY),
            parts=tuple(self.part(row, f"parts[{i}]") for i, row in self.rows(top.get("parts"), "parts")),
        )
        self.whole_faults(instance)
        return instance

    def whole_faults(self, instance: Instance) -> None:
        """Note what only shows when the values are seen together."""
        for place, ids in (
            ("stock", [stock.id for stock in instance.stock]),
            ("parts", [part.id for part in instance.parts]),
        ):
            for twice in sorted(i for i, count in Counter(ids).items() if i and count > 1):
                self.fault(place, N_("the id %(id)s occurs twice"), id=twice)
        if not instance.stock:
            self.fault("stock", N_("at least one stock piece is needed"))
        for match, members in instance.groups.items():
            if len({(part.length_dmm, part.quantity, part.grain) for part in members}) > 1:
                self.fault(
                    "parts", N_("the parts of %(match)s differ in length, quantity or grain"), match=match
                )
        pieces = sum(part.quantity for part in instance.parts)
        if pieces > PIECES_MAX:
            self.fault(
                "parts",
                N_("%(got)s pieces, at most %(most)s at once: split the job"),
                got=pieces,
                most=PIECES_MAX,
            )

    def mapping(self, data: object, place: str, known: set[str]) -> Mapping[str, Any] | None:
        if not isinstance(data, Mapping):
            self.fault(place, N_("expected an object with named fields"))
            return None
        for name in sorted(str(name) for name in data if name not in known):
            self.fault(f"{place}.{name}", N_("this field is not known"))
        return data

    def rows(self, data: object, place: str) -> list[tuple[int, object]]:
        if not isinstance(data, list):
            self.fault(place, N_("expected a list"))
            return []
        return list(enumerate(data))

    def trim(self, data: object) -> Trim:
        sides = _SIDES[self.kind]
        found = self.mapping(data, "trim_mm", set(sides)) or {}
        return Trim(*(self.size(found.get(side, 0), f"trim_mm.{side}", least=0) for side in sides))

    def stock(self, data: object, place: str) -> Stock:
        row = self.mapping(data, place, _STOCK) or {}
        length, width = self.sides(row, place)
        quantity = row.get("quantity")
        if "quantity" in row and quantity is not None:
            quantity = self.whole(quantity, f"{place}.quantity", least=0)
        is_offcut = row.get("offcut", False)
        if not isinstance(is_offcut, bool):
            self.fault(f"{place}.offcut", N_("expected true or false"))
        return Stock(
            id=self.name(row.get("id"), f"{place}.id"),
            length_dmm=length,
            width_dmm=width,
            quantity=quantity,
            cost=self.cost(row, place, max(length, 0) * max(width or 10_000, 0)),
            grain=self.choice(Grain, row.get("grain", "none"), f"{place}.grain", Grain.NONE),
            is_offcut=is_offcut is True,
        )

    def part(self, data: object, place: str) -> Part:
        row = self.mapping(data, place, _PART) or {}
        length, width = self.sides(row, place)
        if "mitre_mm" in row and self.kind is Kind.SHEET:
            self.fault(f"{place}.mitre_mm", N_("only a bar has mitred ends"))
        if "match" in row and self.kind is Kind.BAR:
            self.fault(f"{place}.match", N_("only parts of boards are matched"))
        return Part(
            match=self.name(row["match"], f"{place}.match") if "match" in row else "",
            id=self.name(row.get("id"), f"{place}.id"),
            length_dmm=length,
            width_dmm=width,
            quantity=self.whole(row.get("quantity"), f"{place}.quantity", least=1),
            grain=self.choice(Grain, row.get("grain", "none"), f"{place}.grain", Grain.NONE),
            mitre_dmm=self.size(row.get("mitre_mm", 0), f"{place}.mitre_mm", least=0),
        )

    def sides(self, row: Mapping[str, Any], place: str) -> tuple[int, int]:
        """Return length and width; those of 0 or below are read too, so that the plan can name the part."""
        least = -int(SIZE_MAX_MM) * 10
        length = self.size(row.get("length_mm"), f"{place}.length_mm", least=least)
        if self.kind is Kind.SHEET:
            return length, self.size(row.get("width_mm"), f"{place}.width_mm", least=least)
        if row.get("width_mm") is not None:
            self.fault(f"{place}.width_mm", N_("a bar has no width"))
        return length, 0

    def name(self, value: object, place: str) -> str:
        if isinstance(value, str) and value:
            return value
        self.fault(place, N_("expected a text that is not empty, got %(got)s"), got=_shown(value))
        return ""

    def choice(self, words: type[_C], value: object, place: str, otherwise: _C) -> _C:
        if isinstance(value, str) and value in {word.value for word in words}:
            return words(value)
        self.fault(
            place, N_("expected one of %(words)s, got %(got)s"), words=", ".join(words), got=_shown(value)
        )
        return otherwise

    def whole(self, value: object, place: str, *, least: int) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        self.fault(
            place,
            N_("expected a whole number of at least %(least)s, got %(got)s"),
            least=least,
            got=_shown(value),
        )
        return least

    def size(self, value: object, place: str, *, least: int) -> int:
        """Return a length in 0.1 mm; `least` is in 0.1 mm too."""
        number = _decimal(value)
        if number is None:
            self.fault(place, N_("expected a length in mm, got %(got)s"), got=_shown(value))
        elif number > SIZE_MAX_MM:
            self.fault(place, N_("%(got)s mm is more than %(most)s mm"), got=_shown(value), most=SIZE_MAX_MM)
        elif number * 10 != int(number * 10):
            self.fault(place, N_("lengths are in steps of 0.1 mm, got %(got)s"), got=_shown(value))
        elif number * 10 < least:
            self.fault(
                place,
                N_("must be at least %(least)s mm, got %(got)s"),
                least=Decimal(least) / 10,
                got=_shown(value),
            )
        else:
            return int(number * 10)
        return max(least, 1)

    def cost(self, row: Mapping[str, Any], place: str, extent: int) -> int:
        """Return the cost as a whole number; without one, a stock piece costs its extent (m² or m)."""
        if "cost" not in row:
            return int(Decimal(extent).scaleb(COST_PLACES - 8))
        number = _decimal(row["cost"])
        exact = None if number is None else number.scaleb(COST_PLACES)
        if exact is None or exact < 0 or exact != int(exact):
            self.fault(
                f"{place}.cost",
                N_("expected a cost of at least 0 with at most %(places)s places, got %(got)s"),
                places=COST_PLACES,
                got=_shown(row["cost"]),
            )
            return 1
        return int(exact)


def _decimal(value: object) -> Decimal | None:
    """Return a finite number as the Decimal it was written as; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value)) if not isinstance(value, int) or abs(value) < 10**30 else None
    if number is None or not number.is_finite() or abs(number) > 10**30:
        return None
    return number


def _shown(value: object) -> str:
    """Return a value as it may be shown in a message, never long."""
    text = "nothing" if value is None else repr(value) if not isinstance(value, Decimal) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
