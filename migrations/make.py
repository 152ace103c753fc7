"""Write the next migration out of what the models say that the database does not.

python -m migrations.make 0002 "what changes"
"""

import sys

from alembic import command
from alembic.config import Config

from wsgi import app


def main(revision: str, message: str) -> None:
    """Write migrations/versions/<revision>_<message>.py."""
    config = Config()
    config.set_main_option("script_location", f"{app.root_path}/migrations")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["engine"] = app.extensions["sessions"].engine
    command.upgrade(config, "head")
    command.revision(config, message=message, autogenerate=True, rev_id=revision)


if __name__ == "__main__":
    main(*sys.argv[1:3])
