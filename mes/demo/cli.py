"""The demo on the command line."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from core.auth import queries as people
from core.clock import day_of, now
from core.errors import AppError
from core.jobs.worker import run_waiting
from core.web.registry import registry
from core.work import read, run
from erp.catalogue.rules.pack import read_pack
from mes.demo import service
from mes.demo.rules import CAST
from mes.demo.rules.machines import sayings

demo = AppGroup("demo", help="A factory to try Mortise with.")
PACK = Path(__file__).parent / "jiangshan.yaml"
PATIENCE_S = 30.0  # for the broker to take what was sent


def _file() -> Path:
    return Path(current_app.config["VAR_DIR"]) / "demo.json"


def _secrets() -> dict[str, str]:
    """Make the demo's password and PIN, random per installation, and keep them for its owner only."""
    made = {
        "password": current_app.config["DEMO_PASSWORD"] or secrets.token_urlsafe(9),
        "pin": f"{secrets.randbelow(10**6):06d}",
    }
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().touch(mode=0o600)
    _file().write_text(json.dumps(made))
    return made


def _show(made: dict[str, str]) -> None:
    """Print where to go and how to log in."""
    badges = {person.login: badge for person, _, badge in people.people(read())}
    click.echo(f"\nPassword of every demo log-in: {made['password']}")
    for one in CAST:
        click.echo(f"  {one.login:<14} {one.name}  badge {badges.get(one.login)}")
    click.echo(f"  PIN for signatures (leader): {made['pin']}\n")


@demo.command("load")
@click.option("--if-empty", is_flag=True, help="only into an empty database; print the log-ins in any case")
@click.option("--sets-per-day", default=6, show_default=True, type=click.IntRange(1, 1000))
@click.option("--days", default=3, show_default=True, type=click.IntRange(0, 400), help="days of history")
@click.option("--seed", default=6250, show_default=True)
def load(if_empty: bool, sets_per_day: int, days: int, seed: int) -> None:
    """Set up the demo factory and a plausible history of it, by the real commands."""
    if people.is_anybody(read()):
        if not if_empty:
            raise click.ClickException("there are people here already; the demo goes into an empty database")
        if _file().exists():
            _show(json.loads(_file().read_text()))
        return
    click.echo(
        "Loading the demo factory: models, people, orders and some days of history. This takes a minute."
    )
    made = _secrets()
    zone = current_app.config["TIMEZONE"]
    first = day_of(now() - timedelta(days=days + 1), zone)
    pack = read_pack(PACK.read_text(encoding="utf-8"))
    opening_on = first.replace(day=1) - timedelta(days=1)  # the stock came in a month that is closed
    opening, start = service.at_hour(opening_on, 9, zone), service.at_hour(first, 7, zone)
    try:
        run(service.set_up, pack, made["password"], made["pin"], at=opening)
        crew = service.crew(read(), registry().grants)
        run(service.receive_stock, crew.person("keeper").id, at=opening)
        run(service.close_last_month, first, crew.person("accountant").id, zone, start)
        run(service.set_up_machines, first, at=start)
        run(service.agree_terms, crew.person("accountant").id, on=first, at=start)
        run(service.set_capacity, crew.person("leader").id, at=start)
        story = service.Story(crew, Random(seed), zone)  # noqa: S311  (a story, no secret)
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        for day in (first + timedelta(days=past) for past in range(days)):
            for chapter in story.day(day, sets_per_day):
                run(chapter)
                run_waiting(app)
            _tell_machines(day, zone, seed)
        _tell_machines(day_of(now(), zone), zone, seed)
        for chapter in story.today(day_of(now(), zone), now()):
            run(chapter)
            run_waiting(app)
        run(service.buy, crew.person("clerk").id, on=day_of(now(), zone), at=now())
    except AppError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    _show(made)


def _tell_machines(day: date, zone: str, seed: int) -> None:
    """Take in what the machines said in one day's shift, as far as it has passed."""
    since = service.at_hour(day, 8, zone)
    until = min(now(), service.at_hour(day, 17, zone))
    if since < until:
        run(service.tell, since, until, seed + day.toordinal())


@demo.command("machines")
@click.option("--broker", default="", help="mqtt://user:password@host:1883; usually MORTISE_MQTT_URL says it")
@click.option(
    "--hours", default=4, show_default=True, type=click.IntRange(0, 48), help="of the past, told at once"
)
@click.option("--live", is_flag=True, help="then go on as time passes, until stopped")
@click.option("--seed", default=6250, show_default=True)
def machines(broker: str, hours: int, live: bool, seed: int) -> None:
    """Speak for the machines of a plausible factory over MQTT; `flask machines listen` takes what they say."""
    url = broker or current_app.config["MQTT_URL"]
    if not url:
        raise click.UsageError("no broker: give --broker, or set MORTISE_MQTT_URL")
    zone = ZoneInfo(current_app.config["TIMEZONE"])
    run(service.set_up_machines, day_of(now(), zone.key), at=now())
    client = _speaker(url)
    sent = [client.publish(*one, qos=1) for one in _due(now() - timedelta(hours=hours), seed, zone, live)]
    for one in sent:
        one.wait_for_publish(PATIENCE_S)
    client.disconnect()
    client.loop_stop()
    click.echo(f"{len(sent)} messages were sent.")


def _speaker(url: str) -> mqtt.Client:
    """Return a connection to the broker."""
    parts = urlsplit(url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="mortise-demo-machines")
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set()
    client.connect(parts.hostname or "", parts.port or (8883 if parts.scheme == "mqtts" else 1883))
    client.loop_start()
    return client


def _due(since: datetime, seed: int, zone: ZoneInfo, live: bool) -> Iterator[tuple[str, str]]:
    """Yield topic and message of what the machines have said until now; live, of what they say from now on too."""
    for said in sayings(since, seed):
        ahead = (said.at - now()).total_seconds()
        if ahead > 0 and not live:
            return
        if ahead > 0:
            threading.Event().wait(ahead)
        told = {"ts": said.at.astimezone(zone).isoformat(), **dict(said.told)}
        yield f"wd/demo/{said.key}/state", json.dumps(told)
