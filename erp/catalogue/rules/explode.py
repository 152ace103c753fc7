"""The explosion: an order line becomes a door set's pieces, requirements, packages and drawing.

Named results stay exact; each piece is rounded once, half up: cut from a sheet to 0.5 mm, from a bar to
1 mm, finished sizes to 0.1 mm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.errors import AppError
from core.i18n import Named
from erp.catalogue.rules.document import (
    SHARED,
    Cut,
    ModelDocument,
    PackageRule,
    PackPer,
    PartRule,
    Per,
    RequirementRule,
    SizeKind,
    Tracked,
)
from erp.catalogue.rules.explosion import (
    Drawing,
    Explosion,
    GlassDrawing,
    LeafDrawing,
    PackageSpec,
    PieceSpec,
    RequirementSpec,
)
from erp.catalogue.rules.formula import Names, half_up, tidy
from erp.catalogue.rules.line import (
    BadQuantity,
    LineSpec,
    RuleUnknown,
    StockTooNarrow,
    StockTooShort,
)
from erp.catalogue.rules.scope import Evaluator, Scope, build_scope, told
from erp.materials.rules import Grain, StockSize

EVALUATOR_VERSION = 1  # goes up when the same document and line would give other pieces
STEPS_MM = {Cut.SHEET: Decimal("0.5"), Cut.BAR: Decimal(1)}
FINISHED_STEP_MM = Decimal("0.1")
QUANTITY_STEP = Decimal("0.001")  # a millimetre of band, a gram of paint
ZERO = Decimal(0)
GRAM = Decimal("0.001")  # of a kilogram
MM3_IN_M3 = Decimal(1_000_000_000)
MOST_OF_ONE = 200  # more of one part in a set is a slip of the pen
DRAWN = (
    "gi",
    "gt",
    "tb",
    "co",
    "aw",
    "gs",
    "gtop",
    "gb",
    "gm",
    "lock_up",
    "backset",
    "light",  # clear height of a transom, above its beam
    "beam",
    "sill",  # thickness of a board or threshold at the bottom
)  # parameters that a picture needs
StockLengths = Mapping[str, tuple[StockSize, ...]]  # by material code
NO_STOCK: StockLengths = {}


def explode(document: ModelDocument, spec: LineSpec, stock_lengths: StockLengths = NO_STOCK) -> Explosion:
    """Return one set of `document` as asked for by `spec`.

    Pieces that fit none of the `stock_lengths` of their material are refused; a material without sizes is not
    looked at. Raises the first of the refusals that `check` would list.
    """
    work = Evaluator(document)
    made = _explode(work, spec, stock_lengths)
    if work.refusals or made is None:
        raise work.refusals[0]
    return made


def check(
    document: ModelDocument, spec: LineSpec, stock_lengths: StockLengths = NO_STOCK
) -> tuple[AppError, ...]:
    """Return everything that stands against making `spec`; empty when it can be made."""
    return attempt(document, spec, stock_lengths)[1]


def attempt(
    document: ModelDocument, spec: LineSpec, stock_lengths: StockLengths = NO_STOCK
) -> tuple[Explosion | None, tuple[AppError, ...]]:
    """Return what can be shown of `spec`, be it made or not, with everything that stands against it."""
    work = Evaluator(document)
    made = _explode(work, spec, stock_lengths)
    return made, tuple(work.refusals)


def _explode(work: Evaluator, spec: LineSpec, stock_lengths: StockLengths) -> Explosion | None:
    scope = build_scope(work, spec)
    if scope is None:
        return None
    pieces = tuple(_pieces(work, scope))
    too_large = (stock_refusal(piece, stock_lengths.get(piece.material_code, ())) for piece in pieces)
    work.refusals += [refusal for refusal in too_large if refusal is not None]
    packages = tuple(_packages(work.document, pieces))
    where = {code: one for one in packages for code in one.piece_codes}
    pieces = tuple(_placed(piece, where.get(piece.code)) for piece in pieces)
    return Explosion(
        _results(scope), pieces, tuple(_requirements(work, scope)), packages, _drawing(work.document, scope)
    )


def _results(scope: Scope) -> dict[str, Decimal]:
    """Return the numbers among the names; those of a leaf carry its index."""
    made = {name: value for name, value in scope.names.items() if isinstance(value, Decimal)}
    for leaf in scope.leaves:
        for name, value in leaf.names.items():
            if isinstance(value, Decimal) and scope.names.get(name) != value:
                made[f"{name}_{leaf.index}"] = value
    return made


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a rule is applied: in the set (leaf 0), or in one of its leaves."""

    names: Names
    leaf: int
    leaf_count: int

    @property
    def from_left(self) -> int:
        """The leaf's number in the drawing: the active one of a pair may hang on the right."""
        is_turned = self.leaf_count == 2 and self.names["hinge_side"] == "R"
        return 3 - self.leaf if is_turned else self.leaf

    def code(self, code: str) -> str:
        """Return a rule's code as its piece has it here."""
        return f"{code}_{self.leaf}" if self.leaf else code


