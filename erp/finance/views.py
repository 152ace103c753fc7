"""Pages of finance: receipts, what dealers owe, their statements and terms, exceptions of an order."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.audit.queries import history
from core.choices import Choice
from core.clock import now
from core.company.views import company
from core.errors import AppError, Conflict, InvalidInput, RuleViolation
from core.web import answers
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import Form, parse
from core.web.lists import export, paged
from core.web.templating import label, local, named, today
from core.work import read, run
from erp.finance import pdf, queries, service
from erp.finance.forms import (
    PART,
    MonthForm,
    PartForm,
    ReceiptForm,
    RefundForm,
    TermsForm,
    WaiverForm,
    WhyForm,
    parts,
)
from erp.finance.model import Receipt
from erp.finance.queries import ReceiptFilter, ReceiptView
from erp.finance.rules import DayAhead, Method, MoveKind, PeriodClosed, Posting
from erp.parties import queries as parties
from erp.parties.rules import PaperLanguage

bp = Blueprint("erp_finance", __name__)
READ, RECEIVE, REVERSE = "erp.finance.read", "erp.finance.receive", "erp.finance.reverse"
TERMS, WAIVE = "erp.finance.terms", "erp.finance.waive"
PERIODS, CLOSE, REOPEN = "erp.finance.periods", "erp.finance.close", "erp.finance.reopen"
EXPORTED = 10_000  # rows of one spreadsheet

C = TypeVar("C", bound=Choice)
F = TypeVar("F", bound=Form)


def _chosen(kind: type[C], name: str) -> C | None:
    """Return the choice that the address names, if it is one."""
    return next((one for one in kind if one.value == request.args.get(name)), None)


def _day(name: str) -> date | None:
    """Return the day that the address names; what cannot be read names none."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _text() -> str:
    return request.args.get("q", "").strip()[:60]


# --- receipts -----------------------------------------------------------------


def _asked() -> ReceiptFilter:
    return ReceiptFilter(
        view=_chosen(ReceiptView, "view") or ReceiptView.ALL,
        text=_text(),
        dealer_id=request.args.get("dealer", type=int),
        method=_chosen(Method, "method"),
        since=_day("since"),
        until=_day("until"),
    )


@bp.get("/receipts/")
@requires(READ)
def receipt_list() -> ResponseReturnValue:
    """List receipts, refunds and reversals, the newest first."""
    asked = _asked()
    page = paged(read(), queries.receipt_rows(asked), queries.SORTS, default="-number")
    return render_template(
        "erp/finance/receipt_list.html",
        page=page,
        rows=queries.shown(read(), page.rows),
        asked=asked,
        view_list=list(ReceiptView),
        methods=list(Method),
        dealers=parties.dealers(read()),
        money=pdf.money,
    )


@bp.get("/receipts.xlsx")
@requires(READ)
def receipt_export() -> ResponseReturnValue:
    """Answer the list as a spreadsheet."""
    found = queries.receipt_rows(_asked()).order_by(queries.SORTS["number"]).limit(EXPORTED)
    columns: dict[str, Callable[[queries.ReceiptShown], Any]] = {
        _("Number"): lambda one: one.row.number,
        _("Kind"): lambda one: label(one.row.kind),
        _("Day"): lambda one: one.row.received_on,
        _("Dealer"): lambda one: named(one.dealer),
        _("How"): lambda one: label(one.row.method),
        _("Payer"): lambda one: one.row.payer,
        _("Reference"): lambda one: one.row.reference,
        _("Remark"): lambda one: one.row.note,
        _("Amount"): lambda one: one.row.amount,
        _("Left"): lambda one: one.left,
    }
    rows = queries.shown(read(), read().execute(found).all())
    return export(_("receipts") + ".xlsx", columns, rows, amounts=(_("Amount"), _("Left")))


@bp.get("/receipts/new")
@requires(RECEIVE)
def receipt_new() -> ResponseReturnValue:
    """Show an empty form; of the dealer, and for the order, that the address names."""
    dealer_id, order_id = (request.args.get(name, type=int) for name in ("dealer", "order"))
    values: dict[str, Any] = {"received_on": today(), "method": Method.TRANSFER.value}
    if dealer_id is not None and order_id is not None:
        open_amount = {one.order.id: one.open for one in queries.open_orders(read(), dealer_id)}.get(order_id)
        if open_amount is not None:
            values |= {"amount": open_amount, f"{PART}{order_id}": open_amount}
    return _receipt_form(dealer_id, values, {}, 200)


