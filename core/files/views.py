"""Downloads."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import undefer

from core.errors import NotFound
from core.files.model import File
from core.web.access import requires
from core.web.answers import download
from core.work import read

bp = Blueprint("core_files", __name__)


@bp.get("/<int:file_id>")
@requires("core.files.read")
def file_download(file_id: int) -> ResponseReturnValue:
    """Give a file back as it was uploaded."""
    file = read().scalar(select(File).where(File.id == file_id).options(undefer(File.content)))
    if file is None:
        raise NotFound
    return download(file.content, file.media_type, file.name)
