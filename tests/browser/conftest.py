"""These tests begin with the demo factory loaded, served, and a browser in front of it."""

from tests.browser.plant import as_person, chromium, live, open_page, server, starter, visit
from tests.browser.tablet import tablet_of
from tests.with_factory import app, database, factory_template

__all__ = [
    "app",
    "as_person",
    "chromium",
    "database",
    "factory_template",
    "live",
    "open_page",
    "server",
    "starter",
    "tablet_of",
    "visit",
]
