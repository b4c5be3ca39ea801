"""Subcommands of `genbench`, one a module: `arguments(parser)` says what it takes, `run(arguments)` does it."""
