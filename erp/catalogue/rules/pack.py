"""The factory pack: one YAML file from which a factory of the same kind can start.

`read_pack` gives the pack or every fault in it, each with its place; `dump_pack` writes it back.
"""

from __future__ import annotations

import yaml

from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.corners import check_corners
from erp.catalogue.rules.entries import Pack
from erp.catalogue.rules.reading import Fault, Node, Reader, Unreadable, node_of_yaml, plain
from erp.catalogue.rules.references import check_references


class PackFaults(RuleViolation):
    """A pack that cannot be used; `faults` holds every fault with its place, in the order of the file."""

    code = "erp.catalogue.pack_faults"
    message = N_("The factory pack has %(count)s faults; nothing was loaded.")

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(count=len(faults))
        self.faults = faults


def pack_of_bytes(content: bytes) -> Pack:
    """Return the pack that a file holds, which must be UTF-8. Raises PackFaults."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        unreadable = Unreadable(detail=f"UTF-8: {wrong.reason}, byte {wrong.start}")
        raise PackFaults((Fault("", None, unreadable),)) from wrong
    return read_pack(text)


def read_pack(text: str, *, is_known: bool = False) -> Pack:
    """Return the pack that a YAML text holds.

    Checked are its shape, then that everything named exists, then every model at the corners of its size
    limits with every colour and option; the corners, which take seconds, not of one that is known to have
    passed. Raises PackFaults.
    """
    reader = Reader()
    try:
        pack = reader.record(Pack, node_of_yaml(text))
    except Unreadable as wrong:
        reader.fault(Node(None, "", None), wrong)
        pack = None
    if pack is not None:
        check_references(pack, reader)
        if not reader.faults and not is_known:
            check_corners(pack, reader)
    if pack is None or reader.faults:
        raise PackFaults(tuple(sorted(reader.faults, key=lambda fault: fault.line or 0)))
    return pack


def dump_pack(pack: Pack) -> str:
    """Return the pack as YAML that `read_pack` reads back to an equal pack."""
    return yaml.safe_dump(plain(pack, pairs=False), allow_unicode=True, sort_keys=False, width=110)
