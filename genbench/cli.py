"""The command `genbench`. Its subcommands are the modules of genbench/commands, described by their docstrings."""

from __future__ import annotations

import argparse
import codecs
import errno
import io
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, TextIO

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
    """Yield the arguments of a parser, of its subcommands and of theirs."""
    yield from parser._actions
    for command in _commands(parser).values():
        yield from _actions(command)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the subcommands by name; none of a command that has none."""
    subparsers = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {name: command for action in subparsers for name, command in action.choices.items()}


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
    _require_known(top, words)
    arguments = top.parse_args(words)
    try:
        with one_line_exit():
            arguments.run(arguments)
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        sys.stdout = _nowhere()  # Python would complain again at exit
        if error.errno == errno.ENOSPC:
            sys.exit(f"error: the output cannot be written: {error.strerror}")
        # The reader of our output stopped reading, which is no error.


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _require_known(top: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """End with the nearest name where the command is unknown, or one of the words is a long option that is.

    The parser itself names neither, and says of a mistyped option at times that another one is missing.
    """
    for word in takewhile(lambda word: not word.startswith("-"), words):
        if not (commands := _commands(top)):
            break
        if word not in commands:
            top.error(str(unknown("command", word, commands)))
        top = commands[word]
    known = [name for action in top._actions for name in action.option_strings if name.startswith("--")]
    for word in takewhile(lambda word: word != "--", words):
        name = word.partition("=")[0]
        if name.startswith("--") and not any(option.startswith(name) for option in known):
            top.error(str(unknown("option", name, known)))


def _prepare_process() -> None:
    """Settle what must be settled before output is written and before libraries with threads are loaded."""
    # Closed by the caller, as by >&-
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    # An output of another encoding than UTF-8 shall not end a command after its work is done.
    codecs.register_error(stand_in.__name__, stand_in)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=stand_in.__name__)
    # Threads of OpenMP that wait by spinning take the cores that other processes need (benchmarks/waiting).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
