"""What a device holds to work without the network: one document with its words, fetched again only when it changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from flask import Response, request
from flask_babel import gettext

from core.choices import Choice


def words(msgids: Iterable[str]) -> dict[str, str]:
    """Return sentences in the person's language by their English, for a device that fills their holes itself."""
    return {msgid: gettext(msgid) for msgid in msgids}


def labels(kind: type[Choice]) -> dict[str, str]:
    """Return the words for a closed list in the person's language, by what is stored."""
    return {member.value: gettext(member.label) for member in kind}


def held(document: dict[str, Any]) -> Response:
    """Answer a document, or that the caller's copy is still the same (`If-None-Match`, 304)."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    answer = Response(body, mimetype="application/json")
    answer.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.make_conditional(request)
    return answer
