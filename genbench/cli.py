"""The command `genbench`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from genbench.errors import InputError


def check(arguments: argparse.Namespace) -> None:
    """Say whether params.yaml fits, before DVC starts."""
    from genbench import check as checks, params

    p = params.load()
    checks.check(p)
    cells = len(p.enabled) * len(p.seeds)
    sys.stdout.write(f"params.yaml fits: {p.profile}, {len(p.enabled)} runs × {len(p.seeds)} seeds = {cells} cells\n")


def use(arguments: argparse.Namespace) -> None:
    """Write a profile's overrides into params.yaml."""
    from genbench.profiles import use as apply

    sys.stdout.write(apply(arguments.name) + "\n")


def publish(arguments: argparse.Namespace) -> None:
    """Keep a copy of the current report that DVC does not touch."""
    from genbench.profiles import publish as keep

    sys.stdout.write(f"published: {keep()}\n")


def table(arguments: argparse.Namespace) -> None:
    """Print the current leaderboard."""
    from genbench.files import read_json
    from genbench.paths import REPORTS
    from genbench.report.terminal import table as text

    sys.stdout.write(text(read_json(REPORTS / "leaderboard.json")) + "\n")
    sys.stdout.write(f"page: {REPORTS / 'index.html'}   data: {REPORTS / 'leaderboard.json'}\n")


def parser() -> argparse.ArgumentParser:
    """The command line, one subcommand a function above."""
    top = argparse.ArgumentParser(prog="genbench", description="A reproducible benchmark of deep generative models.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for function in (check, use, publish, table):
        command = commands.add_parser(function.__name__, help=function.__doc__, description=function.__doc__)
        command.set_defaults(function=function)
        if function is use:
            command.add_argument("name", help="a file of profiles/, without .yaml")
    return top


def main(words: Sequence[str] | None = None) -> None:
    """Run one subcommand; a user's mistake is one line and exit status 1."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    arguments = parser().parse_args(words)
    try:
        arguments.function(arguments)
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped")
    except BrokenPipeError:
        # Whoever read our output stopped reading; nothing is wrong. Python would complain again at exit.
        sys.stdout = Path("/dev/null").open("w")  # noqa: SIM115