def _places(scope: Scope, per: Per) -> list[_Place]:
    if per is Per.SET:
        return [_Place(scope.names, 0, len(scope.leaves))]
    return [_Place(leaf.names, leaf.index, len(scope.leaves)) for leaf in scope.leaves]


def _pieces(work: Evaluator, scope: Scope) -> list[PieceSpec]:
    """Return the pieces in the order of the rules, leaf by leaf."""
    made: list[PieceSpec] = []
    for rule in work.document.parts:
        for place in _places(scope, rule.per):
            if not work.truth(rule.when, place.names, rule.code):
                continue
            count = _count(work, rule, place)
            if count:
                made += _pieces_of(work, rule, place, count)
    return made


def _count(work: Evaluator, rule: PartRule, place: _Place) -> int:
    value = work.number(rule.quantity, place.names, rule.code, "quantity")
    if value is None:
        return 0
    if value != value.to_integral_value() or not 0 <= value <= MOST_OF_ONE:
        work.refusals.append(
            BadQuantity(**told(work.document, rule.code, "quantity"), value=tidy(value), most=MOST_OF_ONE)
        )
        return 0
    return int(value)


def _pieces_of(work: Evaluator, rule: PartRule, place: _Place, count: int) -> list[PieceSpec]:
    """Return one piece with a count, or, when each is labelled, as many pieces with a code each."""
    code = place.code(rule.code)
    if rule.tracked is not Tracked.TRUE or count == 1:
        return [_piece(work, rule, place, code, count)]
    return [_piece(work, rule, place, f"{code}_{number}", 1) for number in range(1, count + 1)]


def _piece(work: Evaluator, rule: PartRule, place: _Place, code: str, count: int) -> PieceSpec:
    names, suffix = place.names, f" {place.leaf}" if place.leaf and place.leaf_count > 1 else ""
    length, width, cut_length, cut_width, extra_length, extra_width = _measures(work, rule, names)
    return PieceSpec(
        code=code,
        rule_code=rule.code,
        name=rule.name.zh + suffix,
        name_en=rule.name.en + suffix,
        group=rule.group,
        material_code=_material(work, rule, names),
        thickness_mm=_finished(work.size(rule.thickness, names, rule.code, "thickness")),
        length_mm=length,
        width_mm=width,
        cut_length_mm=cut_length,
        cut_width_mm=cut_width,
        count=count,
        grain=rule.grain,
        cut=rule.cut if cut_length is not None else Cut.NONE,
        is_tracked=rule.tracked is not Tracked.FALSE,
        edges=rule.edges,
        mitre=work.text(rule.mitre, names, rule.code, "mitre"),
        machining=work.text(rule.machining, names, rule.code, "machining"),
        joins=_joined(work.document, rule.joins, place),
        route=_route(work, rule, names),
        package=rule.package or "",
        package_index=place.leaf or 1,
        is_mirror_of=_mirror(rule, place),
        drawn_as=(rule.drawn_as or "").replace("{leaf}", str(place.from_left)),
        extra_length_mm=extra_length or ZERO,
        extra_width_mm=extra_width or ZERO,
    )


def _material(work: Evaluator, rule: PartRule, names: Names) -> str:
    """Return what a part is made of; nothing where it is put together from the parts that join it."""
    if rule.cut is not Cut.NONE and not work.truth(rule.cut_when, names, rule.code):
        return ""
    return work.text(rule.material, names, rule.code, "material")


def _measures(work: Evaluator, rule: PartRule, names: Names) -> tuple[Decimal | None, ...]:
    """Return finished length and width, length and width as cut, and how much more the cut ones are, exact."""
    length = work.size(rule.length, names, rule.code, "length")
    width = work.size(rule.width, names, rule.code, "width")
    step = STEPS_MM.get(rule.cut)
    if step is None or not work.truth(rule.cut_when, names, rule.code):
        return _finished(length), _finished(width), None, None, None, None
    raw_length = work.size(rule.cut_length, names, rule.code, "cut_length") or length
    raw_width = work.size(rule.cut_width, names, rule.code, "cut_width") or width
    cut_length = raw_length and half_up(raw_length, step)
    cut_width = half_up(raw_width, step) if raw_width and rule.cut is Cut.SHEET else None
    if rule.size is SizeKind.RAW:  # what is cut is all that is known: it is joined, and sized there
        return _finished(raw_length), _finished(raw_width), cut_length, cut_width, None, None
    extra_length = raw_length - length if raw_length and length else None
    extra_width = raw_width - width if raw_width and width and cut_width else None
    return _finished(length), _finished(width), cut_length, cut_width, extra_length, extra_width


