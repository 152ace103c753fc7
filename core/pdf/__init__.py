"""Paper: A4 documents and labels, drawn with one embedded Chinese font; knows no business noun.

Words   document 单据, label 标签, strip (a slice of a page that is never torn), quiet zone 静区
Files   fonts (the face, and what it lacks), text (measure, break, fit), pen (what a page is drawn with),
        shapes (small vector drawings), codes (Code 128 and QR), blocks and frame (A4), labels
Units   public sizes are mm (Decimal or int), from the upper left corner, y running down;
        inside, a name ends in _pt (points, float) or _dots (printer dots, int, 203 dpi: 8 to a mm)
Gives   Printed: the bytes, the characters the font lacks, the texts that had to be cut
"""
