"""`python -m fulfil` is `fulfil`."""

from fulfil.cli import main

main()
