"""What splitting does when sales tells something; in the teller's transaction."""

from sqlalchemy.orm import Session

from erp.sales.events import LineRemoved
from mes.splitting import service


def on_line_removed(session: Session, event: LineRemoved) -> None:
    """Remove what a release that broke off had written of the line."""
    service.drop_unreleased(session, event.line_id)
