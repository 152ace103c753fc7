"""Forms of auth."""

from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from core.auth.rules import Role
from core.web.forms import Form, Name, half_width


def _listed(value: object) -> object:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


Secret = Annotated[str, StringConstraints(strip_whitespace=False, max_length=200)]


class LoginForm(Form):
    """Who wants in, and where to go then."""

    login: Name
    password: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200)]
    next: str = ""


class PinForm(Form):
    """A PIN of one's own, with the password that proves whose it is."""

    password: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200)]
    pin: Annotated[str, BeforeValidator(half_width), StringConstraints(min_length=1, max_length=20)]


class PersonForm(Form):
    """A person, as the administrator types them."""

    login: str = ""
    name: Name
    roles: Annotated[list[Role], BeforeValidator(_listed)] = []
    password: Secret = ""
    is_active: bool = False
