"""Subcommands of `genbench`, one a module: `arguments(parser)` adds its arguments, `run(arguments)` runs it."""
