"""Run the command line with `python -m desist`."""

from desist.cli import main

main()
