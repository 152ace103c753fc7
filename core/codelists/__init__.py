"""Code lists: plain words with a code (colours, defects), one table for all of them."""
