"""The command line: `conv-arch-explorer`. One file per command; each is imported only when it is asked for."""

from explorer.cli.program import main

__all__ = ["main"]
