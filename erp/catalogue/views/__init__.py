"""Pages of the catalogue: `doors` is what can be ordered, `drafts` is work on its rules."""

from erp.catalogue.views import drafts
from erp.catalogue.views.doors import bp

__all__ = ["bp", "drafts"]
