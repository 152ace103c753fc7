"""Rules of scanning: kinds of scans, outcomes, the numbers of refusals and the order of judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.choices import Choice
from core.errors import AppError, RuleViolation
from core.i18n import N_, Named

DEVICE_COOKIE = "mortise_device"  # where an enrolled device keeps its key


class StationKind(Choice):
    """What is done at a station, which decides the page its tablet shows."""

    FLOOR = "FLOOR", N_("Operations")
    PACK = "PACK", N_("Packing")
    STORE = "STORE", N_("Warehouse")
    DOCK = "DOCK", N_("Loading")


class ScanKind(Choice):
    """What a scan wants done (contracts: scan protocol)."""

    OP_DONE = "OP_DONE", N_("Operation done")
    CUT_DONE = "CUT_DONE", N_("Sheet cut")
    SCRAP = "SCRAP", N_("Scrap")
    DAMAGE = "DAMAGE", N_("Damage")
    PACK_OPEN = "PACK_OPEN", N_("Open package")
    PACK_ADD = "PACK_ADD", N_("Pack")
    PACK_REMOVE = "PACK_REMOVE", N_("Take out")
    PACK_SEAL = "PACK_SEAL", N_("Seal")
    PACK_REOPEN = "PACK_REOPEN", N_("Open again")
    RECHECK = "RECHECK", N_("Look again")
    STORE_IN = "STORE_IN", N_("Put away")
    MOVE = "MOVE", N_("Move")
    GOODS_IN = "GOODS_IN", N_("Goods in")
    ISSUE = "ISSUE", N_("Issue")
    RETURN = "RETURN", N_("Return to store")
    COUNT = "COUNT", N_("Count")
    STAGE = "STAGE", N_("Stage")
    LOAD = "LOAD", N_("Load")
    UNLOAD = "UNLOAD", N_("Unload")
    SHIP_CLOSE = "SHIP_CLOSE", N_("Close the load")
    VOID = "VOID", N_("Make void")


class Outcome(Choice):
    """What became of a scan."""

    ACCEPT = "ACCEPT", N_("Accepted")
    BLOCK = "BLOCK", N_("Refused")
    OVERRIDE = "OVERRIDE", N_("Overridden")


class Block(Choice):
    """Why a scan was refused. These numbers are the only ones and never change their meaning."""

    E01 = "E01", N_("Part missing")
    E02 = "E02", N_("Not of this package")
    E03 = "E03", N_("Other order or set")
    E04 = "E04", N_("Wrong make")
    E05 = "E05", N_("Wrong side")
    E06 = "E06", N_("Already in another package")
    E07 = "E07", N_("On hold")
    E08 = "E08", N_("Hardware wrong")
    E09 = "E09", N_("Label on the wrong box")
    E10 = "E10", N_("Package missing")
    E11 = "E11", N_("Other destination")
    E12 = "E12", N_("Not on this load")
    E13 = "E13", N_("Not released for loading")
    E14 = "E14", N_("Damaged")
    E15 = "E15", N_("Papers do not match")
    E16 = "E16", N_("Moved without a scan")
    E20 = "E20", N_("Unreadable code")
    E21 = "E21", N_("Unknown code")
    E22 = "E22", N_("Not a code for this step")
    E23 = "E23", N_("Earlier operation open")
    E24 = "E24", N_("Closed")
    E25 = "E25", N_("No right")
    E26 = "E26", N_("Old label")
    E27 = "E27", N_("Changed by another")
    E28 = "E28", N_("Already in here")
    E29 = "E29", N_("Wrong stop")
    E30 = "E30", N_("More than asked")


ORDER = (
    # the order in which a scan is judged: what comes first is what the person is told
    *(Block.E20, Block.E21, Block.E26, Block.E22, Block.E25, Block.E24, Block.E06, Block.E28),
    *(Block.E03, Block.E05, Block.E02, Block.E07, Block.E23),
)
DOOR_WORDS = (
    # what the door itself says of a code; a device that is without the network says it in the same words
    *(N_("A code with its check character"), N_("Scan again. If the label is torn, print a new one.")),
    *(N_("A label that Mortise printed"), N_("Put it aside and call the team leader.")),
    *(N_("First what it belongs to, then this code"), N_("A code for: %(step)s")),
    N_("Scan the label that this step asks for."),
)
NEUTRAL = {Block.E28}  # nothing is wrong, it was done before


class ScanReused(RuleViolation):
    """One scan_id for two different scans: the device mints them wrongly."""

    code = "mes.scanning.scan_reused"
    message = N_("This scan number was used for another scan before. Scan again.")


class PositionTaken(RuleViolation):
    """Two gestures of one device with the same position: it began to count anew."""

    code = "mes.scanning.position_taken"
    message = N_(
        "This device counted another scan with the same number before. It counts on from the last one."
    )


class DeviceUnknown(RuleViolation):
    """The device is not enrolled, or not any more."""

    code = "mes.scanning.device_unknown"
    message = N_("This device is not enrolled. The administrator enrols it on the stations page.")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence to be shown: an English msgid and the facts that fill its holes."""

    msgid: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the thing in hand is; `missing` names what has still to come."""

    done_count: int
    total_count: int
    missing: tuple[Named | str, ...] = ()


class Blocked(AppError):
    """A scan that is refused: its number, what was expected, what came, what to do now."""

    code = "mes.scanning.blocked"
    message = N_("This scan is refused.")

    def __init__(
        self,
        block: Block,
        *,
        expected: Text,
        got: Text,
        todo: Text,
        object_type: str | None = None,
        object_id: int | None = None,
        context_id: int | None = None,
        progress: Progress | None = None,
        shown: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.block = block
        self.expected, self.got, self.todo = expected, got, todo
        self.object_type, self.object_id, self.context_id = object_type, object_id, context_id
        self.progress, self.shown = progress, shown or {}


def refused_on_device(block: Block, code: str) -> Blocked:
    """Return the refusal that a device without the network gave: it is logged, nothing is judged or done again."""
    return Blocked(
        block,
        expected=Text(N_("What the device knew without the network")),
        got=Text("%(code)s", {"code": code[:20] or "—"}),
        todo=Text(N_("It was refused on the device. Nothing was changed.")),
    )


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a scan handler answers when all is well."""

    say: Text  # one sentence: what was done
    object_type: str = ""  # "piece", "package", …
    object_id: int | None = None
    context_id: int | None = None
    progress: Progress | None = None
    shown: dict[str, Any] = field(default_factory=dict)  # for the page: name, size, drawing, next …
    is_override: bool = False  # a signature let it pass


