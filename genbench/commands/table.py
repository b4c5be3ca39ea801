"""Print the current leaderboard."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add no arguments."""


def run(arguments: argparse.Namespace) -> None:
    """Print the table, and the paths of its page and data."""
    from genbench.data.paths import REPORTS
    from genbench.files.section import read_text
    from genbench.report.stored import parse
    from genbench.report.terminal import table

    path = REPORTS / "leaderboard.json"
    sys.stdout.write(table(parse(read_text(path), str(path))) + "\n")
    sys.stdout.write(f"page: {REPORTS / 'index.html'}   data: {path}\n")
