"""Packages that the sets of one order share: filled set by set, up to the caps of their kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from erp.catalogue.rules.document import SHARED_AFTER, PackageRule, PackPer
from erp.catalogue.rules.explode import has_room, is_overlong, weigh
from erp.catalogue.rules.explosion import Explosion, PackageSpec, PieceSpec


def is_shared(index: int) -> bool:
    """Return whether a package of this number is one that the sets of an order share."""
    return index > SHARED_AFTER


class Sharing:
    """The shared packages of one order while its sets are put into them, one after the other."""

    def __init__(self, last: Mapping[str, int] | None = None) -> None:
        """Begin; `last` are the highest numbers given before, by kind of package."""
        self.last: Counter[str] = Counter(last or {})
        self.filling: dict[tuple[str, str], tuple[int, list[PieceSpec]]] = {}
        self.placed: dict[tuple[int, tuple[tuple[str, int], ...]], tuple[Explosion, Explosion]] = {}

    def place(self, made: Explosion, colour: str, kept: Mapping[str, int] | None = None) -> Explosion:
        """Return a set with its shared pieces in numbered packages; equal ones are one object.

        `colour` is the set's; `kept` are the numbers of pieces that stay where they are, by their codes.
        """
        pieces = {piece.code: piece for piece in made.pieces}
        numbers: dict[str, int] = {}
        for package in made.packages:
            if package.shared is None:
                continue
            for code in package.piece_codes:
                number = (kept or {}).get(code)
                numbers[code] = number or self._number(package.shared, colour, pieces[code])
        if not numbers:
            return made
        key = (id(made), tuple(numbers.items()))
        if key not in self.placed:
            self.placed[key] = (made, _numbered(made, numbers))  # holds `made`, so that its id stays its own
        return self.placed[key][1]

    def _number(self, rule: PackageRule, colour: str, piece: PieceSpec) -> int:
        """Return the number of the package that a piece goes into: the one being filled, or one more."""
        if is_overlong(rule, piece):
            return self._next(rule)
        share = (rule.code, colour if rule.per is PackPer.COLOUR else "")
        number, inside = self.filling.get(share, (0, []))
        if not number or not has_room(rule, inside, piece):
            number, inside = self._next(rule), []
        self.filling[share] = (number, [*inside, piece])
        return number

    def _next(self, rule: PackageRule) -> int:
        self.last[rule.code] = max(self.last[rule.code], SHARED_AFTER) + 1
        return self.last[rule.code]


def _numbered(made: Explosion, numbers: Mapping[str, int]) -> Explosion:
    """Return a set whose shared pieces have these package numbers, by their codes."""
    pieces = tuple(
        replace(piece, package_index=numbers[piece.code]) if piece.code in numbers else piece
        for piece in made.pieces
    )
    packages: list[PackageSpec] = []
    for package in made.packages:
        if package.shared is None:
            packages.append(package)
            continue
        for number in dict.fromkeys(numbers[code] for code in package.piece_codes):
            mine = [one for one in pieces if one.package == package.kind and one.package_index == number]
            codes = tuple(one.code for one in mine)
            packages.append(replace(package, index=number, piece_codes=codes, kg=weigh(package.shared, mine)))
    return replace(made, pieces=pieces, packages=tuple(packages))
