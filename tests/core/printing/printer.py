"""A label printer on a TCP port, which can lose its connection, run out of paper, or say nothing."""

import base64
import re
import socketserver
import threading
import zlib
from dataclasses import dataclass

from PIL import Image

ZPL = re.compile(rb"\^XA.*?\^GFA,(\d+),\d+,(\d+),:Z64:(.*?):([0-9A-F]{4}).*?\^XZ\r\n", re.DOTALL)
TSPL = re.compile(rb"SIZE [^\r]*\r\n.*?BITMAP 0,0,(\d+),(\d+),0,", re.DOTALL)
PRINT = b"\r\nPRINT 1,1\r\n"
ASK = {b"~HS\r\n": "zpl", b"\x1b!?": "tspl"}


@dataclass
class Faults:
    """What goes wrong, by the number of the label that comes, from 1; each happens once."""

    cut_in: int = 0  # the connection is lost in the middle of this label
    lost_after: int = 0  # this label comes out, and the connection is lost before anybody hears of it
    swallowed: int = 0  # this label is lost with the connection, and does not come out
    no_paper: int = 0  # before this label comes out, so many questions are answered with "no paper"
    questions: int = 3
    is_silent: bool = False  # answers no question


class Printer:
    """Prints into a list of images; `address` is where it listens."""

    def __init__(self, faults=None, port=0):
        self.faults, self.labels, self.received = faults or Faults(), [], 0
        self.pending, self.asked_without_paper = None, 0
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer.talk(self.request)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def talk(self, connection):
        """Take commands until the other side, or a fault, hangs up."""
        held = b""
        while True:
            try:
                more = connection.recv(1500)
            except ConnectionError:
                return
            if not more:
                return
            held += more
            if self.faults.cut_in == self.received + 1 and len(held) > 200:
                self.faults.cut_in = 0
                return
            while True:
                held, goes_on = self._take(held, connection)
                if goes_on is None:
                    return
                if not goes_on:
                    break

    def _take(self, held, connection):
        """Do the first command of what is held: the rest, and whether to look on (None: hang up)."""
        for question, kind in ASK.items():
            if held.startswith(question):
                if not self.faults.is_silent:
                    connection.sendall(self._standing(kind))
                return held[len(question) :], True
        image, rest = read_zpl_label(held) or read_tspl_label(held) or (None, held)
        if image is None:
            return held, False
        self.received += 1
        if self.faults.swallowed == self.received:
            self.faults.swallowed = 0
            return rest, None
        if self.faults.no_paper == self.received:
            self.pending = image
            return rest, True
        self.labels.append(image)
        if self.faults.lost_after == self.received:
            self.faults.lost_after = 0
            return rest, None
        return rest, True

    def _standing(self, kind):
        has_no_paper = self.pending is not None
        if has_no_paper:
            self.asked_without_paper += 1
            if self.asked_without_paper > self.faults.questions:
                self.labels.append(self.pending)
                self.pending, has_no_paper = None, False
        if kind == "tspl":
            return bytes([0x04 | 0x20 if has_no_paper else 0])
        paper, left = (1, 1) if has_no_paper else (0, 0)
        return (
            f"\x02030,{paper},0,0480,000,0,0,0,000,0,0,0\x03\r\n"
            f"\x02000,0,0,0,0,2,4,0,{left:08d},1,000\x03\r\n\x021234,0\x03\r\n"
        ).encode()


def read_zpl_label(held):
    found = ZPL.match(held)
    if found is None:
        return None
    total, row, text, _check = found.groups()
    rows = zlib.decompress(base64.b64decode(text))
    assert len(rows) == int(total)
    return _image(rows, int(row)), held[found.end() :]


def read_tspl_label(held):
    found = TSPL.match(held)
    if found is None:
        return None
    row, height = int(found[1]), int(found[2])
    end = found.end() + row * height
    if len(held) < end + len(PRINT):
        return None
    assert held[end : end + len(PRINT)] == PRINT
    rows = bytes(byte ^ 0xFF for byte in held[found.end() : end])
    return _image(rows, row), held[end + len(PRINT) :]


def _image(rows, row):
    """Return printed dots as an image: a set bit is black."""
    return Image.frombytes("1", (row * 8, len(rows) // row), bytes(byte ^ 0xFF for byte in rows))