def _receipt_form(
    dealer_id: int | None, values: Mapping[str, Any], errors: Mapping[str, str], status: int
) -> ResponseReturnValue:
    page = render_template(
        "erp/finance/receipt_new.html",
        dealers=parties.dealers(read()),
        dealer=None if dealer_id is None else parties.party(read(), dealer_id),
        orders=[] if dealer_id is None else queries.open_orders(read(), dealer_id),
        methods=list(Method),
        values={"form_key": secrets.token_urlsafe(16)} | dict(values),
        errors=errors,
        part=PART,
        money=pdf.money,
    )
    return page, status


@bp.post("/receipts/new")
@requires(RECEIVE)
def receipt_create() -> ResponseReturnValue:
    """Take money in."""
    dealer_id = request.form.get("dealer_id", type=int)
    try:
        form = parse(ReceiptForm, request.form)
        payment = form.payment({} if form.is_spread else parts(request.form))
        made = run(service.receive, payment, on=today(), by=me().id, at=now())
    except InvalidInput as wrong:
        return _receipt_form(dealer_id, request.form, wrong.fields, 400)
    except (RuleViolation, Conflict) as wrong:
        field = "received_on" if isinstance(wrong, DayAhead | PeriodClosed) else ""
        return _receipt_form(dealer_id, request.form, {field: text_of(wrong)}, status_of(wrong))
    flash(_("%(number)s is booked.", number=made.number), "done")
    return _to(made.id)


@bp.get("/receipts/<int:receipt_id>/")
@requires(READ)
def receipt_show(receipt_id: int) -> ResponseReturnValue:
    """Show one receipt: what it paid for, what is left, what was paid back."""
    return _receipt_page(receipt_id, {}, {}, 200)


def _receipt_page(
    receipt_id: int, typed: Mapping[str, Any], errors: Mapping[str, str], status: int
) -> ResponseReturnValue:
    page = queries.receipt_page(read(), receipt_id)
    html = render_template(
        "erp/finance/receipt_show.html",
        page=page,
        row=page.row,
        open_orders=queries.open_orders(read(), page.dealer.id) if page.left > 0 else [],
        methods=list(Method),
        is_receipt=page.row.kind is MoveKind.RECEIPT,
        happened=history(read(), service.RECEIPT, receipt_id, 20),
        new_key=lambda: secrets.token_urlsafe(16),
        typed=typed,
        errors=errors,
        money=pdf.money,
    )
    return html, status


def _to(receipt_id: int) -> ResponseReturnValue:
    return redirect(url_for(".receipt_show", receipt_id=receipt_id), 303)


def _refused(receipt_id: int, place: str, wrong: AppError) -> ResponseReturnValue:
    """Show the receipt again with what was typed and, at that form, why it was refused."""
    said = " ".join(wrong.fields.values()) if isinstance(wrong, InvalidInput) else text_of(wrong)
    return _receipt_page(receipt_id, request.form, {place: said}, status_of(wrong))


def _done(
    receipt_id: int, place: str, kind: type[F], command: Callable[[F], Receipt | None]
) -> ResponseReturnValue:
    """Run what a form of a receipt asks for; when it is refused, the receipt is shown with what was typed."""
    try:
        made = command(parse(kind, request.form))
    except (InvalidInput, RuleViolation, Conflict) as wrong:
        return _refused(receipt_id, place, wrong)
    flash(_("Saved.") if made is None else _("%(number)s is booked.", number=made.number), "done")
    return _to(receipt_id)


@bp.post("/receipts/<int:receipt_id>/allocate")
@requires(RECEIVE)
def receipt_allocate(receipt_id: int) -> ResponseReturnValue:
    """Pay for an order out of what is left."""

    def command(form: PartForm) -> None:
        run(service.allocate, receipt_id, form.order_id, form.amount, by=me().id, at=now())

    return _done(receipt_id, f"allocate_{request.form.get('order_id', '')}", PartForm, command)


@bp.post("/receipts/<int:receipt_id>/free")
@requires(RECEIVE)
def receipt_free(receipt_id: int) -> ResponseReturnValue:
    """Take what an order got back into the prepayment."""

    def command(form: PartForm) -> None:
        run(service.free, receipt_id, form.order_id, form.amount, by=me().id, at=now())

    return _done(receipt_id, f"free_{request.form.get('order_id', '')}", PartForm, command)


