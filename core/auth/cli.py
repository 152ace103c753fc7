"""People and tokens on the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from core.auth import queries, service
from core.clock import now
from core.errors import AppError
from core.work import read, run

people = AppGroup("people", help="People who log in.")
tokens = AppGroup("tokens", help="API tokens.")


@people.command("first-admin")
@click.option("--login", prompt="Log-in of the first administrator")
@click.option("--name", prompt="Name")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def first_admin(login: str, name: str, password: str) -> None:
    """Take in the first administrator."""
    if queries.is_anybody(read()):
        raise click.ClickException("somebody can log in already; add people on the page")
    try:
        run(service.add_person, login, name, ["administrator"], password=password, by=None, at=now())
    except AppError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    click.echo(f"{login} can log in.")


@people.command("is-empty")
def is_empty() -> None:
    """End with 0 when nobody can log in yet, else with 1."""
    raise SystemExit(1 if queries.is_anybody(read()) else 0)


@tokens.command("revoke")
@click.option("--user", "login", required=True, help="log-in of the person whose tokens end")
def revoke(login: str) -> None:
    """End all API tokens of a person."""
    click.echo(f"{run(service.revoke_tokens, login, by=None, at=now())} tokens ended.")


@tokens.command("create")
@click.option("--user", "login", required=True, help="log-in of the person the token acts for")
@click.option("--name", default="", help="what the token is for")
def create(login: str, name: str) -> None:
    """Make an API token and show it, once."""
    try:
        click.echo(run(service.create_token, login, name, by=None, at=now()))
    except AppError as wrong:
        raise click.ClickException(f"no active person with the log-in {login}") from wrong
