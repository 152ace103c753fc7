"""The server: its database brought up to date, its web processes and its worker started and stopped together."""
