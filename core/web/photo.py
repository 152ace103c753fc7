"""Codes in a photo, for a phone whose browser cannot read them itself."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

from core.codes import CodeUnreadable, read
from core.errors import RuleViolation
from core.i18n import N_

LONGEST_SIDE_PX = 2400  # more of a photo costs time and reads no better
MOST_PIXELS = 60_000_000  # a phone's largest photo; more is no photo of a label


class PhotoUnreadable(RuleViolation):
    """A photo without a code of ours, or no photo at all."""

    code = "core.photo_unreadable"
    message = N_("No code of ours in this photo. Hold the phone still and closer, with light on the label.")


def code_in(content: bytes) -> str:
    """Return the printed code in a photo; of several, the one nearest its middle. Raises PhotoUnreadable."""
    try:
        with Image.open(io.BytesIO(content)) as photo:
            if photo.width * photo.height > MOST_PIXELS:
                raise PhotoUnreadable
            photo.draft("L", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
            plain = ImageOps.exif_transpose(photo).convert("L")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as wrong:
        raise PhotoUnreadable from wrong
    plain.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    found = []
    for one in zxingcpp.read_barcodes(plain):
        corner, opposite = one.position.top_left, one.position.bottom_right
        middle = (
            (corner.x + opposite.x) / 2 - plain.width / 2,
            (corner.y + opposite.y) / 2 - plain.height / 2,
        )
        try:
            found.append((middle[0] ** 2 + middle[1] ** 2, read(one.text)))
        except CodeUnreadable:
            continue  # another's code, such as the carton's
    if not found:
        raise PhotoUnreadable
    return min(found)[1]
