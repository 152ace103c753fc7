"""Commands of files."""

import hashlib
from datetime import datetime
from pathlib import PurePath

from sqlalchemy.orm import Session

from core.files.model import File


def keep(
    session: Session, name: str, media_type: str, content: bytes, *, by: int | None, at: datetime
) -> File:
    """Keep a file byte for byte and return it with its id."""
    file = File(
        name=PurePath(name.replace("\\", "/")).name[:200] or "file",
        media_type=media_type,
        sha256=hashlib.sha256(content).hexdigest(),
        byte_count=len(content),
        content=content,
        uploaded_at=at,
        uploaded_by_id=by,
    )
    session.add(file)
    session.flush()  # the caller stores its id
    return file
