"""Pictures that people take with a phone: drawn anew, so that nothing but the picture is kept."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import RuleViolation
from core.i18n import N_

LONGEST_PX = 1600  # a label on a carton is still legible
QUALITY = 80
MOST_PIXELS = 60_000_000  # more than any phone takes; a bomb has more
JPEG = "image/jpeg"


class PhotoUnreadable(RuleViolation):
    """What was sent is no picture."""

    code = "core.files.photo_unreadable"
    message = N_("This is no picture that can be read. Take a photo (JPEG, PNG or WebP) and send it again.")


def redraw(content: bytes) -> bytes:
    """Return a picture as a JPEG of at most 1600 pixels, upright, without place and camera. Raises PhotoUnreadable."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as sent:
            if sent.width * sent.height > MOST_PIXELS:
                raise PhotoUnreadable
            picture = ImageOps.exif_transpose(sent).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as wrong:
        raise PhotoUnreadable from wrong
    picture.thumbnail((LONGEST_PX, LONGEST_PX))
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=QUALITY)
    return kept.getvalue()
