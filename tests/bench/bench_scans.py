"""Scans: PACK_ADD through the whole door, beside the bare reference application on the same server settings.

Aim: at least 0.35 of the reference's rate. Reference, Mortise and the load generator share the machine's cores.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import reference
from tests.bench.factory import application, database, ready_to_pack, take_out_all
from tests.bench.load import Figures, Request, interleaved, load, median, ratio
from tests.bench.serving import Server, web

SETS = 400
SECONDS = 3.0
CLIENTS = (1, 8, 32)
AIM = 0.35


def scans(argument: dict[str, Any], number: int) -> Iterator[Request]:
    """Make one packer's scans: every n-th piece into its package, each once."""
    pairs = json.loads(Path(argument["file"]).read_text())[number :: argument["clients"]]
    headers = {"Authorization": f"Bearer {argument['token']}"}
    for package, piece in pairs:
        body = {
            "scan_id": str(uuid.uuid4()),
            "kind": "PACK_ADD",
            "code": piece,
            "context": package,
            "device": argument["device"],
            "scanned_at": "2026-11-20T12:00:00+08:00",
        }
        yield Request.of_json("/api/v1/scans", body, b'"ACCEPT"', headers)


def main() -> None:
    """Print scans a second at 1, 8 and 32 clients on both databases."""
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="mortise-bench-") as folder, database(kind) as url:
            _compare(kind, url, Path(folder))


def _compare(kind: str, url: str, folder: Path) -> None:
    with application(url) as app:
        packer = ready_to_pack(app, SETS, folder / "pairs.json")
        bare_url = url if kind == "postgresql" else f"sqlite:///{folder}/bare.db"
        reference.make_tables(bare_url)
        settings = {
            "MORTISE_DATABASE_URL": url,
            "MORTISE_VAR_DIR": str(folder),
            "MORTISE_SECRET_KEY": "bench",
        }
        with (
            web("wsgi:app", settings) as ours,
            web("tests.bench.reference:app", {"MORTISE_BENCH_URL": bare_url}) as bare,
        ):
            for clients in CLIENTS:
                measures = {
                    "reference": partial(load, bare.port, clients, SECONDS, "tests.bench.reference:scans"),
                    "mortise": partial(_ours, ours, clients, packer),
                }
                found = interleaved(measures)
                share = ratio(found, "mortise", "reference")
                print(f"  {kind:<11} {clients:>2} clients  reference {median(found['reference'])}")
                print(
                    f"  {'':<11} {'':>2}          PACK_ADD  {median(found['mortise'])}  ratio {share:.2f} (aim {AIM})"
                )
            print(f"  {kind:<11} memory after the storm: {ours.memory_mb()}")


def _ours(server: Server, clients: int, packer: dict[str, str]) -> Figures:
    take_out_all()
    return load(
        server.port, clients, SECONDS, "tests.bench.bench_scans:scans", {**packer, "clients": clients}
    )
