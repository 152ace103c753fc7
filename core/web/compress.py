"""Compression of what is text and worth it."""

import gzip

from flask import Flask, Response, request

SMALLEST = 1024
TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")


def _compress(response: Response) -> Response:
    if (
        response.status_code != 200
        or not (response.mimetype or "").startswith(TEXT)
        or not request.accept_encodings.quality("gzip")
        or "Content-Encoding" in response.headers
    ):
        return response
    response.direct_passthrough = False
    content = response.get_data()
    if len(content) >= SMALLEST:
        response.set_data(gzip.compress(content, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response


def init_app(app: Flask) -> None:
    """Compress answers for those who take it."""
    app.after_request(_compress)
