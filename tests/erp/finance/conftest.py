"""These tests begin with the demo factory loaded."""

from tests.with_factory import app, database, factory_template

__all__ = ["app", "database", "factory_template"]
