"""The catalogue on the command line: load and dump a factory pack."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from flask.cli import AppGroup

from core.clock import now
from core.errors import NotFound
from core.work import read, run
from erp.catalogue import queries, service
from erp.catalogue.rules.pack import PackFaults, dump_pack, pack_of_bytes
from erp.catalogue.rules.reading import plain

catalogue = AppGroup("catalogue", help="Factory packs: models, materials, routes, parties as one YAML file.")


@catalogue.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="print the counts as JSON")
def load(file: Path, as_json: bool) -> None:
    """Load a factory pack, whole or not at all; every fault is told with its line."""
    try:
        pack = pack_of_bytes(file.read_bytes())
    except PackFaults as wrong:
        for fault in wrong.faults:
            click.echo(f"{file}:{fault.line or 1}: {fault.path}: {fault.refusal}", err=True)
        raise click.ClickException(str(wrong)) from wrong
    loaded = run(service.load_pack, pack, by=None, at=now())
    if as_json:
        click.echo(json.dumps(asdict(loaded)))
    elif loaded.is_unchanged:
        click.echo("Loaded already; nothing changed.")
    else:
        click.echo(
            ", ".join(f"{count} {name}" for name, count in asdict(loaded).items()) + " added or changed."
        )


@catalogue.command("dump")
@click.option(
    "--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="a file, not the screen"
)
@click.option("--json", "as_json", is_flag=True, help="print JSON instead of YAML")
def dump(out: Path | None, as_json: bool) -> None:
    """Write the factory as a pack that can be loaded again."""
    try:
        pack = queries.pack(read())
    except NotFound as wrong:
        raise click.ClickException(
            "no factory pack was loaded yet; load one with `catalogue load`"
        ) from wrong
    text = json.dumps(plain(pack, pairs=False), ensure_ascii=False, indent=1) if as_json else dump_pack(pack)
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        out.write_text(text, encoding="utf-8")
