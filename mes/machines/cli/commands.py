"""The commands of machines."""

from __future__ import annotations

import signal
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from mes.machines.cli.listening import Listener

machines = AppGroup("machines", help="What the machines say.")


@machines.command("listen")
@click.option("--broker", default="", help="mqtt://user:password@host:1883; usually MORTISE_MQTT_URL says it")
@click.option(
    "--name", default="mortise", show_default=True, help="under which the broker keeps messages for us"
)
def listen(broker: str, name: str) -> None:
    """Listen to the machines over MQTT until stopped: plain JSON (wd/FACTORY/MACHINE/state) and Sparkplug B."""
    url = broker or current_app.config["MQTT_URL"]
    if not url:
        raise click.UsageError("no broker: give --broker, or set MORTISE_MQTT_URL")
    app: Any = current_app
    listener = Listener(app._get_current_object(), url, name)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: listener.stopped.set())
    listener.listen(click.echo)
