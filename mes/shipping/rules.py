"""Rules of shipping: what a load is, and how a scan at the dock is judged.

A judgement gets frozen facts and gives the refusal, or nothing when the scan is right. The order of
judgement is that of the contracts: load closed, on another vehicle, already on this one, other
destination, not on the list, not sealed, not paid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_, Named
from erp.parties.rules import PartDelivery
from mes.packing.rules import LOADABLE, PackageState
from mes.scanning.rules import Block, Blocked, Progress, Text


class LoadState(Choice):
    """Where a load stands (contracts: states)."""

    PLANNED = "PLANNED", N_("Planned")
    LOADING = "LOADING", N_("Loading")
    CLOSED = "CLOSED", N_("Closed")
    SHIPPED = "SHIPPED", N_("Shipped")
    CANCELLED = "CANCELLED", N_("Cancelled")


class Freight(Choice):
    """Who pays the carrier."""

    PREPAID = "prepaid", N_("Freight paid by us")
    COLLECT = "collect", N_("Freight paid on arrival")


class ClaimKind(Choice):
    """What a dealer says is wrong."""

    PACKAGE_MISSING = "package_missing", N_("The package did not come")
    PACKAGE_WRONG = "package_wrong", N_("The package is not ours")
    DAMAGED = "damaged", N_("Damaged")
    PART_MISSING = "part_missing", N_("Something is missing inside")
    PART_WRONG = "part_wrong", N_("Something inside is wrong")
    EXTRA = "extra", N_("A package too many came")


class ClaimState(Choice):
    """What the office found of a claim."""

    OPEN = "open", N_("To be looked into")
    ACCEPTED = "accepted", N_("Right")
    REJECTED = "rejected", N_("Not right")


class Condition(Choice):
    """How a package came back."""

    GOOD = "good", N_("Good: back into the store")
    DAMAGED = "damaged", N_("Damaged: to be opened and made again")


STEPS = {
    (LoadState.PLANNED, LoadState.LOADING),
    (LoadState.LOADING, LoadState.CLOSED),
    (LoadState.CLOSED, LoadState.SHIPPED),
    (LoadState.PLANNED, LoadState.CANCELLED),
}
OPEN = (LoadState.PLANNED, LoadState.LOADING)  # packages may still come and go
GONE = (PackageState.SHIPPED, PackageState.RECEIVED)
UNSEALED = (PackageState.PLANNED, PackageState.OPEN)
NAMED_AT_MOST = 4  # packages that a refusal names; more are counted: a tablet has no more room


class LoadNotOpen(RuleViolation):
    """A load whose list is to be changed after it was closed."""

    code = "mes.shipping.load_not_open"
    message = N_("Load %(number)s is %(state)s: its list cannot be changed any more.")


class PackageTaken(Conflict):
    """A package that is on a load already."""

    code = "mes.shipping.package_taken"
    message = N_("One of these packages is on a load already. Look at the list again and choose anew.")


class PackageNotReady(RuleViolation):
    """A package that is not sealed, or has left."""

    code = "mes.shipping.package_not_ready"
    message = N_("Package %(package)s is %(state)s: only a sealed package can go onto a load.")


class NothingChosen(RuleViolation):
    """A list of packages without a package."""

    code = "mes.shipping.nothing_chosen"
    message = N_("No package is chosen. Tick the packages that are to go.")


class PackageOnBoard(RuleViolation):
    """A package that is on the vehicle is to leave the list."""

    code = "mes.shipping.package_on_board"
    message = N_("Package %(package)s is on the vehicle. Unload it by scan first.")


class NotOnLoad(RuleViolation):
    """A package is to leave a list that it is not on."""

    code = "mes.shipping.not_on_load"
    message = N_("This package is not on load %(number)s.")


LINK_HOLDS = timedelta(days=60)  # a dealer unpacks when the site is ready
CLAIM_COUNTS = timedelta(days=30)  # within which a claim counts for the accuracy of packing
CLAIM_NOTE_MAX = 500
# the class of an error that a claim most likely is; the office says what it was
LIKELY = {
    ClaimKind.PACKAGE_MISSING: Block.E10,
    ClaimKind.PACKAGE_WRONG: Block.E11,
    ClaimKind.DAMAGED: Block.E14,
    ClaimKind.PART_MISSING: Block.E01,
    ClaimKind.PART_WRONG: Block.E04,
    ClaimKind.EXTRA: Block.E12,
}
# what a claim may turn out to be: errors of contents and of shipping, no errors of codes
CLAIMABLE = tuple(one for one in Block if one.value < "E20")


class LinkUnknown(RuleViolation):
    """No delivery has this token; a renewed link's old token is one of these."""

    code = "mes.shipping.link_unknown"
    message = N_(
        "This link is not known, or was replaced by a newer one. Ask the factory for the latest link."
    )


