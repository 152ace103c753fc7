"""The second look: which packages are drawn, who may look, and what the look found.

What belongs into a package is not told to the one who looks: only at the end are both compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from core.errors import RuleViolation
from core.i18n import N_, Named
from mes.packing.rules import LOADABLE, PackageState, RecheckState
from mes.scanning.rules import Block, Blocked, Text

CONTENT = (Block.E01, Block.E02, Block.E03, Block.E04, Block.E05, Block.E06, Block.E07, Block.E08)
SEEN_BY_EYE = (Block.E04, Block.E14)  # what no scan can tell
MOST_DRAWN = 200


class NothingToDraw(RuleViolation):
    """No sealed package in the house that was not looked at again since."""

    code = "mes.packing.nothing_to_draw"
    message = N_("There is no sealed package in the house that was not looked at again. Seal some first.")


class RecheckOver(RuleViolation):
    """A second look that is not going on, or is somebody else's."""

    code = "mes.packing.recheck_over"
    message = N_("This second look is “%(state)s”: nothing can be noted any more.")


def draw(candidates: Collection[int], count: int, seed: str) -> list[int]:
    """Return `count` of the candidates, each as likely as the others; the same seed draws the same ones.

    They are sorted by the SHA-256 of seed and id, and the first are taken: anybody can do it again.
    """
    return sorted(
        sorted(candidates, key=lambda key: hashlib.sha256(f"{seed} {key}".encode()).hexdigest())[:count]
    )


@dataclass(frozen=True, slots=True)
class Inside:
    """One labelled piece as both sides know it: that belongs in, or that was scanned out."""

    code: str
    rule_code: str
    mirror_code: str | None
    name: Named
    set_id: int
    order_id: int


@dataclass(frozen=True, slots=True)
class Home:
    """Whose pieces may lie in a package: those of one set, or of any set of the order that shares it."""

    order_id: int
    set_id: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is not right in a package."""

    block: Block
    code: str
    name: Named


def compare(
    home: Home, packed: Sequence[Inside], scanned: Sequence[tuple[Inside, Block | None]]
) -> list[Found]:
    """Return what is wrong in a package: `packed` should lie in it, `scanned` does, with what eyes saw of it."""
    seen = {one.code for one, _ in scanned}
    wanted = {one.code for one in packed}
    missing = [one for one in packed if one.code not in seen]
    found = [Found(Block.E01, one.code, one.name) for one in missing]
    for one, eye in scanned:
        if one.code not in wanted:
            found.append(Found(_strange(home, one, missing), one.code, one.name))
        elif eye is not None:
            found.append(Found(eye, one.code, one.name))
    return found


def _strange(home: Home, one: Inside, missing: Iterable[Inside]) -> Block:
    """Return which error a piece is that does not belong in."""
    if one.order_id != home.order_id or home.set_id not in (None, one.set_id):
        return Block.E03
    is_twin = any(
        other.set_id == one.set_id
        and (other.rule_code == one.mirror_code or other.mirror_code == one.rule_code)
        for other in missing
    )
    return Block.E05 if is_twin else Block.E02


def is_right(found: Iterable[Found]) -> bool:
    """Say whether the contents are right: a damage is told apart, it is no error of packing."""
    return not any(one.block in CONTENT for one in found)


@dataclass(frozen=True, slots=True)
class Standing:
    """A drawn package as a judge sees it."""

    recheck_id: int
    package_id: int
    package: Named
    state: RecheckState
    package_state: PackageState
    packer_ids: frozenset[int]  # whoever put something in, or sealed it
    checked_by_id: int | None
    noted_count: int = 0


def judge_look(standing: Standing | None, code: str, person_id: int) -> Blocked | None:
    """Return why somebody may not look into a package, if so."""
    if standing is None or standing.state not in (RecheckState.DRAWN, RecheckState.BEGUN):
        return Blocked(
            Block.E22,
            expected=Text(N_("A package that was drawn")),
            got=Text("%(code)s", {"code": code}),
            todo=Text(N_("Take one off the list of drawn packages.")),
        )
    if standing.package_state not in LOADABLE:
        return Blocked(
            Block.E24,
            expected=Text(N_("A sealed package")),
            got=Text(
                "%(package)s: %(state)s", {"package": standing.package, "state": standing.package_state}
            ),
            todo=Text(N_("It moved on: take another one off the list.")),
            object_type="package",
            object_id=standing.package_id,
        )
    if person_id in standing.packer_ids or standing.checked_by_id not in (None, person_id):
        return Blocked(
            Block.E25,
            expected=Text(N_("Somebody who did not pack it")),
            got=Text("%(package)s", {"package": standing.package}),
            todo=Text(N_("Another person looks into it.")),
            object_type="package",
            object_id=standing.package_id,
        )
    return None


def noted_before(standing: Standing, name: Named | str) -> Blocked:
    """Return the neutral answer for a label that was scanned out of this package before."""
    return Blocked(
        Block.E28,
        expected=Text(N_("The next piece")),
        got=Text(N_("%(piece)s, noted before"), {"piece": name}),
        todo=Text(N_("Go on with the next piece.")),
        object_type="package",
        object_id=standing.package_id,
    )
