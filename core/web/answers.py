"""Answers that are files."""

from urllib.parse import quote

from flask import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _file(content: bytes, media_type: str, name: str, *, inline: bool) -> Response:
    how = "inline" if inline else "attachment"
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def pdf(content: bytes, name: str) -> Response:
    """Answer a PDF that the browser shows."""
    return _file(content, "application/pdf", name, inline=True)


def xlsx(content: bytes, name: str) -> Response:
    """Answer a spreadsheet to be saved."""
    return _file(content, XLSX, name, inline=False)


def download(content: bytes, media_type: str, name: str) -> Response:
    """Answer any file to be saved, never to be shown as a page."""
    return _file(content, media_type, name, inline=False)
