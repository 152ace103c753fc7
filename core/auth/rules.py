"""Rules of auth: roles, what a password and a PIN must be, refusals."""

import re
from datetime import datetime, timedelta

from core.choices import Choice
from core.errors import NotAllowed, RuleViolation
from core.i18n import N_


class Role(Choice):
    """What a person does in the factory; the features say what each role may."""

    OWNER = "owner", N_("Owner")
    CLERK = "clerk", N_("Order clerk")
    ACCOUNTANT = "accountant", N_("Accountant")
    SPLITTER = "splitter", N_("Order splitter")
    KEEPER = "keeper", N_("Warehouse keeper")
    OPERATOR = "operator", N_("Operator")
    PACKER = "packer", N_("Packer")
    LOADER = "loader", N_("Loader")
    LEADER = "leader", N_("Team leader")
    ADMINISTRATOR = "administrator", N_("Administrator")


LOGIN = re.compile(r"^[a-z0-9][a-z0-9._-]{1,39}$")
PASSWORD_SHORTEST = 8
PIN = re.compile(r"^[0-9]{4,8}$")
PIN_TRIES = 5  # wrong PINs until the signature is locked
PIN_LOCK = timedelta(minutes=15)  # four digits would take a month


def is_over(failed_at: datetime | None, at: datetime) -> bool:
    """Say whether the last wrong PIN is so long ago that it counts no more."""
    return failed_at is None or at - failed_at >= PIN_LOCK


class LoginWrong(NotAllowed):
    """No such log-in, or another password; which of the two is not said."""

    code = "core.auth.login_wrong"
    message = N_("Log-in or password is wrong. Check both and try again.")


class BadgeWrong(NotAllowed):
    """No badge in force with this code."""

    code = "core.auth.badge_wrong"
    message = N_("This badge is not in force. Use your own badge or see the office.")


class PasswordWeak(RuleViolation):
    """Too short to keep anybody out."""

    code = "core.auth.password_weak"
    message = N_("A password needs at least %(least)s characters.")


class PinUnfit(RuleViolation):
    """A PIN is some digits."""

    code = "core.auth.pin_unfit"
    message = N_("A PIN is 4 to 8 digits.")


class LoginUnfit(RuleViolation):
    """A log-in that could be mistyped or confused."""

    code = "core.auth.login_unfit"
    message = N_("A log-in is 2 to 40 characters of a-z, 0-9, dot, dash: “%(login)s” is not.")
