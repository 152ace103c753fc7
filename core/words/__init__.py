"""Words: what a document can be found by, kept beside it, so that a search is one look into an index.

The command that writes a document puts its words; a search asks for documents with words that begin so.
"""
