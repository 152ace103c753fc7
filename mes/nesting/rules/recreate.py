"""Ruin and recreate: take a little of a filling apart, put it together again, keep what is no worse.

The limit of cost stands just below the best cost found; what then finds no place is out, and the
search makes the area that is out small (and the useful free area large) until nothing is out: then
that filling is the new best, and the limit drops. Effort is counted in steps.
"""

from __future__ import annotations

from random import Random

from mes.nesting.rules.boards import Board, Place, Taste, Way, best_place
from mes.nesting.rules.effort import Stop
from mes.nesting.rules.fill import Job, random_taste, shuffled

HISTORY = 60  # steps over which a worse result may still be accepted
BLINK = 0.03  # chance to overlook a board, so that a second-best place is tried too


class Recreate:
    """One search over `boards` of `job`; `spare` says how many more of each stock size there are."""

    def __init__(self, job: Job, boards: list[Board], spare: list[int], rng: Random) -> None:
        self.job, self.rng = job, rng
        self.best = boards
        self.best_cost = job.cost(boards)
        self.boards = list(boards)
        self.out: list[int] = []
        self.spare = list(spare)
        self.fresh: set[int] = set()  # the ids of boards that this step may change
        self.history = [float("inf")] * HISTORY
        self.value = float("inf")
        self.steps = 0

    def run(self, steps: int, floor_cost: int, stop: Stop) -> None:
        """Search for `steps` steps, or until the cost is `floor_cost` or `stop` says so."""
        for _ in range(steps):
            if self.best_cost <= floor_cost or stop():
                return
            self.step()

    def step(self) -> None:
        """Take one step: ruin, recreate, and keep or forget the result."""
        before = self.boards, self.out, self.spare
        self.boards, self.out, self.spare = list(self.boards), list(self.out), list(self.spare)
        self.fresh = set()
        forced = False
        while self.job.cost(self.boards) >= self.best_cost:
            self.drop(self.rng.randrange(len(self.boards)))
            forced = True
        if not forced and self.boards:
            self.ruin()
        area_out = self.recreate()
        value = area_out - sum(board.open_value() for board in self.boards)
        slot = self.steps % HISTORY
        self.steps += 1
        if forced:
            self.history = [value] * HISTORY
        if forced or value <= self.value or value <= self.history[slot]:
            self.value = value
        else:
            self.boards, self.out, self.spare = before
        self.history[slot] = self.value
        if not self.out and self.boards is not before[0]:
            self.best, self.best_cost = list(self.boards), self.job.cost(self.boards)

    def drop(self, index: int) -> None:
        """Take a whole board away; its parts are out."""
        board = self.boards.pop(index)
        self.spare[board.sheet] += 1
        self.out.extend(board.sizes())

    def ruin(self) -> None:
        """Take out single parts, strips, sections or boards at random."""
        chance = self.rng.random()
        if chance < 0.06:
            for _ in range(1 if self.rng.random() < 0.7 else 2):
                if self.boards:
                    self.drop(self.rng.randrange(len(self.boards)))
            return
        most, depth = (3, 1) if chance < 0.26 else (6, 2) if chance < 0.63 else (10, 3)
        for _ in range(self.rng.randint(1, most)):
            if self.boards:
                self.take(depth)

    def take(self, depth: int) -> None:
        """Take one section (depth 1), strip (2) or part (3) out of a board, rather an emptier one."""
        choice = self.rng.randrange
        index = max(choice(len(self.boards)), choice(len(self.boards)), key=lambda i: self.boards[i].free)
        board = self.own(index)
        section = board.sections[choice(len(board.sections))]
        strips = section.strips if depth == 1 else [section.strips[choice(len(section.strips))]]
        for strip in strips:
            parts = strip.parts if depth < 3 else [strip.parts[choice(len(strip.parts))]]
            self.out.extend(size for size, _ in parts)
            strip.parts = [] if depth < 3 else _without(strip.parts, parts[0])
        board.measure()
        if not board.sections:
            self.drop(index)

    def own(self, index: int) -> Board:
        """Return the board at `index` as one that this step may change."""
        board = self.boards[index]
        if id(board) not in self.fresh:
            board = self.boards[index] = board.copy()
            self.fresh.add(id(board))
        return board

    def recreate(self) -> float:
        """Put everything that is out back where there is room; return the area still out."""
        waiting, self.out = shuffled(self.job, self.rng, self.out), []
        taste = random_taste(self.job, self.rng)
        area_out = 0.0
        hopeless = -1
        room = self.best_cost - 1 - self.job.cost(self.boards)
        for size in waiting:
            if size != hopeless:
                if self.insert(size, taste):
                    continue
                opened = self.open(size, room)
                if opened is not None:
                    room -= self.job.sheets[opened.sheet].cost
                    continue
            hopeless = size
            self.out.append(size)
            area_out += self.job.sizes[size].area
        return area_out

    def insert(self, size: int, taste: Taste) -> bool:
        """Put one part where it spoils least; False when there is no place."""
        area = self.job.sizes[size].area
        top, at = float("-inf"), -1
        for index, board in enumerate(self.boards):
            if board.free < area or self.rng.random() < BLINK:
                continue
            place = self.place_on(board, size, taste)
            if place is not None and place[0] > top:
                top, at = place[0], index
        if at < 0:
            return False
        board = self.own(at)  # perhaps a copy, whose sections are others
        place = self.place_on(board, size, taste)
        if place is not None:
            board.put(size, *place[1:])
        return place is not None

    def place_on(self, board: Board, size: int, taste: Taste) -> Place | None:
        """Return the best place for a part on one board."""
        ways = self.job.sheets[board.sheet].ways[board.turn][size]
        return best_place(board, ways, self.job.stages, taste)

    def open(self, size: int, room: int) -> Board | None:
        """Put one part on a new board that costs at most `room`; None when there is none."""
        choices = [
            (index, turn)
            for index, sheet in enumerate(self.job.sheets)
            if self.spare[index] > 0 and sheet.cost <= room
            for turn in (0, 1)
            if sheet.ways[turn][size]
        ]
        if not choices:
            return None
        index, turn = self.rng.choice(choices)
        sheet = self.job.sheets[index]
        board = Board(index, turn, sheet.room[turn])
        board.put(size, self.rng.choice(sheet.ways[turn][size]), None, None)
        self.spare[index] -= 1
        self.fresh.add(id(board))
        self.boards.append(board)
        return board


def _without(parts: list[tuple[int, Way]], gone: tuple[int, Way]) -> list[tuple[int, Way]]:
    """Return `parts` without the first that is `gone`."""
    index = parts.index(gone)
    return parts[:index] + parts[index + 1 :]
