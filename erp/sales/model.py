"""Tables of sales: orders, their lines, and dealers' sheets on their way in."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Json, Mm, Model, Money, On, Rate, choice
from erp.catalogue.rules.by_hand import EditKind
from erp.catalogue.rules.document import DimBasis, DoorKind, Handing
from erp.sales.rules.issues import Field
from erp.sales.rules.lessons import LessonKind
from erp.sales.rules.pricing import QuotationState
from erp.sales.rules.questions import QuestionState
from erp.sales.rules.states import ImportState, OrderState

ZERO = Decimal(0)


class Order(Model):
    """One order of one dealer. Its progress columns are told by mes through record_progress."""

    __tablename__ = "erp_sales_order"
    __table_args__ = (  # each sort of the list of orders is an index, alone and within a state
        Index("ix_erp_sales_order_state_due_on", "state", "due_on"),
        Index("ix_erp_sales_order_state_id", "state", "id"),
        Index("ix_erp_sales_order_dealer_id_id", "dealer_id", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # SO2611-0042
    dealer_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"), index=True)
    dealer_reference: Mapped[str] = mapped_column(default="")  # the dealer's own order number
    customer: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    due_on: Mapped[On | None] = mapped_column(index=True)
    state: Mapped[OrderState] = mapped_column(choice(OrderState), default=OrderState.DRAFT)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("erp_sales_import.id"), unique=True)
    form_key: Mapped[str | None] = mapped_column(
        unique=True
    )  # minted with the form: a form sent twice makes one
    created_at: Mapped[At] = mapped_column(index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    confirmed_at: Mapped[At | None]
    released_at: Mapped[At | None] = mapped_column(index=True)
    shipped_at: Mapped[At | None]
    rebate_rate: Mapped[Rate] = mapped_column(default=ZERO)  # the order's own discount, 0 to 1
    rebate_reason: Mapped[str] = mapped_column(default="")
    total_amount: Mapped[
        Money | None
    ]  # as agreed on confirming, less what was cancelled since; before, nothing
    price_book: Mapped[str] = mapped_column(default="")  # code of the book that it was agreed by
    price_level: Mapped[str] = mapped_column(default="")
    tax_rate: Mapped[Rate] = mapped_column(default=ZERO)
    is_tax_included: Mapped[bool] = mapped_column(default=True)
    set_count: Mapped[int] = mapped_column(default=0)
    piece_count: Mapped[int] = mapped_column(default=0)  # tracked pieces that count (not void, not replaced)
    made_count: Mapped[int] = mapped_column(default=0, index=True)
    packed_count: Mapped[int] = mapped_column(default=0)
    package_count: Mapped[int] = mapped_column(default=0)
    sealed_count: Mapped[int] = mapped_column(default=0)
    shipped_count: Mapped[int] = mapped_column(default=0)  # packages
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Line(Model):
    """One line of an order: one door model in one size and make, in some number of equal sets."""

    __tablename__ = "erp_sales_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("set_count > 0", name="set_count_positive"),
        CheckConstraint("width_mm > 0 AND height_mm > 0 AND wall_mm >= 0", name="sizes_positive"),
        CheckConstraint("touch_count >= 0", name="touch_count_not_negative"),
        CheckConstraint("cancelled_count BETWEEN 0 AND set_count", name="cancelled_count_within_sets"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"), index=True)
    position: Mapped[int]
    room: Mapped[str] = mapped_column(default="")
    door_id: Mapped[int] = mapped_column(ForeignKey("erp_catalogue_door.id"))
    kind: Mapped[DoorKind] = mapped_column(choice(DoorKind))
    colour_code: Mapped[str | None]
    dim_basis: Mapped[DimBasis] = mapped_column(choice(DimBasis))
    width_mm: Mapped[Mm]
    height_mm: Mapped[Mm]
    wall_mm: Mapped[Mm]
    mother_width_mm: Mapped[Mm | None]  # unequal doubles: the active leaf
    handing: Mapped[Handing | None] = mapped_column(choice(Handing))
    options: Mapped[Json]  # further choices by code, {str: str}
    measures: Mapped[Json] = mapped_column(default=dict)  # further sizes by code, {str: "mm"}
    set_count: Mapped[int]  # all that were ever wanted, cancelled ones included
    cancelled_count: Mapped[int] = mapped_column(default=0)  # of them, taken back after the release
    note: Mapped[str] = mapped_column(default="")
    agreed_amount: Mapped[Money | None]  # for one set, by hand; nothing: by the book
    agreed_reason: Mapped[str] = mapped_column(default="")
    unit_amount: Mapped[Money | None]  # for one set, frozen when the order was confirmed
    price_terms: Mapped[Json] = mapped_column(default=list)  # how unit_amount came about, rules.pricing
    expected_amount: Mapped[Money | None]  # for one set, as the dealer's sheet says; compared, never taken
    source: Mapped[Json]  # {field: {"cell": "C7", "text": "2100*900*240"}}; {} when entered by hand
    touch_count: Mapped[int] = mapped_column(
        default=0
    )  # how often a hand was laid on it; 0: as the dealer wrote it

    @property
    def live_count(self) -> int:
        """How many sets of it are wanted."""
        return self.set_count - self.cancelled_count


class Amendment(Model):
    """One person's change of one released order on its way: what was typed, line by line, and is not in force yet."""

    __tablename__ = "erp_sales_amendment"
    __table_args__ = (UniqueConstraint("order_id", "person_id"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    edits: Mapped[Json]  # {key of the line: what is typed, see rules.amending}
    started_at: Mapped[At]
    changed_at: Mapped[At]


class HandEdit(Model):
    """One change by hand to a piece or requirement of one set of a line, or of all its equal sets.

    Rows are added and dropped, never changed: what was frozen by one keeps pointing at it. Confirming a stale
    one drops it and adds another on what the rules make now.
    """

    __tablename__ = "erp_sales_hand_edit"
    __table_args__ = (
        CheckConstraint("set_position >= 0", name="set_position_not_negative"),
        CheckConstraint("(dropped_at IS NULL) = (dropped_by_id IS NULL)", name="dropped_by_somebody"),
        Index(
            "uq_erp_sales_hand_edit_in_force",
            *("line_id", "set_position", "code"),
            unique=True,
            sqlite_where=text("dropped_at IS NULL"),
            postgresql_where=text("dropped_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    line_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_line.id"), index=True)
    set_position: Mapped[int]  # which of the line's equal sets; 0 is all of them
    kind: Mapped[EditKind] = mapped_column(choice(EditKind))
    code: Mapped[str]  # JAMB_L, need:HINGE, HAND_1: see erp.catalogue.rules.by_hand
    name: Mapped[str]  # what the piece was called, for those that are not there any more
    name_en: Mapped[str]
    base: Mapped[Json]  # what the rules made of it when it was changed, rules.by_hand.base_of
    values: Mapped[Json]  # what is made instead: sizes and quantities as text, an added piece in full
    reason: Mapped[str]
    made_at: Mapped[At] = mapped_column(index=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    dropped_at: Mapped[At | None]
    dropped_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Quotation(Model):
    """One priced offer of an order's lines as they stood; never changed, a new offer is another one."""

    __tablename__ = "erp_sales_quotation"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # QU2611-0007
    order_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_order.id"), index=True)
    state: Mapped[QuotationState] = mapped_column(choice(QuotationState))
    made_on: Mapped[On]
    valid_to_on: Mapped[On]
    total_amount: Mapped[Money]
    tax_amount: Mapped[Money]
    lines_sha256: Mapped[str]  # of what the lines asked for
    content: Mapped[Json]  # the offer, line by line with its terms, as it was printed
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    decided_at: Mapped[At | None]


class Import(Model):
    """One dealer's sheet on its way to becoming an order; corrections are kept as they are typed."""

    __tablename__ = "erp_sales_import"

    id: Mapped[Id]
    dealer_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("core_files_file.id"))
    state: Mapped[ImportState] = mapped_column(choice(ImportState), default=ImportState.OPEN)
    sheet_name: Mapped[str]
    profile: Mapped[str] = mapped_column(
        default="plain"
    )  # rules.vocabulary.Profile, as chosen on sending it in
    facts: Mapped[Json]  # header facts: {"dealer_reference": {"value", "cell", "text"}, …}
    issues: Mapped[Json]  # about the sheet as a whole; those of its lines stand with them
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Remembered(Model):
    """One word of one dealer whose meaning a person has shown; the dealer's next sheets are read by it."""

    __tablename__ = "erp_sales_remembered"
    __table_args__ = (UniqueConstraint("dealer_id", "kind", "word_key"),)

    id: Mapped[Id]
    dealer_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"), index=True)
    kind: Mapped[LessonKind] = mapped_column(choice(LessonKind))
    word_key: Mapped[str]  # as words are compared; "" for the order of sizes
    word: Mapped[str]  # as the dealer writes it
    meaning: Mapped[str]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("erp_sales_import.id"))  # where it was shown
    learned_at: Mapped[At]
    learned_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class ImportRow(Model):
    """One row of a dealer's sheet: what the cells held, what was read, and what is wrong with it."""

    __tablename__ = "erp_sales_import_row"
    __table_args__ = (UniqueConstraint("import_id", "row_number"),)

    id: Mapped[Id]
    import_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_import.id"), index=True)
    row_number: Mapped[int]  # as the spreadsheet counts
    source: Mapped[Json]  # {field: {"cell", "text"}}
    read_values: Mapped[Json]  # {field: text} as the importer read it last
    values: Mapped[Json]  # {field: text} as it stands, corrections included
    typed_fields: Mapped[Json] = mapped_column(
        default=list
    )  # [field] that a hand changed; kept on reading again
    issues: Mapped[Json]  # [{code, severity, field, cell, facts, offers, is_settled}], see rules.kept
    is_skipped: Mapped[bool] = mapped_column(default=False)


class QuestionLink(Model):
    """The one link by which a dealer answers what is asked about an order, or about a sheet in review.

    Of its token only the SHA-256 is kept; renewing it writes a new one over the old.
    """

    __tablename__ = "erp_sales_question_link"
    __table_args__ = (
        CheckConstraint("(import_id IS NULL) <> (order_id IS NULL)", name="about_one_thing"),
        CheckConstraint("view_count >= 0", name="view_count_not_negative"),
    )

    id: Mapped[Id]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("erp_sales_import.id"), unique=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("erp_sales_order.id"), unique=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[At]
    revoked_at: Mapped[At | None]
    view_count: Mapped[int] = mapped_column(default=0)  # how often the dealer's page was opened
    viewed_at: Mapped[At | None]  # the last time
    created_at: Mapped[At]  # of the token in force
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))


