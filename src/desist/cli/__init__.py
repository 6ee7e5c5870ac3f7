"""The command line: settings file in, report out."""

from desist.cli.commands import main

__all__ = ["main"]