@bp.post("/receipts/<int:receipt_id>/refund")
@requires(REVERSE)
def receipt_refund(receipt_id: int) -> ResponseReturnValue:
    """Pay back what is left, or part of it."""

    def command(form: RefundForm) -> Receipt:
        return run(
            service.refund,
            receipt_id,
            form.amount,
            form.method,
            form.reason,
            form_key=form.form_key,
            on=today(),
            by=me().id,
            at=now(),
        )

    return _done(receipt_id, "refund", RefundForm, command)


@bp.post("/receipts/<int:receipt_id>/reverse")
@requires(REVERSE)
def receipt_reverse(receipt_id: int) -> ResponseReturnValue:
    """Undo a receipt or a refund."""

    def command(form: WhyForm) -> Receipt:
        return run(service.reverse, receipt_id, form.reason, on=today(), by=me().id, at=now())

    return _done(receipt_id, "reverse", WhyForm, command)


# --- closed months ------------------------------------------------------------


@bp.get("/periods/")
@requires(PERIODS)
def period_show() -> ResponseReturnValue:
    """Show through which day the months are closed, who closed and reopened them, and why."""
    return _period_page({}, {}, 200)


def _period_page(typed: Mapping[str, Any], errors: Mapping[str, str], status: int) -> ResponseReturnValue:
    html = render_template(
        "erp/finance/period_show.html",
        closed_to=queries.closed_to(read()),
        last_month=today().replace(day=1) - timedelta(days=1),
        happened=history(read(), service.PERIOD, 1, 60),
        typed=typed,
        errors=errors,
    )
    return html, status


@bp.post("/periods/close")
@requires(CLOSE)
def period_close() -> ResponseReturnValue:
    """Close a month, and whatever is still open before it."""
    try:
        form = parse(MonthForm, request.form)
        closed_to = run(service.close_month, form.first_day, on=today(), by=me().id, at=now())
    except InvalidInput as wrong:
        return _period_page(request.form, wrong.fields, 400)
    except RuleViolation as wrong:
        return _period_page(request.form, {"month": text_of(wrong)}, status_of(wrong))
    flash(_("Closed through %(day)s.", day=closed_to), "done")
    return redirect(url_for(".period_show"), 303)


@bp.post("/periods/reopen")
@requires(REOPEN)
def period_reopen() -> ResponseReturnValue:
    """Reopen the month that was closed last."""
    try:
        run(service.reopen_month, parse(WhyForm, request.form).reason, by=me().id, at=now())
    except RuleViolation as wrong:
        return _period_page(request.form, {"reason": text_of(wrong)}, status_of(wrong))
    flash(_("The month is open again; your name and the reason stand below."), "done")
    return redirect(url_for(".period_show"), 303)


# --- dealers ------------------------------------------------------------------


@bp.get("/dealers/")
@requires(READ)
def dealer_list() -> ResponseReturnValue:
    """List what dealers owe, by age, and what they have paid ahead."""
    is_all = request.args.get("view") == "all"
    rows, sorts = queries.dealer_rows(_text(), is_open_only=not is_all, at=now())
    page = paged(read(), rows, sorts, default="-receivable")
    found = queries.ages(page.rows)
    return render_template(
        "erp/finance/dealer_list.html",
        page=page,
        rows=found,
        terms=queries.all_terms(read(), [one.dealer.id for one in found]),
        is_all=is_all,
        money=pdf.money,
    )


@bp.get("/dealers.xlsx")
@requires(READ)
def dealer_export() -> ResponseReturnValue:
    """Answer the list as a spreadsheet."""
    is_all = request.args.get("view") == "all"
    rows, sorts = queries.dealer_rows(_text(), is_open_only=not is_all, at=now())
    found = read().execute(rows.order_by(sorts["code"]).limit(EXPORTED)).all()
    columns: dict[str, Callable[[queries.Ages], Any]] = {
        _("Code"): lambda one: one.dealer.code,
        _("Dealer"): lambda one: named(one.dealer),
        _("Receivable"): lambda one: one.receivable,
        _("Up to 30 days"): lambda one: one.by_age[0],
        _("31 to 60 days"): lambda one: one.by_age[1],
        _("61 to 90 days"): lambda one: one.by_age[2],
        _("Over 90 days"): lambda one: one.by_age[3],
        _("Paid ahead"): lambda one: one.prepaid,
        _("Balance"): lambda one: one.balance,
    }
    return export(_("receivables") + ".xlsx", columns, queries.ages(found), amounts=list(columns)[2:])