def _finished(value: Decimal | None) -> Decimal | None:
    return None if value is None else half_up(value, FINISHED_STEP_MM)


def _joined(document: ModelDocument, code: str | None, place: _Place) -> str:
    """Return the code of the piece joined: that of the same leaf, where it is made per leaf."""
    if code is None:
        return ""
    per_leaf = any(rule.code == code and rule.per is Per.LEAF for rule in document.parts)
    return place.code(code) if per_leaf else code


def _mirror(rule: PartRule, place: _Place) -> str:
    """Return the twin: another rule's piece, or of a pair of leaves the same part of the other."""
    if rule.mirror is None:
        return ""
    if rule.per is Per.SET:
        return rule.mirror
    return f"{rule.mirror}_{3 - place.leaf}" if place.leaf_count == 2 else ""


def _route(work: Evaluator, rule: PartRule, names: Names) -> tuple[str, ...]:
    code = work.text(rule.route, names, rule.code, "route")
    if not code:
        return ()
    for route in work.document.routes:
        if route.code == code:
            return route.operations
    work.refusals.append(RuleUnknown(**told(work.document, rule.code, "route"), value=code))
    return ()


def stock_refusal(piece: PieceSpec, sizes: tuple[StockSize, ...]) -> StockTooShort | StockTooNarrow | None:
    """Return why a piece can be cut from none of the sizes, or None; without grain it may be turned."""
    if piece.cut_length_mm is None or not sizes or any(_fits(piece, size) for size in sizes):
        return None
    need, longest = piece.cut_length_mm, max(size.length_mm for size in sizes)
    name = Named(piece.name, piece.name_en)
    facts = {"piece": piece.code, "name": name, "material": piece.material_code}
    if need > longest:
        return StockTooShort(**facts, need_mm=tidy(need), longest_mm=tidy(longest))
    widest = max(size.width_mm or Decimal(0) for size in sizes if size.length_mm >= need)
    need = piece.cut_width_mm or Decimal(0)
    return StockTooNarrow(**facts, need_mm=tidy(need), widest_mm=tidy(widest))


def _fits(piece: PieceSpec, size: StockSize) -> bool:
    length, width = piece.cut_length_mm or Decimal(0), piece.cut_width_mm or Decimal(0)
    if size.width_mm is None or length <= size.length_mm and width <= size.width_mm:
        return length <= size.length_mm
    return piece.grain is Grain.NONE and width <= size.length_mm and length <= size.width_mm


def _packages(document: ModelDocument, pieces: tuple[PieceSpec, ...]) -> list[PackageSpec]:
    """Return the packages in the order of the rules; one that is full is followed by another of its kind."""
    made: list[PackageSpec] = []
    for rule in document.packages:
        packed = [piece for piece in pieces if piece.package == rule.code]
        if rule.per in SHARED:  # filled with those of the other sets (`sharing`)
            made += [replace(_package(rule, 1, packed, 1), shared=rule)] if packed else []
            continue
        shares = [packed]
        if rule.per is PackPer.LEAF:
            leaves = sorted({piece.package_index for piece in packed})
            shares = [[piece for piece in packed if piece.package_index == leaf] for leaf in leaves]
        full = [box for share in shares for box in _filled(rule, share)]
        made += [_package(rule, index, share, len(full)) for index, share in enumerate(full, start=1)]
    return made


def _filled(rule: PackageRule, pieces: list[PieceSpec]) -> list[list[PieceSpec]]:
    """Return the pieces in as many packages as the rule's caps ask for, in their order; long ones come last."""
    boxes: list[list[PieceSpec]] = []
    for piece in pieces:
        if is_overlong(rule, piece):
            continue
        if not boxes or not has_room(rule, boxes[-1], piece):
            boxes.append([])
        boxes[-1].append(piece)
    return boxes + [[piece] for piece in pieces if is_overlong(rule, piece)]


def is_overlong(rule: PackageRule, piece: PieceSpec) -> bool:
    """Return whether a piece is too long for the packages of its kind."""
    longest = max((side for side in (piece.length_mm, piece.width_mm) if side is not None), default=ZERO)
    return rule.longest_mm is not None and longest > rule.longest_mm


