"""`python -m makegood.cli`: the command line, for processes that start another of themselves."""

from makegood.cli.main import main

main()
