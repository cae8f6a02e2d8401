"""`python -m pomona` is the `pomona` command."""

from pomona.cli.main import main

main()