class LinkOver(RuleViolation):
    """The link's time is over."""

    code = "mes.shipping.link_over"
    message = N_("This link has expired. Call the factory if something is wrong with the delivery.")


class NotShipped(RuleViolation):
    """A link for a delivery that has not left."""

    code = "mes.shipping.not_shipped"
    message = N_("%(number)s has not left yet: a receipt is asked for when the vehicle has left.")


class NameMissing(RuleViolation):
    """A receipt without a name."""

    code = "mes.shipping.name_missing"
    message = N_("Write your name, so that the factory knows who received it.")


class NothingSaid(RuleViolation):
    """A receipt that tells of no package."""

    code = "mes.shipping.nothing_said"
    message = N_("Say of at least one package whether it came, then send.")


class NoteMissing(RuleViolation):
    """A claim without a word about it."""

    code = "mes.shipping.note_missing"
    message = N_("Say what is wrong with package %(package)s: a word or two, and a photo if you can.")


class ClaimDecided(RuleViolation):
    """A claim on which somebody decided before."""

    code = "mes.shipping.claim_decided"
    message = N_("This claim is “%(state)s” already. Nothing was changed.")


class NotRemade(RuleViolation):
    """A piece that is made again already, or that is not in this package any more."""

    code = "mes.shipping.not_remade"
    message = N_("%(piece)s is made again already, or lies in another package. Look at the page again.")


class AnswerMissing(RuleViolation):
    """A claim is rejected without telling the dealer why."""

    code = "mes.shipping.answer_missing"
    message = N_("Say why the claim is not right: the dealer reads it.")


class NotAway(RuleViolation):
    """A package comes back that has not left."""

    code = "mes.shipping.not_away"
    message = N_("Package %(package)s is “%(state)s”: only what was shipped can come back.")


class ReasonMissing(RuleViolation):
    """A package comes back without a reason."""

    code = "mes.shipping.reason_missing"
    message = N_("Say why the package came back.")


