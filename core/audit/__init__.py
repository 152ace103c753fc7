"""Audit: who changed what, from → to. One entry per command, written in its transaction."""
