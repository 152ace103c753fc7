"""Reading a PDF back as a person or a scanner would."""

import pypdfium2
import zxingcpp
from PIL.Image import Image

DOTS_PER_POINT = 203.2 / 72  # a label printer's 8 dots to a millimetre


def words(content: bytes, page: int = 0) -> str:
    """Return a page's text with its white space taken out."""
    with pypdfium2.PdfDocument(content) as document:
        return "".join(document[page].get_textpage().get_text_range().split())


def page_count(content: bytes) -> int:
    with pypdfium2.PdfDocument(content) as document:
        return len(document)


def size_mm(content: bytes) -> tuple[float, float]:
    with pypdfium2.PdfDocument(content) as document:
        width, height = document[0].get_size()
    return round(width / 72 * 25.4, 2), round(height / 72 * 25.4, 2)


def bitmap(content: bytes, page: int = 0) -> Image:
    """Return a page as a label printer prints it: black or white, 8 dots to a millimetre."""
    with pypdfium2.PdfDocument(content) as document:
        grey = document[page].render(scale=DOTS_PER_POINT).to_pil().convert("L")
    return grey.point(lambda tone: 255 if tone > 127 else 0)


def scanned(content: bytes, page: int = 0) -> dict[str, str]:
    """Return what a scanner reads on a page, by kind of code."""
    image = bitmap(content, page)
    image = image.resize((image.width * 3, image.height * 3))  # a scanner sees finer than a printer prints
    return {str(found.format): found.text for found in zxingcpp.read_barcodes(image)}