def token_sha256(token: str) -> str:
    """Return what is kept of a link's token: nobody who reads the database can open it."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_link(expires_at: datetime | None, at: datetime) -> None:
    """Raise LinkOver unless a link is still good."""
    if expires_at is None or at >= expires_at:
        raise LinkOver


@dataclass(frozen=True, slots=True)
class Said:
    """What a dealer says of one package: right, or what is wrong with it, with a picture already redrawn."""

    package_id: int | None  # nothing: a package that is on no list
    kind: ClaimKind | None = None  # nothing: it came as it should
    note: str = ""
    photo: bytes | None = None


@dataclass(frozen=True, slots=True)
class Cargo:
    """One package as a judge at the dock sees it, and the load it belongs onto, if any."""

    package_id: int
    code: str
    name: Named
    position: int
    total_count: int
    state: PackageState
    order_id: int
    order_number: str
    room: str
    dealer_id: int
    dealer: Named
    place: str = ""
    load_id: int | None = None
    load_number: str = ""
    delivery_id: int | None = None
    is_loaded: bool = False
    stop: int | None = None  # 1 = first unloaded
    part_delivery: PartDelivery = PartDelivery.SIGNED
    planned_kg: Decimal | None = None

    @property
    def number(self) -> str:
        """What is written on it in large figures: 2/4."""
        return f"{self.position}/{self.total_count}"

    @property
    def label(self) -> Named:
        """Its kind and number, such as 套包 2/4."""
        return Named(f"{self.name.zh} {self.number}", f"{self.name.en} {self.number}" if self.name.en else "")

    @property
    def full(self) -> Named:
        """Its order, kind and number: what tells it from every other package."""
        return Named(
            *(f"{self.order_number} {name}" if name else "" for name in (self.label.zh, self.label.en))
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """One load and everything that is to go onto it, in the order of the stops."""

    load_id: int
    number: str
    state: LoadState
    cargo: tuple[Cargo, ...]

    @property
    def missing(self) -> tuple[Cargo, ...]:
        """What is on the list and not on the vehicle."""
        return tuple(one for one in self.cargo if not one.is_loaded)

    @property
    def progress(self) -> Progress:
        """How far the loading is; what is missing, by name."""
        missing = self.missing
        names = tuple(one.full for one in missing)
        return Progress(len(self.cargo) - len(missing), len(self.cargo), names)


@dataclass(frozen=True, slots=True)
class LoadHead:
    """One load as the judge of one package sees it: not its list, only what of it says something about this package."""

    load_id: int
    number: str
    state: LoadState
    is_dealer_served: bool = True  # the package's dealer is one of its stops
    first: tuple[
        Cargo, ...
    ] = ()  # what goes on before the package and is not on: the last stop, loaded by stop


MORE = Named("%(packages)s 等 %(count)s 包", "%(packages)s and %(more)s more")


def joined(cargo: Sequence[Cargo]) -> Named:
    """Return the names of some packages as one: 4 at most, then how many more."""
    some, more = cargo[:NAMED_AT_MOST], len(cargo) - NAMED_AT_MOST
    zh = "、".join(one.full.zh for one in some)
    en = ", ".join(one.full.en or one.full.zh for one in some)
    if more <= 0:
        return Named(zh, en)
    facts = {"count": len(cargo), "more": more}
    return Named(MORE.zh % {"packages": zh, **facts}, MORE.en % {"packages": en, **facts})


def orders_of(cargo: Sequence[Cargo]) -> Named:
    """Return the orders of some packages, by number: 4 at most, then how many more."""
    numbers = sorted({one.order_number for one in cargo})
    shown, more = numbers[:NAMED_AT_MOST], len(numbers) - NAMED_AT_MOST
    zh, en = "、".join(shown), ", ".join(shown)
    return Named(zh, en) if more <= 0 else Named(f"{zh} 等 {len(numbers)} 单", f"{en} and {more} more")


def judge_load(load: LoadHead, cargo: Cargo, *, is_held: bool = False) -> Blocked | None:
    """Return why a package does not go onto the vehicle, if so; `is_held` says that its order is to be paid first.

    How far the loading is, is for the caller to add: it counts the list.
    """
    return (
        _closed(load)
        or _gone(load, cargo)
        or _on_board(load, cargo)
        or _other_destination(load, cargo)
        or (_not_sealed(load, cargo) if cargo.state in UNSEALED else None)  # the office cannot list it
        or _not_listed(load, cargo)
        or _wrong_stop(load, cargo)
        or _not_sealed(load, cargo)
        or (_not_paid(load, cargo) if is_held else None)
    )


def judge_unload(load: LoadHead, cargo: Cargo) -> Blocked | None:
    """Return why a package is not taken off the vehicle, if so."""
    refusal = _closed(load)
    if refusal or (cargo.load_id == load.load_id and cargo.is_loaded):
        return refusal
    return _refusal(
        Block.E12,
        load,
        cargo,
        expected=Text(N_("A package on this vehicle")),
        got=Text(N_("%(package)s, not on it"), {"package": cargo.full}),
        todo=Text(N_("Nothing to unload. Scan the package that is to come off.")),
    )


def judge_close(
    manifest: Manifest, scanned: Collection[int], absent: Sequence[Cargo] = (), *, is_signed: bool
) -> Blocked | None:
    """Return why a load cannot be closed, if so; a signature lets it go short, but never empty.

    `scanned` are the packages that are on the vehicle by the scan log alone, `absent` those of its orders that
    are on no list and still in the house. What a dealer takes of part deliveries decides: never, with a
    signature, or freely.
    """
    return (
        _closed(manifest)
        or _papers_differ(manifest, scanned)
        or _refused_short(manifest, (*manifest.missing, *absent), is_signed=is_signed)
    )


def _refused_short(manifest: Manifest, behind: Sequence[Cargo], *, is_signed: bool) -> Blocked | None:
    if not manifest.progress.done_count:
        return _short(manifest, behind)
    going = {one.dealer_id for one in manifest.cargo if one.is_loaded}
    wanted = [one for one in behind if one.part_delivery is PartDelivery.NEVER and one.dealer_id in going]
    if wanted:
        return _short(manifest, wanted, is_refused=True)
    return _short(manifest, behind) if needs_signature(behind) and not is_signed else None


def needs_signature(behind: Sequence[Cargo]) -> bool:
    """Say whether a load that goes without some packages must be signed for."""
    return any(one.part_delivery is not PartDelivery.FREE for one in behind)


def lost(load: LoadHead | Manifest) -> Blocked:
    """Return the refusal for a change that another scan made a moment ago."""
    return Blocked(
        Block.E27,
        expected=Text("%(number)s", {"number": load.number}),
        got=Text(N_("Changed meanwhile")),
        todo=Text(N_("Look at the list and scan again.")),
        object_type="load",
        object_id=load.load_id,
    )


def _refusal(block: Block, load: LoadHead, cargo: Cargo, *, expected: Text, got: Text, todo: Text) -> Blocked:
    return Blocked(
        block,
        expected=expected,
        got=got,
        todo=todo,
        object_type="package",
        object_id=cargo.package_id,
        context_id=load.load_id,
    )


def _closed(load: LoadHead | Manifest) -> Blocked | None:
    if load.state in OPEN:
        return None
    return Blocked(
        Block.E24,
        expected=Text(N_("A load that is not closed")),
        got=Text(N_("%(number)s: %(state)s"), {"number": load.number, "state": load.state}),
        todo=Text(N_("Put it aside and scan the code of the load that is being loaded.")),
        object_type="load",
        object_id=load.load_id,
        context_id=load.load_id,
    )


def _gone(load: LoadHead, cargo: Cargo) -> Blocked | None:
    if cargo.state in GONE:
        got = Text(N_("%(package)s, shipped already"), {"package": cargo.full})
        todo = Text(N_("Put it aside and call the team leader: two boxes may carry one label."))
    elif cargo.is_loaded and cargo.load_id != load.load_id:
        got = Text(N_("%(package)s, loaded on %(load)s"), {"package": cargo.full, "load": cargo.load_number})
        todo = Text(
            N_("Bring it to %(load)s, or have it unloaded there by scan."), {"load": cargo.load_number}
        )
    else:
        return None
    expected = Text(N_("A package of %(number)s"), {"number": load.number})
    return _refusal(Block.E12, load, cargo, expected=expected, got=got, todo=todo)


def _on_board(load: LoadHead, cargo: Cargo) -> Blocked | None:
    if not cargo.is_loaded:
        return None
    return _refusal(
        Block.E28,
        load,
        cargo,
        expected=Text(N_("A package not loaded yet")),
        got=Text(N_("%(package)s, already on"), {"package": cargo.full}),
        todo=Text(N_("Go on with the next package.")),
    )


def _other_destination(load: LoadHead, cargo: Cargo) -> Blocked | None:
    if load.is_dealer_served:
        return None
    return _refusal(
        Block.E11,
        load,
        cargo,
        expected=Text(N_("A package for a dealer of %(number)s"), {"number": load.number}),
        got=Text(N_("%(package)s, for %(dealer)s"), {"package": cargo.full, "dealer": cargo.dealer}),
        todo=Text(N_("Take it off. It goes to %(dealer)s."), {"dealer": cargo.dealer}),
    )


def _not_listed(load: LoadHead, cargo: Cargo) -> Blocked | None:
    if cargo.load_id == load.load_id:
        return None
    if cargo.load_id is not None:
        got = Text(N_("%(package)s, of load %(load)s"), {"package": cargo.full, "load": cargo.load_number})
        todo = Text(N_("Leave it for %(load)s."), {"load": cargo.load_number})
    else:
        got = Text(N_("%(package)s, on no load"), {"package": cargo.full})
        todo = Text(N_("Put it back, or have the office add it to this load."))
    expected = Text(N_("A package of %(number)s"), {"number": load.number})
    return _refusal(Block.E12, load, cargo, expected=expected, got=got, todo=todo)


def _wrong_stop(load: LoadHead, cargo: Cargo) -> Blocked | None:
    """Refuse what is unloaded earlier while something that is unloaded later is not on."""
    if not load.first:
        return None
    head = load.first[0]
    return _refusal(
        Block.E29,
        load,
        cargo,
        expected=Text(N_("Stop %(stop)s: %(dealer)s"), {"stop": head.stop, "dealer": head.dealer}),
        got=Text(N_("%(package)s, stop %(stop)s"), {"package": cargo.full, "stop": cargo.stop}),
        todo=Text(N_("First load %(packages)s."), {"packages": joined(load.first)}),
    )


def _not_sealed(load: LoadHead, cargo: Cargo) -> Blocked | None:
    if cargo.state in LOADABLE:
        return None
    return _refusal(
        Block.E13,
        load,
        cargo,
        expected=Text(N_("A sealed package")),
        got=Text(N_("%(package)s: %(state)s"), {"package": cargo.full, "state": cargo.state}),
        todo=Text(N_("Bring it back to the packing bench and have it sealed.")),
    )


def _not_paid(load: LoadHead, cargo: Cargo) -> Blocked:
    """Refuse without an amount: the floor sees no prices."""
    return _refusal(
        Block.E13,
        load,
        cargo,
        expected=Text(N_("An order that is paid in full")),
        got=Text(N_("%(package)s: not paid in full"), {"package": cargo.full}),
        todo=Text(N_("Leave it here and call the office: accounts can let it pass.")),
    )


def _short(manifest: Manifest, behind: Sequence[Cargo], *, is_refused: bool = False) -> Blocked:
    """Refuse with the counts of the list; when all of it is on, with the orders that it holds in part."""
    progress = manifest.progress
    listed = [one for one in behind if one.load_id == manifest.load_id]
    expected = Text(N_("%(count)s packages"), {"count": progress.total_count})
    got = Text(N_("%(count)s packages"), {"count": progress.done_count})
    todo = Text(N_("Put packages onto the list first."))
    if listed:
        todo = Text(N_("Load what is missing: %(packages)s."), {"packages": joined(listed)})
    elif behind:
        expected = Text(N_("Whole orders, or a signature"))
        facts = {"count": len(behind), "orders": orders_of(behind)}
        got = Text(N_("%(count)s packages of %(orders)s are not on this load's list"), facts)
        todo = Text(N_("Press “Papers”: the team leader signs that they go later."))
    if is_refused:
        todo = Text(
            N_("%(dealer)s takes no part delivery. Load %(packages)s, or unload all that is theirs."),
            {"dealer": behind[0].dealer, "packages": joined(behind)},
        )
        expected = expected if listed else Text(N_("Whole orders"))
    return Blocked(
        Block.E10,
        expected=expected,
        got=got,
        todo=todo,
        object_type="load",
        object_id=manifest.load_id,
        context_id=manifest.load_id,
        progress=progress,
    )


def _papers_differ(manifest: Manifest, scanned: Collection[int]) -> Blocked | None:
    listed = {one.package_id for one in manifest.cargo if one.is_loaded}
    if listed == set(scanned):
        return None
    wrong = [one for one in manifest.cargo if (one.package_id in listed) != (one.package_id in scanned)]
    return Blocked(
        Block.E15,
        expected=Text(N_("%(count)s packages by the scans"), {"count": len(set(scanned))}),
        got=Text(N_("%(count)s packages by the list"), {"count": len(listed)}),
        todo=Text(N_("Unload and load again by scan: %(packages)s."), {"packages": joined(wrong)}),
        object_type="load",
        object_id=manifest.load_id,
        context_id=manifest.load_id,
        progress=manifest.progress,
    )
