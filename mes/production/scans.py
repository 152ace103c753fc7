"""What scans of production do: the door hands in a cleaned request, a command judges it."""

from sqlalchemy.orm import Session

from core.codes import Letter, clean
from mes.production import service
from mes.scanning.rules import Accepted, ScanKind, ScanRequest
from mes.scanning.service import Handler

REPORT = "mes.production.report"
SCRAP = "mes.production.scrap"


def op_done(session: Session, scan: ScanRequest) -> Accepted:
    """Report the next operation of a piece."""
    return service.report(session, scan.code, where=scan.where, by=scan.who.id, at=scan.at)


def cut_done(session: Session, scan: ScanRequest) -> Accepted:
    """Report a sheet or bar as cut; an offcut by its own label.

    The context is the label in hand, if any: of the sheet that an offcut is wanted for, or of the lot of boards.
    """
    label = clean(scan.context or "")
    is_lot = label.startswith(Letter.LOT)
    in_hand = service.InHand(lot=label) if is_lot else service.InHand(sheet=label or None)
    return service.report_cut(session, scan.code, in_hand, where=scan.where, by=scan.who.id, at=scan.at)


def scrap(session: Session, scan: ScanRequest) -> Accepted:
    """Scrap a piece for the defect that the page chose."""
    return service.scrap(session, scan.code, scan.witness, where=scan.where, by=scan.who.id, at=scan.at)


HANDLERS = (
    Handler(ScanKind.OP_DONE, REPORT, op_done, (Letter.PIECE,)),
    Handler(ScanKind.CUT_DONE, REPORT, cut_done, (Letter.SHEET,)),
    Handler(ScanKind.SCRAP, SCRAP, scrap, (Letter.PIECE,)),
)
