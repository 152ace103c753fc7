"""Machines on the command line: `flask machines listen`."""

from mes.machines.cli.commands import machines

__all__ = ["machines"]
