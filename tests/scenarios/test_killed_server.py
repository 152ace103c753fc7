"""A server killed in the middle of a scan storm: after the restart every answered scan is there, once."""

import json
import os
import signal
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException

import pytest
from sqlalchemy import select, update

from core.auth import service as auth
from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.scanning.model import Scan
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.bench.serving import web
from tests.conftest import NOON
from tests.factories.factory import make_line, release_order

CLIENTS, SETS = 4, 12


@pytest.fixture
def bench(database):
    """Pieces that are made, in packages that are open; the key of a packer; the pairs to scan."""
    with database.session as session:
        release_order(session, make_line(set_count=SETS))
        session.execute(update(Piece).where(Piece.is_tracked).values(state=PieceState.MADE))
        session.execute(update(Package).values(state=PackageState.OPEN))
        auth.add_person(session, "wang", "王芳", ["packer"], password="long enough", by=None, at=NOON)
        key = auth.create_token(session, "wang", "storm", by=None, at=NOON)
        pairs = session.execute(
            select(Package.code, Piece.code)
            .join(Content, Content.package_id == Package.id)
            .join(Piece, Piece.id == Content.piece_id)
        ).all()
        session.commit()
    return key, pairs


class Packer:
    """One client on one kept connection."""

    def __init__(self, port, key):
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def pack(self, scan_id, package, piece):
        """Return the verdict, or nothing when no answer came."""
        sent = {
            "scan_id": scan_id,
            "kind": "PACK_ADD",
            "code": piece,
            "context": package,
            "scanned_at": "2026-11-22T12:00:00+08:00",
        }
        try:
            self.connection.request("POST", "/api/v1/scans", json.dumps(sent), self.headers)
            return json.loads(self.connection.getresponse().read())
        except (OSError, HTTPException):
            return None


def storm(port, key, pairs, kill_after, kill):
    """Let clients pack at once and kill the server once so many scans were answered; return the answered ones."""
    answered = []

    def one(number):
        packer = Packer(port, key)
        with closing(packer.connection):
            for package, piece in pairs[number::CLIENTS]:
                scan_id = str(uuid.uuid4())
                verdict = packer.pack(scan_id, package, piece)
                if verdict is None:
                    return
                assert verdict["outcome"] == "ACCEPT"
                answered.append((scan_id, package, piece))
                if len(answered) == kill_after:
                    kill()

    with ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(one, number) for number in range(CLIENTS)]:
            done.result()
    return answered


def test_every_answered_scan_survives_a_kill_once(database, bench, tmp_path):
    key, pairs = bench
    url = database.app.config["DATABASE_URL"]
    settings = {"MORTISE_DATABASE_URL": url, "MORTISE_VAR_DIR": str(tmp_path), "MORTISE_SECRET_KEY": "storm"}
    with web("wsgi:app", settings) as server:
        answered = storm(server.port, key, pairs, 40, lambda: os.killpg(server.pid, signal.SIGKILL))
    assert 40 <= len(answered) < len(pairs)
    with web("wsgi:app", settings) as server:  # the same database, as it was left
        packer = Packer(server.port, key)
        with closing(packer.connection):
            assert packer.pack(*answered[-1])["replayed"]
    with database.session as session:
        kept = Counter(session.scalars(select(Scan.scan_id)).all())
        packed = set(
            session.scalars(
                select(Piece.code)
                .join(Content, Content.piece_id == Piece.id)
                .where(Content.packed_at.is_not(None), Piece.state == PieceState.PACKED)
            )
        )
    assert {scan_id for scan_id, _, _ in answered} <= set(kept)
    assert set(kept.values()) == {1}
    assert {piece for _, _, piece in answered} <= packed
    # what was kept without an answer is at most one scan of each client, effect and log together
    assert len(packed) == len(kept) <= len(answered) + CLIENTS
