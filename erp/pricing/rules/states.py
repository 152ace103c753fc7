"""The states of a price book, and what can be refused of it."""

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_


class BookState(Choice):
    """Where a price book stands."""

    DRAFT = "DRAFT", N_("Draft")
    PUBLISHED = "PUBLISHED", N_("Published")
    RETIRED = "RETIRED", N_("Retired")


STEPS = {
    (BookState.DRAFT, BookState.PUBLISHED),
    (BookState.PUBLISHED, BookState.RETIRED),
}


class BookFrozen(RuleViolation):
    """A book that was published is never changed."""

    code = "erp.pricing.book_frozen"
    message = N_("%(book)s is %(state)s and stays as it is. Make a new draft from it.")


class BookMoved(Conflict):
    """Somebody else saved this draft in the meantime."""

    code = "erp.pricing.book_moved"
    message = N_(
        "Somebody else saved this price book meanwhile. What you typed stands below; compare, then save again."
    )


class LevelUnknown(RuleViolation):
    """A level whose name is longer than anybody means."""

    code = "erp.pricing.level_unknown"
    message = N_("“%(level)s” is no dealer level; use up to 20 characters such as A, B or VIP.")