@dataclass(frozen=True, slots=True)
class Who:
    """The person who scanned, and what their roles may."""

    id: int
    name: str
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Where:
    """The enrolled device and the station it stands at."""

    device_id: int
    station_id: int
    station_name: Named
    station_kind: StationKind
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """One gesture, as a handler gets it: codes cleaned and checked, person and place known."""

    scan_id: str
    kind: ScanKind
    code: str
    context: str | None
    witness: str | None
    quantity: int
    is_manual: bool
    scanned_at: datetime
    at: datetime  # the server's clock
    who: Who
    where: Where | None
    signer: Who | None = None  # a supervisor who signed with badge and PIN
    reason: str | None = None
    position: int | None = None  # the how-manieth gesture of its device

    def may(self, permission: str) -> bool:
        """Say whether the one who scanned holds a permission."""
        return permission in self.who.permissions


def encode(value: Any) -> Any:
    """Return a verdict's part as plain JSON, still without a language."""
    if isinstance(value, Text):
        return {"msgid": value.msgid, "facts": {name: encode(fact) for name, fact in value.facts.items()}}
    if isinstance(value, Named):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Choice):
        return {"msgid": value.label, "facts": {}}
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dict):
        return {name: encode(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [encode(part) for part in value]
    return value


def verdict(answer: Accepted | Blocked) -> dict[str, Any]:
    """Return the answer to a scan as it is stored: msgids and facts, no language."""
    progress = answer.progress
    common = {
        "progress": None
        if progress is None
        else {
            "done": progress.done_count,
            "total": progress.total_count,
            "missing": encode(progress.missing),
        },
        "shown": encode(answer.shown),
    }
    if isinstance(answer, Blocked):
        refused = {name: encode(getattr(answer, name)) for name in ("expected", "got", "todo")}
        return {"outcome": "BLOCK", "block_code": answer.block.value, "say": None, **refused, **common}
    outcome = "OVERRIDE" if answer.is_override else "ACCEPT"
    nothing = {"block_code": None, "expected": None, "got": None, "todo": None}
    return {"outcome": outcome, "say": encode(answer.say), **nothing, **common}
