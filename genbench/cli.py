"""The command `genbench`. Its subcommands are the modules of genbench/commands, described by their docstrings."""

from __future__ import annotations

import argparse
import codecs
import io
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from genbench.errors import one_line_exit, unknown
from genbench.find import find, members
from genbench.text import stand_in

SHELLS = ("bash", "zsh", "tcsh")


class _Version(argparse.Action):
    """The version of the package, which takes a while to find."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"genbench {version('genbench')}\n")
        parser.exit()


class _Completion(argparse.Action):
    """The script by which a shell completes commands, options and paths, written by shtab."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        import shtab

        for action in _actions(parser):
            if action.type is Path or action.metavar in ("FILE", "FOLDER", "PATH") or action.dest == "path":
                action.complete = shtab.FILE  # type: ignore[attr-defined]
        sys.stdout.write(shtab.complete(parser, values) + "\n")
        parser.exit()


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of its subcommands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action._name_parser_map.values():
                yield from _actions(command)


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    top = argparse.ArgumentParser(prog="genbench", description="A reproducible benchmark of deep generative models.")
    none = argparse.SUPPRESS  # they are no options of a command, which is given all there are
    top.add_argument("--version", action=_Version, nargs=0, dest=none, default=none, help="print the version and exit")
    top.add_argument(
        "--print-completion",
        action=_Completion,
        choices=SHELLS,
        metavar="SHELL",
        dest=none,
        default=none,
        help=f"print the script that completes words in a shell ({', '.join(SHELLS)}) and exit",
    )
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
    words = sys.argv[1:] if words is None else words
    top = parser()
    if words and not words[0].startswith("-") and words[0] not in members("commands"):
        top.error(str(unknown("command", words[0], members("commands"))))
    arguments = top.parse_args(words)
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
