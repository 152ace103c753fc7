"""An independent reader of PTX for tests: it takes the bytes at their word and saws the boards again.

Knows nothing of the writer. Raises AssertionError with the line that cannot be sawn.
"""

from collections import Counter, defaultdict
from decimal import Decimal

TOLERANCE = Decimal("0.05")


def rows(content):
    """The records by type, as lists of cells."""
    text = content.decode("ascii")
    assert text.endswith("\r\n")
    found = defaultdict(list)
    for line in text.split("\r\n")[:-1]:
        assert "\n" not in line
        assert "\r" not in line
        kind, *cells = line.split(",")
        found[kind].append(cells)
    return found


def replayed(content):
    """Saw every pattern anew; return parts cut by code, boards used by code, offcuts (length, width) with count."""
    found = rows(content)
    parts = {int(row[1]): row for row in found["PARTS_REQ"]}
    boards = {int(row[1]): row for row in found["BOARDS"]}
    offcuts = {f"X{row[1]}": (Decimal(row[4]), Decimal(row[5])) for row in found["OFFCUTS"]}
    (material,) = found["MATERIALS"]
    kerf, *trims = (Decimal(cell) for cell in material[6:7] + material[8:12])
    bottom, top, left, right = (max(Decimal(0), trim - kerf) for trim in trims)
    cuts = defaultdict(list)
    for row in found["CUTS"]:
        cuts[int(row[1])].append(row)
    made, used, kept = Counter(), Counter(), Counter()
    for pattern in found["PATTERNS"]:
        number, board, kind, run = (int(cell) for cell in pattern[1:5])
        cycles, book = int(pattern[5]), int(pattern[6])
        assert (cycles - 1) * book < run <= cycles * book
        length, width = (Decimal(boards[board][column]) for column in (4, 5))
        room = [length - left - right, width - bottom - top]
        tree = cuts[number]
        assert sorted(int(row[3]) for row in tree) == list(range(1, len(tree) + 1)), "SEQUENCE has gaps"
        assert [int(row[2]) for row in tree] == list(range(1, len(tree) + 1)), "CUT_INDEX has gaps"
        saw = Saw(tree, kerf, first_axis=1 if kind in (0, 4) else 0)
        for what, size in saw.cut(room, level=2 if kind == 4 else 1):
            if what.startswith("X"):
                assert sorted(size) == sorted(offcuts[what]), f"{what}: {size}"
                kept[size] += run
                continue
            row = parts[int(what)]
            wanted = Decimal(row[4]), Decimal(row[5])
            grain, of_board = int(row[9]), int(boards[board][12])
            turned = size != wanted
            assert size == (wanted[::-1] if turned else wanted), f"{row[2]}: {size} for {wanted}"
            if grain and of_board:
                assert turned == (grain != of_board), f"{row[2]}: across the grain"
            made[row[2]] += run
        used[boards[board][2]] += run
    for row in found["PARTS_INF"]:
        assert Decimal(row[4]) < Decimal(parts[int(row[1])][4]), "a blank is longer than what is made of it"
    assert all(int(row[1]) <= 9999 for row in found["PARTS_REQ"])
    return made, used, kept


class Saw:
    """One board being sawn: rows in the order of the tree, a deeper function is cut out of the row before.

    A function of 1 rips, 2 crosses, and so on in turn; a board that is turned first has them the other way round.
    """

    def __init__(self, tree, kerf, first_axis):
        self.tree, self.kerf, self.first_axis, self.at = tree, kerf, first_axis, 0

    def level(self):
        return int(self.tree[self.at][4]) % 90 if self.at < len(self.tree) else 0

    def cut(self, region, level=1):
        """Yield (part or offcut, size) of everything that comes off a region."""
        axis = (self.first_axis + level - 1) % 2
        left, is_first = region[axis], True
        while self.level() == level:
            row = self.tree[self.at]
            self.at += 1
            size = Decimal(row[5])
            if not is_first:
                left -= self.kerf
            assert size <= left, f"{row}: only {left} are left"
            left, is_first = left - size, False
            piece = list(region)
            piece[axis] = size
            if row[7] != "0":
                assert self.level() <= level, f"{row}: nothing is cut out of a part"
                yield row[7], tuple(piece)
            else:
                yield from self.cut(piece, level + 1)