class Question(Model):
    """One question to a dealer about one value, one row or line, or the whole; with its last answer, if any.

    ANSWERED changes nothing yet: a clerk accepts it, or rejects it, which opens the question again.
    """

    __tablename__ = "erp_sales_question"
    __table_args__ = (
        CheckConstraint("row_id IS NULL OR line_id IS NULL", name="about_one_place"),
        CheckConstraint(
            "state NOT IN ('ANSWERED', 'ACCEPTED') OR answered_at IS NOT NULL", name="answered_has_its_time"
        ),
        CheckConstraint("state <> 'ACCEPTED' OR decided_at IS NOT NULL", name="accepted_has_its_time"),
        CheckConstraint("(state = 'CLOSED') = (closed_at IS NOT NULL)", name="closed_has_its_time"),
        Index("ix_erp_sales_question_state_asked_at", "state", "asked_at"),
    )

    id: Mapped[Id]
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_sales_question_link.id"), index=True)
    row_id: Mapped[int | None] = mapped_column(ForeignKey("erp_sales_import_row.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("erp_sales_line.id"), index=True)
    place: Mapped[str]  # "7 主卧": the row's or line's number and room, as they were when it was asked
    field: Mapped[Field | None] = mapped_column(choice(Field))
    issue: Mapped[Json]  # the issue as it stood, see rules.kept; {} where the clerk asked freely
    text: Mapped[str]  # the wording, in the dealer's language
    state: Mapped[QuestionState] = mapped_column(choice(QuestionState), default=QuestionState.OPEN)
    asked_at: Mapped[At]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    answer: Mapped[Json] = mapped_column(default=dict)  # {field: text}, {"right": "1"} for right as read
    remark: Mapped[str] = mapped_column(default="")  # of who answered
    answered_by: Mapped[str] = mapped_column(default="")  # the name that was written on the dealer's page
    answered_at: Mapped[At | None]
    seen_sha256: Mapped[str] = mapped_column(
        default=""
    )  # of the row or line as the dealer saw it, rules.seen_as
    decided_at: Mapped[At | None]  # when the answer was accepted, or (OPEN again) rejected
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    reject_reason: Mapped[str] = mapped_column(default="")  # what the dealer reads beside the open question
    closed_at: Mapped[At | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    close_reason: Mapped[str] = mapped_column(default="")
