"""The papers of the shop: operation sheets, material sheets, route cards."""

from mes.worksheets.pdf.elevation import elevation
from mes.worksheets.pdf.sheets import Printing, draw

__all__ = ["Printing", "draw", "elevation"]
