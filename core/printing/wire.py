"""The wire to one printer: a label at a time, and the next when the printer says that this one has come out.

A label that was not handed over whole cannot come out, so it may be sent again. One that was handed over whole
and not confirmed may have: nobody sends it again but a person who has looked.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.printing import rules
from core.printing.rules import Language, Problem, Standing

CONNECT_S = 5.0
ANSWER_S = 5.0  # for an answer to a question
LOOK_S = 0.05  # between two questions
LONGEST_LOOK_S = 2.0  # between two questions while the printer has no paper
READ = 4096


class NotSent(Exception):
    """Nothing of the label can come out: the printer was not reached, or got only a part."""


class NotConfirmed(Exception):
    """The label was handed over; whether it came out is not known."""


@dataclass(slots=True)
class Wire:
    """A connection to a printer, made when the first label is sent."""

    host: str
    port: int
    language: Language
    is_answering: bool
    connection: socket.socket | None = None

    def send(self, label: bytes, told: Callable[[Problem | None], None]) -> None:
        """Print one label and wait until it has come out, or, with a printer that says nothing, until it is sent.

        `told` hears what stands in the way; to wait no longer it raises NotConfirmed. Raises NotSent, NotConfirmed.
        """
        try:
            if self.connection is None:
                self.connection = socket.create_connection((self.host, self.port), CONNECT_S)
                self.connection.settimeout(ANSWER_S)
            if self.is_answering:  # a connection that broke while it was idle shows now, not after the label
                self._ask()
            self.connection.sendall(label)
        except (OSError, ValueError) as wrong:
            self.close()
            raise NotSent from wrong
        if self.is_answering:
            self._wait(told)

    def _wait(self, told: Callable[[Problem | None], None]) -> None:
        pause = LOOK_S
        try:
            while not (standing := self._ask()).is_done:
                told(standing.problem)
                pause = LOOK_S if standing.problem is None else min(pause * 2, LONGEST_LOOK_S)
                time.sleep(pause)
        except (OSError, ValueError) as wrong:
            self.close()
            raise NotConfirmed from wrong

    def _ask(self) -> Standing:
        if self.connection is None:
            raise OSError("not connected")
        is_zpl = self.language is Language.ZPL
        self.connection.sendall(rules.ZPL_ASK if is_zpl else rules.TSPL_ASK)
        answer = b""
        while not rules.is_whole(self.language, answer):
            more = self.connection.recv(READ)
            if not more:
                raise OSError("closed by the printer")
            answer += more
        return rules.read_zpl(answer) if is_zpl else rules.read_tspl(answer)

    def close(self) -> None:
        """Hang up."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None