@bp.post("/dealers/<int:dealer_id>/terms")
@requires(TERMS)
def terms_put(dealer_id: int) -> ResponseReturnValue:
    """Agree on terms with a dealer."""
    form = parse(TermsForm, request.form)
    run(service.put_terms, dealer_id, form.terms, by=me().id, at=now())
    flash(_("Saved."), "done")
    return redirect(url_for("erp_parties.party_show", party_id=dealer_id), 303)


@bp.post("/orders/<int:order_id>/waive")
@requires(WAIVE)
def order_waive(order_id: int) -> ResponseReturnValue:
    """Let an order pass a gate unpaid."""
    form = parse(WaiverForm, request.form)
    run(service.waive, order_id, form.gate, form.reason, by=me().id, at=now())
    flash(_("Saved; your name and the reason stand in the order's history."), "done")
    return redirect(url_for("erp_sales.order_show", order_id=order_id), 303)


# --- statement ----------------------------------------------------------------


def _period() -> tuple[date, date]:
    """Return the days that the address names; without them, this month up to today."""
    until = _day("until") or today()
    return _day("since") or until.replace(day=1), until


def _statement(dealer_id: int) -> queries.DealerStatement:
    since, until = _period()
    return queries.dealer_statement(read(), dealer_id, since, until, current_app.config["TIMEZONE"])


@bp.get("/dealers/<int:dealer_id>/statement/")
@requires(READ)
def statement_show(dealer_id: int) -> ResponseReturnValue:
    """Show a dealer's account over some days."""
    found = _statement(dealer_id)
    first = today().replace(day=1)
    before = first - timedelta(days=1)
    return render_template(
        "erp/finance/statement_show.html",
        dealer=found.dealer,
        account=found.account,
        standing=queries.standing(read(), dealer_id),
        periods=[
            (_("This month"), first, today()),
            (_("Last month"), before.replace(day=1), before),
            (_("This year"), first.replace(month=1), today()),
        ],
        languages=list(PaperLanguage),
        kinds=MoveKind,
        money=pdf.money,
    )


@bp.get("/dealers/<int:dealer_id>/statement.pdf")
@requires(READ)
def statement_pdf(dealer_id: int) -> ResponseReturnValue:
    """Answer the paper, in the language that the address names or the dealer's own."""
    found = _statement(dealer_id)
    dealer, account = found.dealer, found.account
    language = _chosen(PaperLanguage, "lang") or PaperLanguage(dealer.locale)
    printing = pdf.Printing(company(), local(now()), me().name)
    paper = pdf.statement_paper(found, language.value, printing)
    return answers.pdf(paper.content, f"{dealer.code}-{account.since}-{account.until}.pdf")


@bp.get("/dealers/<int:dealer_id>/statement.xlsx")
@requires(READ)
def statement_export(dealer_id: int) -> ResponseReturnValue:
    """Answer the statement as a spreadsheet: the opening balance, every document, the closing balance."""
    found = _statement(dealer_id)
    dealer, account = found.dealer, found.account
    rows: list[tuple[date, str, str, str, Decimal | None, Decimal | None, Decimal]] = [
        (account.since, "", _("Opening balance"), "", None, None, account.opening),
        *(_line(one, balance) for one, balance in account.rows),
        (account.until, "", _("Closing balance"), "", account.debit, account.credit, account.closing),
    ]
    headings = (_("Day"), _("Document"), _("Particulars"), _("Remark"), _("Owed"), _("Paid"), _("Balance"))
    columns = {heading: _nth(at) for at, heading in enumerate(headings)}
    name = f"{dealer.code}-{account.since}-{account.until}.xlsx"
    return export(name, columns, rows, amounts=headings[4:])


def _nth(at: int) -> Callable[[tuple[Any, ...]], Any]:
    return lambda row: row[at]


def _line(
    one: Posting, balance: Decimal
) -> tuple[date, str, str, str, Decimal | None, Decimal | None, Decimal]:
    return one.on, one.number, label(one.kind), one.text, one.debit or None, one.credit or None, balance
