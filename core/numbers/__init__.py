"""Numbers: document numbers given on the first commitment, and printed codes. No gaps after a rollback."""
