"""The command `genbench`. Its subcommands are the modules of genbench/commands, described by their docstrings."""

from __future__ import annotations

import argparse
import codecs
import io
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from genbench.errors import one_line_exit
from genbench.find import find, members
from genbench.text import stand_in


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    top = argparse.ArgumentParser(prog="genbench", description="A reproducible benchmark of deep generative models.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name in members("commands"):
        module = find("commands", name)
        summary = (module.__doc__ or "").partition("\n")[0]
        command = commands.add_parser(name, help=summary, description=summary)
        module.arguments(command)
        command.set_defaults(run=module.run)
    return top


def main(words: Sequence[str] | None = None) -> None:
    """Run one subcommand; a user's mistake is one line and exit status 1."""
    _prepare_process()
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    arguments = parser().parse_args(words)
    try:
        with one_line_exit():
            arguments.run(arguments)
    except BrokenPipeError:
        # The reader of our output stopped reading, which is no error. Python would complain again at exit.
        sys.stdout = Path("/dev/null").open("w")  # noqa: SIM115


def _prepare_process() -> None:
    """Settle what must be settled before output is written and before libraries with threads are loaded."""
    # An output of another encoding than UTF-8 shall not end a command after its work is done.
    codecs.register_error(stand_in.__name__, stand_in)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=stand_in.__name__)
    # Threads of OpenMP that wait by spinning take the cores that other processes need (benchmarks/waiting).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
