"""A clerk who changes a released order as the pages let him."""

from dataclasses import replace

from sqlalchemy import select

from erp.catalogue.model import Door
from erp.sales import service as sales
from erp.sales.model import Line
from erp.sales.queries import orders as sales_queries
from erp.sales.rules.amending import Edit
from mes.changes import service
from mes.changes.queries import changing
from mes.changes.rules.changing import Changing
from mes.splitting.model import Piece
from mes.splitting.rules import LIVE, ReleaseReason
from tests.conftest import NOON
from tests.factories.factory import FRIDAY
from tests.factories.people import make_person


def clerk(session):
    return make_person(session, roles=("clerk",)).id


def lines(session, order):
    return session.scalars(select(Line).where(Line.order_id == order.id).order_by(Line.position)).all()


def entry(session, line, **over):
    """A line as it is in force, with some of it typed otherwise."""
    asked = sales_queries.entry(line, session.get(Door, line.door_id).code)
    return replace(asked, **{"set_count": line.live_count} | over)


def edit(session, order, by, number=0, *, at=NOON, **over):
    """Type something else into one line of an order."""
    line = lines(session, order)[number]
    typed = Edit(entry(session, line, **over))
    sales.edit_line(session, order.id, str(line.id), typed, by=by, at=at)
    session.flush()


def plan(session, order, by):
    session.flush()
    return changing.plan(session, order.id, by, FRIDAY)


def asking(plan, reason=ReleaseReason.DEALER_CHANGE, note="客户来电", due_on=None):
    return Changing(plan.draft.order.version, reason, note, due_on or plan.draft.due_on, plan.where)


def put(session, order, by, **over):
    """Put what was typed in force, as it is looked at now."""
    found = plan(session, order, by)
    done = service.change(session, found, asking(found, **over), by=by, at=NOON, on=FRIDAY)
    session.flush()
    session.expire_all()
    return done


def live(session, order, set_number=None):
    """The live pieces of an order by code; of one set where it is named."""
    rows = session.scalars(
        select(Piece).where(Piece.order_id == order.id, Piece.state.in_(LIVE)).order_by(Piece.id)
    ).all()
    return {(one.set_id, one.rule_code): one for one in rows}
