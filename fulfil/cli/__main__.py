"""`python -m fulfil.cli` is `fulfil`."""

from fulfil.cli import main

main()
