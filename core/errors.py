"""The refusals this program knows, by family.

A family says what kind of "no" it is; it says nothing of HTTP. A feature
subclasses the family that fits and adds a code, a message and facts.
"""

from __future__ import annotations

from typing import Any, ClassVar

from core.i18n import N_


class AppError(Exception):
    """A refusal a person can understand; `facts` fill the message's blanks."""

    code: ClassVar[str] = "core.error"
    message: ClassVar[str] = N_("Something went wrong.")

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.message % facts)
        self.facts = facts


class InvalidInput(AppError):
    """What was typed cannot be read; `fields` maps a field name to its message, already translated."""

    code = "core.invalid_input"
    message = N_("Please correct the marked fields.")

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__()
        self.fields = fields


class NotFound(AppError):
    """No such thing, or none this person may know of."""

    code = "core.not_found"
    message = N_("Not found.")


class NotAllowed(AppError):
    """Known person, missing permission."""

    code = "core.not_allowed"
    message = N_("You may not do this. Ask whoever manages the log-ins for the right to do it.")


class LoginNeeded(AppError):
    """Nobody is logged in, or the log-in has expired."""

    code = "core.login_needed"
    message = N_("Please log in. What you typed is kept.")


class TooMany(AppError):
    """Asked too often in a short time."""

    code = "core.too_many"
    message = N_("Too many tries. Wait a minute and try again.")


class RuleViolation(AppError):
    """Readable and permitted, but the business says no."""

    code = "core.rule"
    message = N_("This is not possible here.")


class Conflict(AppError):
    """Somebody else changed it first, or it exists already."""

    code = "core.conflict"
    message = N_("Somebody changed this meanwhile. Please look again.")


class ConfirmNeeded(AppError):
    """The business would rather not; the person may insist by sending `key` back."""

    code = "core.confirm_needed"
    message = N_("Please confirm.")

    def __init__(self, key: str, **facts: Any) -> None:
        super().__init__(**facts)
        self.key = key
