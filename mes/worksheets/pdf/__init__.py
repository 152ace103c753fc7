"""The papers of the shop: operation sheets, material sheets, route cards, labels of machine codes."""

from mes.worksheets.pdf.elevation import elevation
from mes.worksheets.pdf.labels import draw_labels
from mes.worksheets.pdf.sheets import Printing, draw

__all__ = ["Printing", "draw", "draw_labels", "elevation"]
