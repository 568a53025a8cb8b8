"""`python -m bot` is `kring`."""

from bot.cli import main

main()