def has_room(rule: PackageRule, box: Sequence[PieceSpec], piece: PieceSpec) -> bool:
    """Return whether a piece may still go into a package of some pieces, by the caps of its kind."""
    if len(box) >= rule.most_pieces:
        return False
    weight = weigh(rule, [*box, piece])
    return rule.most_kg is None or weight is None or weight <= rule.most_kg


def weigh(rule: PackageRule, pieces: Iterable[PieceSpec]) -> Decimal | None:
    """Return what some pieces weigh in kg, to the gram: their volume times the rule's density; a kit has no size."""
    if rule.kg_m3 is None:
        return None
    volume_mm3 = sum(
        (
            one.length_mm * one.width_mm * one.thickness_mm * one.count
            for one in pieces
            if one.length_mm is not None and one.width_mm is not None and one.thickness_mm is not None
        ),
        ZERO,
    )
    return half_up(volume_mm3 * rule.kg_m3 / MM3_IN_M3, GRAM)


def _package(rule: PackageRule, index: int, pieces: list[PieceSpec], count: int) -> PackageSpec:
    suffix = f" {index}" if count > 1 else ""
    codes = tuple(piece.code for piece in pieces)
    name, name_en = rule.name.zh + suffix, rule.name.en + suffix
    return PackageSpec(
        rule.code, index, name, name_en, codes, weigh(rule, pieces), rule.kit, rule.tolerance_kg
    )


def _placed(piece: PieceSpec, package: PackageSpec | None) -> PieceSpec:
    """Return the piece with the number of the package that it went into."""
    if package is None or package.index == piece.package_index:
        return piece
    return replace(piece, package_index=package.index)


def _requirements(work: Evaluator, scope: Scope) -> list[RequirementSpec]:
    made = []
    for rule in work.document.requirements:
        for place in _places(scope, rule.per):
            if work.truth(rule.when, place.names, rule.code):
                made += _requirement(work, rule, place)
    return made


def _requirement(work: Evaluator, rule: RequirementRule, place: _Place) -> list[RequirementSpec]:
    quantity = work.number(rule.quantity, place.names, rule.code, "quantity")
    if quantity is not None and quantity < 0:
        work.refusals.append(
            BadQuantity(**told(work.document, rule.code, "quantity"), value=tidy(quantity), most=MOST_OF_ONE)
        )
    if quantity is None or quantity <= 0:
        return []
    material = work.text(rule.material, place.names, rule.code, "material")
    joins = _joined(work.document, rule.joins, place)
    rounded = half_up(quantity, QUANTITY_STEP)
    return [RequirementSpec(rule.code, rule.name.zh, rule.name.en, material, rounded, rule.unit, joins)]


def _drawing(document: ModelDocument, scope: Scope) -> Drawing:
    """Return the drawing: measures by the profile's names, leaves from left to right as seen from outside."""
    names = scope.names
    measures = {"ow": _number(names, "OW"), "oh": _number(names, "OH"), "wt": _number(names, "WT")}
    measures |= {"fw": _number(names, "FW"), "fh": _number(names, "FH")}
    measures |= {name: _number(names, name) for name in DRAWN}
    leaves = [_leaf_drawing(document, leaf.names, leaf.index) for leaf in scope.leaves]
    if names["hinge_side"] == "R" and not document.slides:
        leaves.reverse()  # the active leaf hangs on the right
    return Drawing(measures, tuple(leaves), names["opens"] == "OUT")


def _leaf_drawing(document: ModelDocument, names: Names, index: int) -> LeafDrawing:
    return LeafDrawing(
        code=f"LEAF_{index}",
        width_mm=half_up(_number(names, "LW"), FINISHED_STEP_MM),
        height_mm=half_up(_number(names, "LH"), FINISHED_STEP_MM),
        hinge="" if document.slides else str(names["leaf_hinge"]),
        is_active=index == 1,
        style=str(document.style),
        slides=document.slides,
        glass=_glass_drawing(names),
    )


def _glass_drawing(names: Names) -> GlassDrawing | None:
    """Return the glass of a leaf, which its model states as the sizes glass_w, glass_h and glass_up."""
    width, height, up = (_number(names, name) for name in ("glass_w", "glass_h", "glass_up"))
    return GlassDrawing(width, height, up) if width and height else None


def _number(names: Names, name: str) -> Decimal:
    value = names.get(name)
    return value if isinstance(value, Decimal) else Decimal(0)
